"""GitHub's expressions, evaluated by GitHub's own package in one Node process (evaluator/evaluate.mjs).

Unlike on GitHub, a missing name is an error in the contexts that the caller has to give, so that a run here
doesn't quietly test something else.
"""

from __future__ import annotations

import atexit
import json
import re
import subprocess
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from ops.project import ROOT

FOLDER = Path(__file__).with_name("evaluator")
# Filled by make (build/expressions/.stamp) from the lock file in FOLDER.
MODULES = ROOT / "build" / "expressions" / "node_modules"
GIVEN = ("github", "matrix", "needs", "inputs")
_EMBEDDED = re.compile(r"\$\{\{(.*?)\}\}", re.DOTALL)
_STATUS = re.compile(r"\b(always|failure|success|cancelled)\s*\(", re.IGNORECASE)

Contexts = Mapping[str, Any]


class ExpressionError(Exception):
    """An expression that isn't understood, or names something that nobody gave."""


def evaluate(text: str, contexts: Contexts, *, failed: bool = False) -> Any:
    """failed: whether a step before this one failed, for the status functions."""
    return _ask(text, contexts, failed)["value"]


def fill(text: Any, contexts: Contexts, *, failed: bool = False) -> str:
    """The text with each ``${{ expression }}`` replaced by its value."""
    return _EMBEDDED.sub(lambda found: _ask(found[1], contexts, failed)["string"], literal(text))


def condition(text: Any, contexts: Contexts, *, failed: bool = False) -> bool:
    """A step's ``if``; without a status function it means ``success() && (…)``, as on GitHub."""
    inner = literal(text).strip()
    if embedded := _EMBEDDED.fullmatch(inner):
        inner = embedded[1]
    return _ask(inner, contexts, failed)["truthy"] and (bool(_STATUS.search(inner)) or not failed)


def literal(value: Any) -> str:
    """A YAML scalar as GitHub reads it."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value)


def _ask(text: str, contexts: Contexts, failed: bool) -> dict[str, Any]:
    node = _node()
    question = {"text": text.strip(), "contexts": contexts, "given": GIVEN, "failed": failed}
    node.stdin.write(json.dumps(question) + "\n")
    node.stdin.flush()
    line = node.stdout.readline()
    if not line:
        raise RuntimeError(f"node ended ({node.wait()}) instead of evaluating '{text}': see its error above.")
    answer = json.loads(line)
    if "error" in answer:
        raise ExpressionError(f"'{text.strip()}' {answer['error']}")
    return answer


@cache
def _node() -> subprocess.Popen[str]:
    if not MODULES.is_dir():
        raise RuntimeError(f"GitHub's expression package isn't installed ({MODULES}): run 'make setup'.")
    command = ["node", str(FOLDER / "evaluate.mjs"), str(MODULES)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8")
    atexit.register(process.stdin.close)
    return process
