from __future__ import annotations

import json
import shutil

import pytest

from ops.github.plan_comment import comment
from ops.github.review import review
from ops.project import Project
from ops.tests.builders import change
from ops.tests.workflows.hub import Hub

MARKER = "<!-- terraform-plan: small -->"


@pytest.fixture(autouse=True)
def pull_request_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULL_REQUEST", "7")
    monkeypatch.setenv("HEAD_SHA", "0123456789abcdef")
    monkeypatch.setenv("DEPLOYMENTS", '["small"]')


def planned(
    hub: Hub,
    project: Project,
    monkeypatch: pytest.MonkeyPatch,
    summary: str | None,
    *,
    outcome: str = "success",
    stack: str = "small",
) -> None:
    """A plan job: plans, and hands over what the next job comments."""
    folder = project.build_dir / "plans" / stack
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    if summary is not None:
        (folder / "summary.md").write_text(summary)
        record = change("aws_vpc.v", ["create"], None, {})
        (folder / "plan.json").write_text(json.dumps({"resource_changes": [record]}))
    monkeypatch.setenv("PLAN_OUTCOME", outcome)
    review(stack, project)
    shutil.copytree(project.build_dir / "review" / stack, hub.artefacts / "42" / f"plan-{stack}", dirs_exist_ok=True)
    hub.write(jobs={**hub["jobs"], stack: outcome})


def test_writes_one_comment_and_then_updates_it(hub: Hub, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    for summary in ("### first\n", "### second\n"):
        planned(hub, project, monkeypatch, summary)
        comment("all", project)
    (written,) = hub["comments"]["7"]
    assert written["body"].startswith(f"{MARKER}\n[Run](https://github.com/acme/platform/actions/runs/42)")
    assert "on 0123456789ab, fingerprint `" in written["body"]
    assert "### second" in written["body"]


def test_each_deployment_has_its_comment(hub: Hub, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEPLOYMENTS", '["small", "small-eu"]')
    planned(hub, project, monkeypatch, "### good\n")
    planned(hub, project, monkeypatch, None, outcome="failure", stack="small-eu")
    comment("all", project)
    good, bad = (each["body"] for each in hub["comments"]["7"])
    assert "### good" in good
    assert bad.startswith("<!-- terraform-plan: small-eu -->")
    assert "**The plan failed**" in bad


def test_leaves_the_comments_of_people_and_of_other_deployments_alone(
    hub: Hub, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine, bot = {"login": "someone"}, {"login": "github-actions[bot]"}
    others = [
        {"id": 1, "user": mine, "body": f"{MARKER}\nquoted"},
        {"id": 2, "user": bot, "body": "<!-- terraform-plan: small-eu -->\n"},
        {"id": 3, "user": bot, "body": f"A word on {MARKER}"},
    ]
    hub.write(comments={"7": others})
    planned(hub, project, monkeypatch, "### plan\n")
    comment("all", project)
    assert hub["comments"]["7"][:3] == others
    assert len(hub["comments"]["7"]) == 4


def test_finds_its_comment_on_a_later_page(hub: Hub, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    bot = {"login": "github-actions[bot]"}
    chatter = [{"id": number, "user": {"login": "a"}, "body": "hm"} for number in range(5)]
    hub.write(comments={"7": [*chatter, {"id": 9, "user": bot, "body": f"{MARKER}\nold"}]})
    planned(hub, project, monkeypatch, "### new\n")
    comment("all", project)
    assert "### new" in hub["comments"]["7"][5]["body"]
    assert len(hub["comments"]["7"]) == 6


def test_a_long_summary_is_cut_to_what_github_takes(
    hub: Hub, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    planned(hub, project, monkeypatch, "<details>\n" + "- `aws_s3_object.x`\n" * 10_000)
    comment("all", project)
    (written,) = hub["comments"]["7"]
    assert len(written["body"]) <= 65_536
    assert "</details>\n\n… cut here" in written["body"]


def test_a_refused_plan_says_so_above_its_summary(hub: Hub, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    planned(hub, project, monkeypatch, "### plan\n", outcome="failure")
    comment("all", project)
    (written,) = hub["comments"]["7"]
    assert written["body"].index("**Refused**") < written["body"].index("### plan")
    assert "config/replacements.toml" in written["body"]
    assert "fingerprint" not in written["body"]


@pytest.mark.parametrize("outcome", ["failure", "skipped"])
def test_a_failed_plan_replaces_the_last_good_one(
    hub: Hub, project: Project, monkeypatch: pytest.MonkeyPatch, outcome: str
) -> None:
    planned(hub, project, monkeypatch, "### good\n")
    comment("all", project)
    planned(hub, project, monkeypatch, None, outcome=outcome)
    comment("all", project)
    (written,) = hub["comments"]["7"]
    assert "**The plan failed**" in written["body"]
    assert "### good" not in written["body"]


@pytest.mark.parametrize("former", ["success", "failure"])
def test_what_a_former_attempt_handed_over_is_not_taken_for_this_ones(
    hub: Hub, project: Project, monkeypatch: pytest.MonkeyPatch, former: str
) -> None:
    """The job of the second attempt ended before it handed over anything."""
    planned(hub, project, monkeypatch, "### former\n", outcome=former)
    monkeypatch.setenv("GITHUB_RUN_ATTEMPT", "2")
    hub.write(jobs={"small": "cancelled"})
    comment("all", project)
    (written,) = hub["comments"]["7"]
    assert "**The plan failed**" in written["body"]


def test_a_job_that_was_not_run_again_keeps_its_plan(
    hub: Hub, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    planned(hub, project, monkeypatch, "### good\n")
    monkeypatch.setenv("GITHUB_RUN_ATTEMPT", "2")
    comment("all", project)
    assert "### good" in hub["comments"]["7"][0]["body"]


def test_a_job_that_handed_nothing_over_has_failed(hub: Hub, project: Project) -> None:
    hub.write(jobs={"small": "failure"})
    comment("all", project)
    assert "**The plan failed**" in hub["comments"]["7"][0]["body"]
