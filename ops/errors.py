"""Failures that end a command of ops or the sandbox with one message and the next step, instead of a stack trace."""


class CommandError(Exception):
    """A failure that the user can act on.

    what: what is wrong and where; next_step: what to do now; exit_code: the command's exit code.
    """

    def __init__(self, what: str, next_step: str, exit_code: int = 1) -> None:
        super().__init__(what)
        self.what = what
        self.next_step = next_step
        self.exit_code = exit_code

    def __str__(self) -> str:
        return f"{self.what}\n  Next: {self.next_step}"
