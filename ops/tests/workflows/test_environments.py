from __future__ import annotations

from typing import Any

import pytest

from ops.errors import CommandError
from ops.github.environments import protected
from ops.project import Project
from ops.tests.workflows.hub import Hub, environment


def test_a_protected_environment_passes(hub: Hub, project: Project) -> None:
    hub.write(environments={"small": environment()})
    protected("small", project)


@pytest.mark.parametrize(
    ("found", "message"),
    [
        ({}, "There is no environment 'small': make it, with required reviewers and 'main' as its only branch"),
        ({"small": environment(protection_rules=[])}, "'small' asks nobody: set 'Required reviewers'"),
        (
            {"small": environment(protection_rules=[{"type": "required_reviewers", "reviewers": []}])},
            "'small' asks nobody",
        ),
        ({"small": environment(protection_rules=[{"type": "wait_timer", "wait_timer": 30}])}, "'small' asks nobody"),
        ({"small": environment(deployment_branch_policy=None)}, "'small' takes any branch"),
        (
            {
                "small": environment(
                    deployment_branch_policy={"protected_branches": True, "custom_branch_policies": False}
                )
            },
            "'small' takes every protected branch",
        ),
        (
            {"small": environment(branch_policies=[{"name": "main"}, {"name": "release/*"}])},
            "'small' takes branch main, branch release/\\*: set 'Deployment branches and tags'",
        ),
        ({"small": environment(branch_policies=[{"name": "main", "type": "tag"}])}, "'small' takes tag main"),
        ({"small": environment(branch_policies=[])}, "'small' takes no branch"),
    ],
)
def test_without_protection_it_is_refused(hub: Hub, project: Project, found: Any, message: str) -> None:
    hub.write(environments=found)
    with pytest.raises(CommandError, match=message):
        protected("small", project)


def test_a_fault_of_github_is_not_taken_for_a_missing_environment(hub: Hub, project: Project) -> None:
    hub.write(environments={"small": environment()}, broken=["environments/small"])
    with pytest.raises(CommandError, match=r"failed: gh: Server Error \(HTTP 502\)"):
        protected("small", project)
