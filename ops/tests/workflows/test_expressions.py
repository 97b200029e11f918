from __future__ import annotations

import json
from typing import Any

import pytest

from ops.tests.workflows.expressions import FOLDER, ExpressionError, condition, evaluate, fill

CONTEXTS = {
    "github": {"event": {"number": 7}, "ref": "refs/heads/main", "fork": False},
    "steps": {"a": {"outputs": {"x": "y"}, "outcome": "failure"}},
    "vars": {"A": "1"},
    "matrix": {"deployment": "small"},
}


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("github.event.number", 7),
        ("github.event['number'] == 7", True),
        ("steps.a.outputs.x", "y"),
        ("steps.b.outputs.x", None),
        ("!github.fork && github.ref == 'refs/heads/main'", True),
        ("github.ref != 'refs/heads/main' || 'it''s'", "it's"),
        ("(true || false) && false", False),
        ("true || false && false", True),
        ("toJSON(vars)", '{\n  "A": "1"\n}'),
        ("fromJSON('[1]')", [1]),
        # What only GitHub's own evaluator knows: strings compare without case, numbers are made of strings.
        ("'MAIN' == 'main'", True),
        ("github.event.number == '7'", True),
        ("contains(github.ref, 'MAIN') && startsWith(github.ref, 'refs/')", True),
    ],
)
def test_values(expression: str, value: Any) -> None:
    assert evaluate(expression, CONTEXTS) == value


def test_fills_text() -> None:
    assert fill("plan-${{ matrix.deployment }}-${{ github.fork }}${{ steps.b.x }}", CONTEXTS) == "plan-small-false"


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("github.token", "needs a value: --set github.token=…"),
        ("github.event.action", "needs a value: --set github.event.action=…"),
        ("a ~ b", "Unexpected symbol"),
        ("(true", "Unexpected end"),
        ("true false", "Unexpected symbol"),
        ("hashFiles('x')", "Unrecognized function: 'hashFiles'"),
        ("secrets.A", "Unrecognized named-value: 'secrets'"),
        ("a ==", "Unrecognized named-value"),
        ("", "is empty"),
    ],
)
def test_what_is_not_understood_or_given_is_an_error(expression: str, message: str) -> None:
    with pytest.raises(ExpressionError, match=message):
        evaluate(expression, CONTEXTS)


@pytest.mark.parametrize(
    ("text", "after_success", "after_failure"),
    [
        ("github.ref == 'refs/heads/main'", True, False),
        ("${{ always() }}", True, True),
        ("failure()", False, True),
        ("${{ !failure() && steps.a.outcome == 'failure' }}", True, False),
        ("false", False, False),
        ("''", False, False),
    ],
)
def test_conditions_mean_success_unless_they_ask(text: str, after_success: bool, after_failure: bool) -> None:
    assert condition(text, CONTEXTS) is after_success
    assert condition(text, CONTEXTS, failed=True) is after_failure


def test_the_package_is_locked_by_hash_and_without_addresses() -> None:
    lock = json.loads((FOLDER / "package-lock.json").read_text())
    wanted = json.loads((FOLDER / "package.json").read_text())["dependencies"]
    packages = {name: each for name, each in lock["packages"].items() if name}
    assert {name.removeprefix("node_modules/"): each["version"] for name, each in packages.items()} == wanted
    assert all(each["integrity"].startswith("sha512-") and "resolved" not in each for each in packages.values())
