"""bin/synth: what the trimmed bindings of the AWS provider give, and what becomes of a jar that can't be trimmed."""

import hashlib
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = "com/hashicorp/cdktf/providers/aws/"


def trim(folder: Path, provider: Path) -> tuple[list[str], str]:
    """Trims this jar for a source that imports S3 buckets; the resulting class path, and what was said."""
    sources = folder / "sources"
    sources.mkdir()
    (sources / "Bucket.java").write_text("import com.hashicorp.cdktf.providers.aws.s3_bucket.S3Bucket;\n")
    classpath, trimmed = folder / "classpath", folder / "out" / "libraries"
    trimmed.parent.mkdir()
    classpath.write_text(f"other.jar{os.pathsep}{provider}")
    command = [sys.executable, ROOT / "bin" / "trim-provider", classpath, trimmed, sources, folder / "jsii"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return trimmed.read_text().split(os.pathsep), done.stderr


def test_the_trimmed_bindings_give_the_output_of_the_whole(tmp_path: Path) -> None:
    """The Java tests compare the snapshot with what the whole bindings give."""
    command = [ROOT / "bin" / "synth", "--out", tmp_path, "--stack", "driven-data"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "takes longer" not in done.stdout + done.stderr
    synthesised = (tmp_path / "stacks" / "driven-data" / "cdk.tf.json").read_bytes()
    assert synthesised == (ROOT / "main.tf.json.snapshot").read_bytes()


def test_a_stamp_that_was_cut_off_counts_as_none(tmp_path: Path) -> None:
    """a full disk, or a machine that went off"""
    name = hashlib.sha256(str(tmp_path).encode()).hexdigest()[:12]
    (ROOT / "build" / "synth" / f"{name}.stamp").write_text('{"inputs":')
    command = [ROOT / "bin" / "synth", "--out", tmp_path, "--stack", "driven-data"]
    for said in ("synth: driven-data", "synth: unchanged"):
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        assert said in done.stdout


def test_what_a_library_prints_does_not_come_between_the_messages_of_jsii() -> None:
    subprocess.run([ROOT / "bin" / "synth"], check=True, capture_output=True)
    kernel = json.dumps(str(ROOT / "bin" / "jsii-runtime.js"))
    script = f"process.on('exit', () => console.log('printed')); require({kernel})"
    done = subprocess.run(["node", "-e", script], input='{"exit": 0}\n', capture_output=True, text=True, check=True)
    assert list(json.loads(done.stdout)) == ["hello"]
    assert done.stderr == "printed\n"


def test_only_imported_modules_are_kept(tmp_path: Path) -> None:
    subprocess.run([ROOT / "bin" / "synth"], check=True, capture_output=True)
    libraries = (ROOT / "build" / "synth" / "classpath").read_text().split(os.pathsep)
    (whole,) = (Path(each) for each in libraries if "cdktf-provider-aws" in each)
    (_, trimmed), said = trim(tmp_path, whole)
    assert said == ""
    assert trimmed == str(tmp_path / "out" / whole.name)
    names = zipfile.ZipFile(trimmed).namelist()
    packages = {name.removeprefix(PACKAGES).split("/")[0] for name in names if name.count("/") > PACKAGES.count("/")}
    assert packages == {"s3_bucket"}


def test_a_jar_that_is_not_as_expected_is_used_whole(tmp_path: Path) -> None:
    odd = tmp_path / "cdktf-provider-aws-99.jar"
    with zipfile.ZipFile(odd, "w") as jar:
        jar.writestr(f"{PACKAGES}provider-aws@99.jsii.tgz", b"no archive")
    libraries, said = trim(tmp_path, odd)
    assert libraries == ["other.jar", str(odd)]
    assert said.startswith("synth: all of cdktf-provider-aws-99.jar is loaded, which takes longer: ")
