"""The requirements as uploaded, installed as MWAA does: by pip, under the constraints that MWAA imposes.

MWAA runs ``pip3 install --constraint <essential constraints> -r requirements.txt`` on an image that was made with the
constraints which the stack puts beside the DAGs (`safe-pip-install` and `user_requirements.py` of
https://github.com/aws/amazon-mwaa-docker-images/tree/main/images/airflow/3.3.1). The test's environment has the same
packages.
"""

import importlib.metadata
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from conftest import ROOT

MWAA = ROOT / "airflow" / "mwaa"
VERSIONS = sorted(folder.name for folder in MWAA.iterdir() if folder.is_dir())
# The image's own Airflow and provider (bootstrap/02-airflow/001-install-required-pip-packages.sh).
IMAGE = "apache-airflow=={version}\napache-airflow-providers-amazon[aiobotocore]\n"


def pins(file: Path) -> dict[str, str]:
    """name: version, names as packages compare."""
    lines = [line.strip() for line in file.read_text().splitlines()]
    pairs = [line.split("==") for line in lines if line and not line.startswith("#")]
    return {re.sub(r"[-_.]+", "-", name).lower(): version for name, version in pairs}


def uploaded(folder: Path, version: str, extra: str = "", constraints: str = "") -> Path:
    """The requirements with the constraints beside them; only their place differs from MWAA's."""
    (folder / "constraints.txt").write_text((MWAA / version / "constraints.txt").read_text() + constraints)
    text = (ROOT / "airflow" / "requirements.txt").read_text()
    assert '--constraint "/usr/local/airflow/dags/constraints.txt"' in text
    requirements = folder / "requirements.txt"
    requirements.write_text(text.replace("/usr/local/airflow/dags", str(folder)) + extra)
    return requirements


def install(version: str, requirements: Path, *options: str, **variables: str) -> str:
    """What MWAA's pip says; fails with it."""
    essential = MWAA / version / "essential-constraints.txt"
    command = [sys.executable, "-m", "pip", "install", "--dry-run", "--constraint", essential, "-r", requirements]
    env = {**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1", **variables}
    done = subprocess.run([*command, *options], capture_output=True, text=True, check=False, env=env)
    if done.returncode != 0:
        said = [line for line in (done.stdout + done.stderr).splitlines() if not line.startswith("Requirement already")]
        pytest.fail(f"MWAA {version} would install nothing of {requirements.name}:\n" + "\n".join(said))
    return done.stdout


@pytest.mark.parametrize("version", VERSIONS)
def test_mwaa_installs_the_requirements(tmp_path, version):
    said = install(version, uploaded(tmp_path, version), "--ignore-installed")
    assert re.search(r"^Would install .*\bFaker-", said, re.MULTILINE | re.IGNORECASE)


@pytest.mark.parametrize("version", VERSIONS)
def test_the_requirements_agree_with_the_whole_image(tmp_path, version):
    install(version, uploaded(tmp_path, version, extra=IMAGE.format(version=version)))


@pytest.mark.parametrize("version", VERSIONS)
def test_those_of_lineage_agree_with_the_whole_image(tmp_path, version):
    asked = (ROOT / "airflow" / "requirements-lineage.txt").read_text()
    install(version, uploaded(tmp_path, version, extra=IMAGE.format(version=version) + asked))
    assert {"apache-airflow-providers-openlineage", "s3fs"} <= pins(MWAA / version / "constraints.txt").keys()


@pytest.mark.parametrize("version", VERSIONS)
def test_no_constraint_contradicts_what_mwaa_imposes(version):
    ours, imposed = (pins(MWAA / version / name) for name in ("constraints.txt", "essential-constraints.txt"))
    assert {name: ours.get(name, pin) for name, pin in imposed.items()} == imposed


@pytest.mark.parametrize(
    "where", [{"extra": "SQLAlchemy==2.1.9\n"}, {"constraints": "SQLAlchemy==2.1.9\n"}], ids=["required", "constrained"]
)
def test_another_version_than_mwaas_fails_with_pips_message(tmp_path, where):
    extra = IMAGE.format(version=VERSIONS[-1]) + where.get("extra", "")
    requirements = uploaded(tmp_path, VERSIONS[-1], extra, where.get("constraints", ""))
    with pytest.raises(pytest.fail.Exception, match=r"(?is)SQLAlchemy.*==2\.1\.9.*ResolutionImpossible"):
        install(VERSIONS[-1], requirements)


def test_what_runs_here_is_what_runs_there():
    """The packages of the sandbox and of these tests, the Amazon provider and its async client included."""
    here = {dist.name: dist.version for dist in importlib.metadata.distributions()}
    version = importlib.metadata.version("apache-airflow")
    asked = dict(re.findall(r"^(\w+)==(\S+)$", (ROOT / "airflow" / "requirements.txt").read_text(), re.MULTILINE))
    assert {name: here[name] for name in asked} == asked
    there = pins(MWAA / version / "constraints.txt")
    normalised = {re.sub(r"[-_.]+", "-", name).lower(): pin for name, pin in here.items()}
    assert {name: pin for name, pin in normalised.items() if there.get(name, pin) != pin} == {}
    assert {"apache-airflow-providers-amazon", "aiobotocore", "sqlalchemy"} <= normalised.keys() & there.keys()


@pytest.fixture(scope="module")
def archive(tmp_path_factory) -> Path:
    """The plugins archive of the recipe in docs/configuration.md."""
    path = tmp_path_factory.mktemp("wheels") / "plugins.zip"
    done = subprocess.run(
        [ROOT / "bin" / "airflow-wheels", VERSIONS[-1], path], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return path


def without_internet(tmp_path: Path, archive: Path) -> Path:
    """The requirements as the stack uploads them for workers without internet, the archive unpacked as MWAA does."""
    plugins = tmp_path / "plugins"
    with zipfile.ZipFile(archive) as packed:
        packed.extractall(plugins)
    requirements = uploaded(tmp_path, VERSIONS[-1])
    requirements.write_text(f"--find-links {plugins}\n--no-index\n{requirements.read_text()}")
    return requirements


def test_workers_without_internet_install_from_the_archives_wheels(tmp_path, archive):
    requirements = without_internet(tmp_path, archive)
    said = install(VERSIONS[-1], requirements, "--ignore-installed", PIP_FIND_LINKS="")
    assert re.search(r"^Would install .*\bFaker-", said, re.MULTILINE | re.IGNORECASE)


def test_an_archive_without_a_wheel_fails_with_pips_message(tmp_path, archive):
    requirements = without_internet(tmp_path, archive)
    for wheel in (tmp_path / "plugins").glob("[Ff]aker*"):
        wheel.unlink()
    with pytest.raises(pytest.fail.Exception, match="No matching distribution found for Faker"):
        install(VERSIONS[-1], requirements, "--ignore-installed", PIP_FIND_LINKS="")


def test_wheels_of_an_unknown_version_are_refused(tmp_path):
    done = subprocess.run(
        [ROOT / "bin" / "airflow-wheels", "2.9.9", tmp_path / "plugins.zip"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 64
    assert f"give an Airflow version that airflow/mwaa has: {VERSIONS[0]}" in done.stderr
