"""Athena's SQL as sqlglot reads it, and small pieces of DuckDB's SQL to put in its place.

Both parsers leave every function call as it is written (`FUNCTIONS` is empty): the meaning of each is decided
by `functions.py` alone, so a function that nobody has checked never reaches DuckDB.
"""

from __future__ import annotations

from functools import lru_cache

import sqlglot
from sqlglot import exp
from sqlglot.dialects.duckdb import DuckDB
from sqlglot.dialects.trino import Trino
from sqlglot.errors import ParseError, TokenError
from sqlglot.tokens import TokenType

from sandbox.athena.errors import QueryError

_CASTS = ("CAST", "TRY_CAST")
_SYNTAX = ("CAST", "TRY_CAST", "EXTRACT", "TRIM", "POSITION", "SUBSTRING")


class AthenaDialect(Trino):
    """Trino's dialect with Athena's pseudo-column and with function calls unchanged."""

    PSEUDOCOLUMNS = frozenset({"$PATH"})
    INDEX_OFFSET = 0  # subscripts stay as written

    class Parser(Trino.Parser):
        FUNCTIONS: dict = {}  # noqa: RUF012 (the parser's own attribute)
        FUNCTION_PARSERS = {k: v for k, v in Trino.Parser.FUNCTION_PARSERS.items() if k in _SYNTAX}  # noqa: RUF012


class PlainDuckDB(DuckDB):
    """DuckDB's dialect with function calls unchanged."""

    class Parser(DuckDB.Parser):
        FUNCTIONS: dict = {}  # noqa: RUF012
        FUNCTION_PARSERS = {k: v for k, v in DuckDB.Parser.FUNCTION_PARSERS.items() if k in _CASTS}  # noqa: RUF012


def parse(sql: str) -> exp.Expression:
    """The one statement in ``sql``; SYNTAX_ERROR when it can't be read."""
    try:
        statements = [s for s in sqlglot.parse(sql, read=AthenaDialect) if s is not None]
    except ParseError as error:
        first = error.errors[0] if error.errors else {}
        line, col = first.get("line", 1), first.get("col", 1)
        near = first.get("highlight") or "<EOF>"
        raise QueryError(
            "SYNTAX_ERROR", f"line {line}:{col}: mismatched input '{near}'. {first.get('description', error)}"
        ) from None
    except TokenError as error:
        raise QueryError("SYNTAX_ERROR", f"line 1:1: {error}") from None
    _refuse_foreign_syntax(sql)
    if len(statements) != 1:
        raise QueryError("SYNTAX_ERROR", "Only one sql statement is allowed")
    return statements[0]


def _refuse_foreign_syntax(sql: str) -> None:
    """Fails on what only sqlglot reads: ``x::type``, ``==``, LIMIT before OFFSET, ``LIMIT a, b``."""
    tokens = sqlglot.tokenize(sql, read=AthenaDialect)
    for position, token in enumerate(tokens):
        after_limit = position > 1 and tokens[position - 2].token_type == TokenType.LIMIT
        foreign = token.token_type in (TokenType.DCOLON, TokenType.DIV) or token.text == "=="
        if foreign or (after_limit and token.token_type in (TokenType.OFFSET, TokenType.COMMA)):
            place = f"line {token.line}:{token.col - len(token.text) + 1}"
            raise QueryError("SYNTAX_ERROR", f"{place}: mismatched input '{token.text}'")


@lru_cache(maxsize=1024)
def _template(text: str) -> exp.Expression:
    return sqlglot.parse_one(text, read=PlainDuckDB)


_ATOMS = (
    exp.Column,
    exp.Literal,
    exp.Func,
    exp.Paren,
    exp.Null,
    exp.Boolean,
    exp.Subquery,
    exp.Window,
    exp.Bracket,
)


def operand(node: exp.Expression) -> exp.Expression:
    """A copy of ``node`` that can stand anywhere in an expression."""
    copy = node.copy()
    return copy if isinstance(copy, _ATOMS) and not isinstance(copy, exp.Connector) else exp.Paren(this=copy)


def duck(text: str, *arguments: exp.Expression) -> exp.Expression:
    """DuckDB's SQL ``text`` with ``_1``, ``_2``, … replaced by the arguments."""
    values = {f"_{i}": operand(argument) for i, argument in enumerate(arguments, 1)}

    def fill(node: exp.Expression) -> exp.Expression:
        if isinstance(node, exp.Column) and node.name in values:
            return values[node.name].copy()
        return node

    return _template(text).copy().transform(fill, copy=False)


def failure(message: str, kind: str = "INTEGER") -> str:
    """DuckDB's SQL that fails with ``message`` (an SQL text expression that starts with Athena's error name).

    A cast that can't succeed rather than ``error()``, which TRY refuses; `engine.py` takes the message out
    again.
    """
    if kind == "VARCHAR":
        return f"CAST({failure(message)} AS VARCHAR)"
    return f"CAST('\u27e6' || {message} || '\u27e7' AS {kind})"
