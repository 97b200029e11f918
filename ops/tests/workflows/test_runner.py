"""The runner of a job's steps, on small workflows written for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from ops.tests.workflows import runner

HEAD = "on: push\njobs:\n  job:\n    runs-on: x\n"


def run(tmp_path: Path, text: str, *options: str) -> int:
    workflow = tmp_path / "workflow.yml"
    workflow.write_text(HEAD + text)
    return runner.main([str(workflow), "job", "--artefacts", str(tmp_path / "artefacts"), *options])


def test_outputs_environment_and_conditions(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    code = run(
        tmp_path,
        """
    outputs: {said: "${{ steps.one.outputs.word }}"}
    env: {NAME: "${{ matrix.name }}"}
    steps:
      - uses: actions/checkout@v1
      - id: one
        run: |
          echo "word=$NAME" >> "$GITHUB_OUTPUT"
          echo "LATER=yes" >> "$GITHUB_ENV"
      - run: echo "later=$LATER own=$OWN"
        env: {OWN: "${{ steps.one.outputs.word }}"}
      - run: exit 3
        if: failure()
""",
        "--set=matrix.name=small",
    )
    shown = capfd.readouterr().out
    assert code == 0
    assert "later=yes own=small" in shown
    assert "output said=small" in shown
    assert "not run here  actions/checkout@v1" in shown
    assert "skipped       exit 3" in shown


def test_after_a_failure_only_steps_that_ask_for_it_run(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    code = run(
        tmp_path,
        """
    steps:
      - id: bad
        run: |
          false
          echo not reached
      - run: echo never
      - run: echo "outcome=$OUTCOME"
        if: ${{ !cancelled() }}
        env: {OUTCOME: "${{ steps.bad.outcome }}"}
""",
    )
    shown = capfd.readouterr().out
    assert code == 1
    assert "not reached" not in shown
    assert "outcome=failure" in shown
    assert "skipped       echo never" in shown


def test_a_failed_composite_action_fails_the_job_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(runner, "ROOT", tmp_path)
    (tmp_path / "action").mkdir()
    (tmp_path / "action" / "action.yml").write_text(
        "inputs: {word: {default: hey}}\nruns:\n  using: composite\n  steps:\n"
        '    - run: echo "said=$WORD"\n      shell: bash\n      env: {WORD: "${{ inputs.word }}"}\n'
    )
    given = "\n    steps:\n      - uses: ./action\n        with: {word: ho}\n      - uses: ./action\n"
    assert run(tmp_path, given) == 0
    shown = capfd.readouterr().out
    assert "said=ho" in shown
    assert "said=hey" in shown


def test_keeps_an_uploaded_artefact_and_fails_without_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "ROOT", tmp_path)
    steps = """
    steps:
      - run: mkdir -p made && echo "$WHAT" > made/file
        env: {WHAT: something}
      - uses: actions/upload-artifact@v1
        with: {name: the-name, path: %s}
"""
    assert run(tmp_path, steps % "made", "--set=github.run_id=5") == 0
    assert (tmp_path / "artefacts" / "5" / "the-name" / "file").read_text() == "something\n"
    assert run(tmp_path, steps % "missing", "--set=github.run_id=5") == 1


def test_a_job_whose_condition_does_not_hold_is_skipped(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    steps = "    if: github.fork == false\n    steps: [{run: exit 1}]\n"
    assert run(tmp_path, steps, "--set=github.fork=true") == 0
    assert "skipped" in capfd.readouterr().out
    assert run(tmp_path, steps, "--set=github.fork=false") == 1


def test_a_value_that_nobody_gave_is_an_error(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path, '    steps: [{run: "true", env: {T: "${{ github.token }}"}}]\n') == 64
    assert "--set github.token=…" in capfd.readouterr().err
