"""The error that a sandbox service answers with in place of AWS."""

from __future__ import annotations


class AwsError(Exception):
    """An AWS API error: ``code`` is the exception's name on the wire, ``status`` the HTTP status."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status

    def body(self) -> dict[str, str]:
        """The JSON body of the response."""
        return {"__type": self.code, "message": self.message, "Message": self.message}
