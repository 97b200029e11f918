"""Between us and a Terraform that runs: signals are passed on to it, and its output to whoever reads ours."""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from typing import Any


class PassingSignals:
    """Passes the first interrupt or termination on to Terraform, which then stops cleanly and saves its state.

    Only the first: at a second one Terraform would give up at once and lose what it hasn't recorded yet. CI systems
    send several.

    received: the first signal's number, or 0.
    """

    def __init__(self) -> None:
        self.process: subprocess.Popen[bytes] | None = None
        self.received = 0
        self.before: dict[int, Any] = {}

    def to(self, process: subprocess.Popen[bytes]) -> None:
        """Where signals go, one that came before included."""
        self.process = process
        if self.received:
            process.send_signal(signal.SIGINT)

    def __enter__(self) -> "PassingSignals":
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(number) != signal.SIG_IGN:  # nohup, and shells for what they start with &
                self.before[number] = signal.signal(number, self._pass_on)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self.before.items():
            signal.signal(number, handler)

    def _pass_on(self, number: int, _frame: object) -> None:
        if not self.received:
            self.received = number
            if self.process:
                self.process.send_signal(signal.SIGINT)
        with suppress(OSError):  # the terminal may be gone
            print(
                "\nInterrupted: Terraform finishes what it has begun and saves its state.", file=sys.stderr, flush=True
            )


def follow(process: subprocess.Popen[bytes], file: int, stream: bool) -> None:
    """Waits for the process's end. stream: shows what it writes into the file, while it comes."""
    position = 0
    while True:
        ended = process.poll() is not None
        while stream and (piece := os.pread(file, 65536, position)):
            position += len(piece)
            try:
                sys.stdout.flush()
                sys.stdout.buffer.write(piece)
                sys.stdout.buffer.flush()
            except OSError:  # nobody reads any more; what comes after Terraform's end is done all the same
                stream = False
        if ended:
            return
        time.sleep(0.1)
