"""One command at a time works on the sandbox. The lock ends with its holder, however that ends."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ops.errors import CommandError
from sandbox import processes


@contextmanager
def exclusive(home: Path, command: str) -> Iterator[None]:
    """Raises CommandError naming the other command and its process when there is one."""
    home.mkdir(parents=True, exist_ok=True)
    with (home / "lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            holder = file.read().strip() or "another command"
            raise CommandError(f"The sandbox is busy with {holder}.", "wait for it to end, or interrupt it.") from None
        file.truncate(0)
        file.write(f"'{command}' (process {os.getpid()})")
        file.flush()
        try:
            yield
        finally:
            processes.stop(home, role="command")  # what an error or an interrupt left running
