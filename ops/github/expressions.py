"""GitHub's expressions, as far as the workflows use them: ``==``, ``!=``, ``!``, ``&&``, ``||``, functions.

Unlike on GitHub, a missing name is an error in the contexts that the caller has to give, so that a run here
doesn't quietly test something else.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

_TOKEN = re.compile(r"\s*('(?:[^']|'')*'|\d+(?:\.\d+)?|[A-Za-z_][\w-]*|&&|\|\||==|!=|[!().,\[\]])")
_EMBEDDED = re.compile(r"\$\{\{(.*?)\}\}", re.DOTALL)
GIVEN = ("github", "matrix", "needs")

Contexts = Mapping[str, Any]


class ExpressionError(Exception):
    """An expression that isn't understood, or names something that nobody gave."""


def evaluate(text: str, contexts: Contexts, functions: Mapping[str, Callable[..., Any]]) -> Any:
    parser = _Parser(text, contexts, {"toJSON": json.dumps, "fromJSON": json.loads, **functions})
    value = parser.either()
    if parser.tokens:
        raise ExpressionError(f"'{text}': not understood from '{parser.tokens[0]}' on.")
    return value


def fill(text: Any, contexts: Contexts, functions: Mapping[str, Callable[..., Any]]) -> str:
    """The text with each ``${{ expression }}`` replaced by its value."""
    return _EMBEDDED.sub(lambda found: _text(evaluate(found[1], contexts, functions)), _text(text))


def condition(text: Any, contexts: Contexts, functions: Mapping[str, Callable[..., Any]]) -> bool:
    """A step's ``if``; without a status function it means ``success() && (…)``, as on GitHub."""
    inner = _text(text).strip()
    if embedded := _EMBEDDED.fullmatch(inner):
        inner = embedded[1]
    value = bool(evaluate(inner, contexts, functions))
    named = re.search(r"\b(always|failure|success|cancelled)\s*\(", inner)
    return value and (bool(named) or functions["success"]())


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else json.dumps(value) if isinstance(value, dict | list) else str(value)


class _Parser:
    def __init__(self, text: str, contexts: Contexts, functions: Mapping[str, Callable[..., Any]]) -> None:
        self.text, self.contexts, self.functions = text, contexts, functions
        self.tokens, position = [], 0
        while text[position:].strip():
            found = _TOKEN.match(text, position)
            if not found:
                raise ExpressionError(f"'{text}': not understood from '{text[position:]}' on.")
            self.tokens.append(found[1])
            position = found.end()

    def either(self) -> Any:
        value = self.both()
        while self._take("||"):
            other = self.both()
            value = value or other
        return value

    def both(self) -> Any:
        value = self.compared()
        while self._take("&&"):
            other = self.compared()
            value = value and other
        return value

    def compared(self) -> Any:
        value = self.single()
        if self._take("=="):
            return value == self.single()
        if self._take("!="):
            return value != self.single()
        return value

    def single(self) -> Any:
        token = self._next()
        if token == "!":
            return not self.single()
        if token == "(":
            value = self.either()
            self._expect(")")
            return value
        if token.startswith("'"):
            return token[1:-1].replace("''", "'")
        if token[0].isdigit():
            return float(token) if "." in token else int(token)
        if token in ("true", "false", "null"):
            return {"true": True, "false": False, "null": None}[token]
        return self._call(token) if self._take("(") else self._lookup(token)

    def _call(self, name: str) -> Any:
        arguments = []
        while not self._take(")"):
            arguments.append(self.either())
            self._take(",")
        if name not in self.functions:
            raise ExpressionError(f"'{self.text}': the function {name} isn't known here.")
        return self.functions[name](*arguments)

    def _lookup(self, context: str) -> Any:
        value, path = self.contexts.get(context), context
        while True:
            if self._take("."):
                name = self._next()
            elif self._take("["):
                name = self.either()
                self._expect("]")
            else:
                return value
            path = f"{path}.{name}"
            if context in GIVEN and (not isinstance(value, Mapping) or name not in value):
                raise ExpressionError(f"'{self.text.strip()}' needs a value: --set {path}=…")
            value = value.get(name) if isinstance(value, Mapping) else None

    def _take(self, token: str) -> bool:
        if self.tokens and self.tokens[0] == token:
            self.tokens.pop(0)
            return True
        return False

    def _next(self) -> str:
        if not self.tokens:
            raise ExpressionError(f"'{self.text}' ends too early.")
        return self.tokens.pop(0)

    def _expect(self, token: str) -> None:
        if not self._take(token):
            raise ExpressionError(f"'{self.text}': a '{token}' is missing.")
