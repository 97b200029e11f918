"""One readable line for each step on standard output, which CloudWatch keeps."""

import time


class StepLog:
    def __init__(self, name: str) -> None:
        self.name = name
        self._started = self._last = time.monotonic()

    def step(self, done: str) -> None:
        """Says what was done since the last line, and how long it took."""
        now = time.monotonic()
        print(f"{self.name} | {done} | {now - self._last:.1f} s", flush=True)
        self._last = now

    def end(self, done: str) -> None:
        print(f"{self.name} | {done} | {time.monotonic() - self._started:.1f} s in all", flush=True)
