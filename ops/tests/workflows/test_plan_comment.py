from __future__ import annotations

import json

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
    monkeypatch.setenv("PLAN_OUTCOME", "success")


def planned(project: Project, summary: str) -> None:
    folder = project.build_dir / "plans" / "small"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "summary.md").write_text(summary)
    record = change("aws_vpc.v", ["create"], None, {})
    (folder / "plan.json").write_text(json.dumps({"resource_changes": [record]}))
    review("small", project)


def test_writes_one_comment_and_then_updates_it(hub: Hub, project: Project) -> None:
    for summary in ("### first\n", "### second\n"):
        planned(project, summary)
        comment("small", project)
    (written,) = hub["comments"]["7"]
    assert written["body"].startswith(f"{MARKER}\n[Run](https://github.com/acme/platform/actions/runs/42)")
    assert "on 0123456789ab, fingerprint `" in written["body"]
    assert "### second" in written["body"]


def test_leaves_the_comments_of_people_and_of_other_deployments_alone(hub: Hub, project: Project) -> None:
    mine, bot = {"login": "someone"}, {"login": "github-actions[bot]"}
    others = [
        {"id": 1, "user": mine, "body": f"{MARKER}\nquoted"},
        {"id": 2, "user": bot, "body": "<!-- terraform-plan: small-eu -->\n"},
        {"id": 3, "user": bot, "body": f"A word on {MARKER}"},
    ]
    hub.write(comments={"7": others})
    planned(project, "### plan\n")
    comment("small", project)
    assert hub["comments"]["7"][:3] == others
    assert len(hub["comments"]["7"]) == 4


def test_finds_its_comment_on_a_later_page(hub: Hub, project: Project) -> None:
    bot = {"login": "github-actions[bot]"}
    chatter = [{"id": number, "user": {"login": "a"}, "body": "hm"} for number in range(5)]
    hub.write(comments={"7": [*chatter, {"id": 9, "user": bot, "body": f"{MARKER}\nold"}]})
    planned(project, "### new\n")
    comment("small", project)
    assert "### new" in hub["comments"]["7"][5]["body"]
    assert len(hub["comments"]["7"]) == 6


def test_a_long_summary_is_cut_to_what_github_takes(hub: Hub, project: Project) -> None:
    planned(project, "<details>\n" + "- `aws_s3_object.x`\n" * 10_000)
    comment("small", project)
    (written,) = hub["comments"]["7"]
    assert len(written["body"]) <= 65_536
    assert "</details>\n\n… cut here" in written["body"]


def test_a_refused_plan_says_so_above_its_summary(hub: Hub, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    planned(project, "### plan\n")
    monkeypatch.setenv("PLAN_OUTCOME", "failure")
    comment("small", project)
    (written,) = hub["comments"]["7"]
    assert written["body"].index("**Refused**") < written["body"].index("### plan")
    assert "Allow-Replace: <address>" in written["body"]
    assert "fingerprint" not in written["body"]


@pytest.mark.parametrize("outcome", ["failure", "skipped"])
def test_a_failed_plan_replaces_the_last_good_one(
    hub: Hub, project: Project, monkeypatch: pytest.MonkeyPatch, outcome: str
) -> None:
    planned(project, "### good\n")
    comment("small", project)
    (project.build_dir / "plans" / "small" / "summary.md").unlink()
    monkeypatch.setenv("PLAN_OUTCOME", outcome)
    comment("small", project)
    (written,) = hub["comments"]["7"]
    assert "**The plan failed**" in written["body"]
    assert "### good" not in written["body"]
