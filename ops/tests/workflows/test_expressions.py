from __future__ import annotations

from typing import Any

import pytest

from ops.github.expressions import ExpressionError, condition, evaluate, fill

CONTEXTS = {
    "github": {"event": {"number": 7}, "ref": "refs/heads/main", "fork": False},
    "steps": {"a": {"outputs": {"x": "y"}, "outcome": "failure"}},
    "vars": {"A": "1"},
    "matrix": {"deployment": "small"},
}


def functions(failed: bool = False) -> dict[str, Any]:
    return {"success": lambda: not failed, "failure": lambda: failed, "always": lambda: True}


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
        ("toJSON(vars)", '{"A": "1"}'),
        ("fromJSON('[1]')", [1]),
    ],
)
def test_values(expression: str, value: Any) -> None:
    assert evaluate(expression, CONTEXTS, functions()) == value


def test_fills_text() -> None:
    assert fill("plan-${{ matrix.deployment }}-${{ github.fork }}${{ steps.b.x }}", CONTEXTS, functions()) == (
        "plan-small-false"
    )


@pytest.mark.parametrize("expression", ["github.token", "a ~ b", "(true", "true false", "hashFiles('x')", "a ==", ""])
def test_what_is_not_understood_or_given_is_an_error(expression: str) -> None:
    with pytest.raises(ExpressionError):
        evaluate(expression, CONTEXTS, functions())


@pytest.mark.parametrize(
    ("text", "after_success", "after_failure"),
    [
        ("github.ref == 'refs/heads/main'", True, False),
        ("${{ always() }}", True, True),
        ("failure()", False, True),
        ("${{ !failure() && steps.a.outcome == 'failure' }}", True, False),
        ("false", False, False),
    ],
)
def test_conditions_mean_success_unless_they_ask(text: str, after_success: bool, after_failure: bool) -> None:
    assert condition(text, CONTEXTS, functions()) is after_success
    assert condition(text, CONTEXTS, functions(failed=True)) is after_failure
