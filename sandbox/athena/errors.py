"""Failures of a query, named as Athena names them."""

SYSTEM_ERROR, USER_ERROR = 1, 2


class QueryError(Exception):
    """A query that fails. name: the engine's error name (``COLUMN_NOT_FOUND``), which starts the reason."""

    def __init__(self, name: str, message: str, category: int = USER_ERROR) -> None:
        super().__init__(f"{name}: {message}")
        self.name, self.message, self.category = name, message, category


class Cancelled(QueryError):
    """A query stopped by its user or by the work group's limit. reason: the state change reason."""

    def __init__(self, reason: str) -> None:
        super().__init__("CANCELLED", reason)
