"""The whole life cycle with the real Terraform and AWS provider, against the sandbox's emulator."""

from __future__ import annotations

import fcntl
import itertools
import json
import os
import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from ops.diagnose import TerraformError
from ops.project import ROOT
from ops.providers import AWS_PROVIDER
from ops.terraform import Terraform
from ops.tests import builders, small_stack
from ops.tests.front import Front, Workspace

# Files side by side: the longest begin first, whatever the number of their tests.
_LONGEST = ("lifecycle", "default_vpc", "interrupted", "small", "import", "lead_data", "state_bucket", "workflows")

_steps: list[tuple[str, str, str, float]] = []


@pytest.fixture(scope="session", autouse=True)
def provider(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The provider's program; without one, nothing here can be tried, and that is said loudly."""
    document = small_stack.document()
    del document["terraform"]["backend"]
    terraform = Terraform(builders.stack(tmp_path_factory.mktemp("provider"), json.dumps(document)))
    try:
        terraform.init(quiet=True)
    except TerraformError as error:
        pytest.skip(
            f"SKIPPED, NOT TESTED: the Terraform life cycle needs the AWS provider. {error.what} {error.next_step}"
        )
    (program,) = terraform.stack.data_dir.glob(f"providers/{AWS_PROVIDER}/*/*/terraform-provider-aws_v*")
    return program


@pytest.fixture(scope="module")
def front(provider: Path) -> Iterator[Front]:
    with Front(provider) as running:
        yield running


@pytest.fixture(scope="module")
def small(front: Front, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """The small stack, its state bucket made."""
    workspace = Workspace(tmp_path_factory.mktemp("small"), front)
    workspace.add("small", small_stack.document())
    front.make_bucket(small_stack.STATE_BUCKET)
    return workspace


@pytest.fixture(scope="session")
def synthesised(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Our deployments (driven-data destroyable) and one for each kind of network, as synth writes them.

    That without internet has every knob of encryption and traces on.
    """
    base = tmp_path_factory.getbasetemp()
    # Workers side by side share what the first of them has synthesised.
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "synth"
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "out" / "stacks").is_dir():
            _synthesise(folder)
    return folder / "out" / "stacks"


def _synthesise(folder: Path) -> None:
    config = folder / "config"
    config.mkdir()
    driven = (ROOT / "config" / "driven-data.yaml").read_text()
    (config / "driven-data.yaml").write_text(f"{driven}destroyable: true\n")
    lead = (ROOT / "config" / "lead-data.yaml").read_text()
    (config / "lead-data.yaml").write_text(lead)
    network = "vpc_cidr: 10.193.0.0/16"
    assert network in lead
    for name, instead in (
        ("north", "vpc_cidr: 10.194.0.0/16\n  egress: endpoints"),
        ("south", "vpc_cidr: 10.195.0.0/16\n  nat_gateways: per-zone"),
        ("west", "mode: default-vpc"),
    ):
        text = lead.replace(network, instead).replace("lead_data", f"{name}_data").replace("lead-data", f"{name}-data")
        if "endpoints" in instead:
            text += f"orchestration: {{plugins_archive: {_wheels()}}}\nencryption: {{customer_managed_key: true}}\n"
            text = text.replace("egress: endpoints", "egress: endpoints\n  endpoint_policies: true")
            text = text.replace("north-data-bucket", "north-data-bucket\n  access_logs: true")
        if name == "west":
            text += (
                "cicd: {github_repository: octo-org/octo-repo, github_owner_id: 123456, github_repository_id: 456789}\n"
            )
        (config / f"{name}-data.yaml").write_text(text)
    command = [ROOT / "bin" / "synth", "--config", config, "--out", folder / "out"]
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def _wheels() -> str:
    """The archive that workers without internet install from; what is in it doesn't matter here."""
    archive = ROOT / "build" / "ops-tests" / "plugins.zip"
    archive.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(archive, "w") as written:
        written.writestr(zipfile.ZipInfo("wheels/README"), "wheels")
    return archive.relative_to(ROOT).as_posix()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Orders the files, and gives each step its title in the table."""
    longest = [f"test_{name}.py" for name in _LONGEST]
    items.sort(key=lambda item: longest.index(item.path.name) if item.path.name in longest else len(longest))
    for item in items:
        title = (item.function.__doc__ or item.name).strip().splitlines()[0]  # type: ignore[attr-defined]
        if "[" in item.name:
            title += f" ({item.name.partition('[')[2].rstrip(']')})"
        item.user_properties.append(("step", title))


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Keeps each step for the table, and shows it at once: they take minutes."""
    title = dict(report.user_properties).get("step", report.nodeid)
    if report.when == "call" or report.outcome != "passed":
        result = {"passed": "ok", "skipped": "skipped"}.get(report.outcome, "FAILED")
        _steps.append((report.nodeid.partition("::")[0], title, result, report.duration))
        print(f"\n{result:<7} {report.duration:6.1f} s  {title}", flush=True)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if not _steps:
        return
    width = max(len(title) for _, title, _, _ in _steps)
    terminalreporter.section("Terraform's life cycle")
    for module, steps in itertools.groupby(sorted(_steps, key=lambda step: step[0]), key=lambda step: step[0]):
        terminalreporter.line(Path(module).stem)
        for _, title, result, seconds in steps:
            terminalreporter.line(f"  {title:<{width}}  {result:<7}  {seconds:6.1f} s")
