from __future__ import annotations

import json
from pathlib import Path

import pytest

from ops.errors import CommandError
from ops.github.deployments import deployments, target
from ops.project import ROOT, Project
from ops.tests import builders


@pytest.fixture
def output(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("GITHUB_OUTPUT", "GITHUB_ENV"):
        monkeypatch.setenv(name, str(tmp_path / "output"))
    return tmp_path / "output"


def test_each_deployment_file_is_one_of_the_matrix(output: Path, project: Project) -> None:
    deployments("all", project)
    name, _, value = output.read_text().strip().partition("=")
    assert name == "deployments"
    assert json.loads(value) == sorted(path.stem for path in (ROOT / "config").glob("*.yaml"))


@pytest.mark.parametrize(
    ("variables", "role"),
    [
        ({"PLAN_ROLE_SMALL_EU": "arn:own", "PLAN_ROLE": "arn:all"}, "arn:own"),
        ({"PLAN_ROLE": "arn:all", "APPLY_ROLE_SMALL_EU": "arn:apply"}, "arn:all"),
    ],
)
def test_a_job_gets_its_region_and_role(
    output: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], role: str
) -> None:
    stack = builders.stack(tmp_path, '{"provider": {"aws": [{"region": "eu-central-1"}]}}', "small-eu")
    monkeypatch.setenv("ACCESS", "plan")
    monkeypatch.setenv("VARS", json.dumps(variables))
    target("small-eu", stack.project)
    assert output.read_text() == f"role={role}\nregion=eu-central-1\n"


def test_a_missing_role_names_the_variables(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACCESS", "apply")
    monkeypatch.setenv("VARS", '{"PLAN_ROLE": "arn:all"}')
    with pytest.raises(CommandError, match="neither of the variables APPLY_ROLE_SMALL_EU and APPLY_ROLE is set"):
        target("small-eu", project)
