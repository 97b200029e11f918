"""Runs given on standard input, each in a fork: what every run imports is imported once, and each can be killed alone.

On standard input a line of JSON for each run, with `output`, the file that takes what it prints, and `result`, the file
for its outcome; on standard output the run's process id on a line, then its exit code on another.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from typing import Any


def serve(work: Callable[[dict[str, Any]], None]) -> None:
    """`work` writes the result, and ends its process or returns."""
    for line in sys.stdin:
        child = os.fork()
        if not child:
            run = json.loads(line)
            output = os.open(run["output"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            os.dup2(output, 1)
            os.dup2(output, 2)
            work(run)
            os._exit(0)
        print(child, flush=True)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)
