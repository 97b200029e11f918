"""Shell that only Linux understands is named by ``make lint``; ours is free of it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from ops.project import ROOT

BAD = {
    "flock 9": "flock(1) is Linux's",
    "exec 9>x; flock -n 9 || exit": "flock(1) is Linux's",
    "if timeout 5 make; then": "macOS has no such command",
    "declare -A seen": "no such kind of variable",
    "local -n list=$1": "no such kind of variable",
    "mapfile -t lines < file": "no such command",
    'echo "${name,,}"': "no such expansion",
    'echo "${name^}"': "no such expansion",
    'echo "${list[-1]}"': "doesn't count from the end",
    "make &>>log": "no such operator",
    "readlink -f x": "BSD's readlink",
    "sed -i s/a/b/ x": "BSD's sed -i",
    "sed -r s/a/b/ x": "no -r",
    "date -d yesterday": "BSD's date",
    "date +%s%N": "BSD's date",
    "stat -c %s x": "BSD's stat",
    "git ls-files | grep -oP 'a\\K'": "no -P",
    "git ls-files | xargs -r rm": "xargs",
    "cp --parents a b": "long options",
    "mktemp -p .": "no such option",
}
GOOD = """\
declare -a rows
local files=(a "$1".xml) ok
python3 -c 'import fcntl; fcntl.flock(9, fcntl.LOCK_EX)'
printf '%s\\n' "${rows[@]}" "${name:-x}" "${1#./}" "${@:2}"
sed -n '$d' "$log" && sed -E 's/a/b/' x && sed -i '' s/a/b/ x
date +%s; date -u; grep -hE 'SKIPPED' x || true
terraform plan --out x; npm ci --ignore-scripts
stat -c %s x  # portable: runs on Linux alone
"""


def check(*files: Path) -> subprocess.CompletedProcess[str]:
    command = [ROOT / "bin" / "portable-shell", *files]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("line", BAD)
def test_names_the_line_and_what_to_write_instead(tmp_path: Path, line: str) -> None:
    script = tmp_path / "script"
    script.write_text(f"#!/usr/bin/env bash\n{line}\n")
    done = check(script)
    assert done.returncode == 1
    assert f"{script}:2: " in done.stdout
    assert BAD[line] in done.stdout
    assert line in done.stdout


def test_lets_portable_lines_pass(tmp_path: Path) -> None:
    script = tmp_path / "script"
    script.write_text(GOOD)
    assert check(script).stdout == ""


def test_looks_into_a_makefiles_recipes_only(tmp_path: Path) -> None:
    makefile = tmp_path / "Makefile"
    makefile.write_text("X := $(shell flock x)\nx:\n\t@flock 9\n\t@echo $${name,,}\n")
    found = check(makefile).stdout
    assert ":1:" not in found
    assert ":3:" in found
    assert ":4:" in found
