"""What make check-cicd tells of GitHub's settings."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ops.errors import CommandError
from ops.github.check import check
from ops.project import Project
from ops.tests import builders
from ops.tests.workflows.hub import Hub, environment

ISSUER = "token.actions.githubusercontent.com"
PLAN, APPLY = ("arn:aws:iam::123456789012:role/acme_plan", "arn:aws:iam::123456789012:role/acme_apply")


def role(name: str, *subjects: str) -> dict[str, Any]:
    condition = {"StringEquals": {f"{ISSUER}:aud": "sts.amazonaws.com", f"{ISSUER}:sub": list(subjects)}}
    return {"name": name, "assume_role_policy": json.dumps({"Statement": [{"Condition": condition}]})}


def stack(folder: Path, repository: str) -> Project:
    """A deployment whose roles trust that repository, as written in a subject."""
    planning = [f"repo:{repository}:{each}" for each in ("pull_request", "ref:refs/heads/main")]
    other = {"name": "acme_glue", "assume_role_policy": json.dumps({"Statement": [{"Principal": {"Service": "glue"}}]})}
    roles = {
        "plan": role("acme_plan", *planning),
        "apply": role("acme_apply", f"repo:{repository}:environment:small"),
        "glue": other,
    }
    return builders.stack(folder, json.dumps({"resource": {"aws_iam_role": roles}})).project


REVIEWS = {
    "required_approving_review_count": 1,
    "dismiss_stale_reviews_on_push": True,
    "require_code_owner_review": True,
}


def rules(*checks: str, **reviews: Any) -> list[dict[str, Any]]:
    required = {"required_status_checks": [{"context": each} for each in checks]}
    return [
        {"type": "pull_request", "parameters": {**REVIEWS, **reviews}},
        {"type": "required_status_checks", "parameters": required},
        {"type": "deletion"},
    ]


def repository(**more: Any) -> dict[str, Any]:
    made = {"full_name": "acme/platform", "id": 22, "owner": {"id": 11}, "created_at": "2025-01-01T00:00:00Z"}
    return {**made, **more}


@pytest.fixture
def set_up(hub: Hub, tmp_path: Path) -> Project:
    """Everything as docs/workflows.md asks for."""
    hub.write(
        variables={"PLAN_ROLE": PLAN},
        environments={"small": environment(variables={"APPLY_ROLE_SMALL": APPLY})},
        answers={
            "": repository(),
            "actions/oidc/customization/sub": {"use_default": True},
            "rules/branches/main": rules("All planned", "lint", "test"),
            "codeowners/errors": {"errors": []},
        },
    )
    return stack(tmp_path, "acme/platform")


def answer(hub: Hub, **answers: Any) -> None:
    """Changes what GitHub answers; names with __ for the slash, None for what it doesn't know."""
    changed = {name.replace("__", "/"): value for name, value in answers.items()}
    kept = {**hub["answers"], **changed}
    hub.write(answers={name: value for name, value in kept.items() if value is not None})


def test_what_is_set_up_passes(hub: Hub, set_up: Project, capsys: pytest.CaptureFixture[str]) -> None:
    check("all", set_up)
    shown = capsys.readouterr().out
    assert shown.count(": ok") == 5
    assert "gh workflow run check.yml" in shown


def test_the_older_branch_protection_counts_too(hub: Hub, set_up: Project) -> None:
    protection = {
        "required_status_checks": {"contexts": ["All planned", "lint", "test"]},
        "required_pull_request_reviews": {
            "dismiss_stale_reviews": True,
            "require_code_owner_reviews": True,
            "required_approving_review_count": 2,
        },
    }
    answer(hub, rules__branches__main=[], branches__main__protection=protection)
    check("small", set_up)


def test_a_new_repositorys_numbered_subjects_are_known(hub: Hub, set_up: Project, tmp_path: Path) -> None:
    hub.write(answers={**hub["answers"], "": repository(created_at="2026-07-15T09:00:00Z")})
    with pytest.raises(CommandError, match=r"acme_apply trusts none .*: repo:acme@11/platform@22:environment:small"):
        check("small", set_up)
    check("small", stack(tmp_path / "new", "acme@11/platform@22"))


def environment_of(**more: Any) -> Callable[[Hub], None]:
    return lambda hub: hub.write(environments={"small": environment(**more)})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda hub: hub.write(variables={}),
            "Neither of the variables PLAN_ROLE_SMALL and PLAN_ROLE is set: "
            "gh variable set PLAN_ROLE_SMALL --body arn:aws:iam::<account>:role/acme_plan",
        ),
        (
            environment_of(),
            "APPLY_ROLE_SMALL and APPLY_ROLE is set: gh variable set APPLY_ROLE_SMALL --env small --body",
        ),
        (
            environment_of(variables={"APPLY_ROLE": PLAN}),
            f"The variable for the apply role of 'small' is '{PLAN}', not the ARN of acme_apply",
        ),
        (
            environment_of(variables={"APPLY_ROLE": APPLY}, protection_rules=[]),
            "'small' asks nobody: set 'Required reviewers'",
        ),
        (lambda hub: hub.write(environments={}), "There is no environment 'small'"),
        (
            lambda hub: answer(hub, actions__oidc__customization__sub={"use_default": False}),
            "tokens are customised, and the roles expect the default",
        ),
        (
            lambda hub: answer(hub, rules__branches__main=rules("lint", "test")),
            "Settings, Rules, a branch ruleset for main: set 'Require status checks to pass: All planned'",
        ),
        (
            lambda hub: answer(
                hub, rules__branches__main=rules("All planned", "lint", "test", require_code_owner_review=False)
            ),
            "set 'Require review from Code Owners'",
        ),
        (lambda hub: answer(hub, rules__branches__main=[]), "with an approval'"),
        (
            lambda hub: answer(
                hub,
                codeowners__errors={
                    "errors": [{"path": ".github/CODEOWNERS", "line": 3, "kind": "Unknown owner", "suggestion": None}]
                },
            ),
            ".github/CODEOWNERS, line 3: Unknown owner",
        ),
        (lambda hub: answer(hub, codeowners__errors=None), "GitHub finds no CODEOWNERS file on main"),
    ],
)
def test_each_thing_that_is_missing_is_named(
    hub: Hub, set_up: Project, change: Callable[[Hub], None], message: str
) -> None:
    change(hub)
    with pytest.raises(CommandError) as raised:
        check("small", set_up)
    assert message in str(raised.value)


def test_a_deployment_without_roles_is_told(hub: Hub, set_up: Project, tmp_path: Path) -> None:
    plain = builders.stack(tmp_path / "plain").project
    with pytest.raises(CommandError, match=r"config/small\.yaml has no section cicd"):
        check("small", plain)


def test_another_repository_is_not_trusted(hub: Hub, set_up: Project, tmp_path: Path) -> None:
    elsewhere = stack(tmp_path / "else", "acme/other")
    with pytest.raises(CommandError, match="acme_plan trusts none of the subjects that GitHub sends"):
        check("small", elsewhere)
