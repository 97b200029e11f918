"""A stand-in for GitHub: a ``gh`` command that keeps comments, issues and artefacts in a folder."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

_GH = """#!{python}
import json, pathlib, shutil, sys
home = pathlib.Path({home!r})
arguments = sys.argv[1:]
with (home / "calls.jsonl").open("a") as calls:
    calls.write(json.dumps(arguments) + "\\n")
if arguments[:2] == ["run", "download"]:
    name, target = (arguments[arguments.index(option) + 1] for option in ("--name", "--dir"))
    if not (home / name).is_dir():
        sys.exit("no artifact matches any of the names or patterns provided")
    shutil.copytree(home / name, target, dirs_exist_ok=True)
    sys.exit()
answers = json.loads((home / "answers.json").read_text())
if "--method" in arguments:
    method, path = arguments[2:4]
    payload = json.loads(pathlib.Path(arguments[-1]).read_text())
    with (home / "sent.jsonl").open("a") as sent:
        sent.write(json.dumps([method, path, payload]) + "\\n")
else:
    path = arguments[-1].split("?")[0]
    if path not in answers:
        sys.exit(f"HTTP 404: {{path}}")
    print(json.dumps([answers[path]] if "--slurp" in arguments else answers[path]))
"""


class GitHub:
    """answers: what reading each path gives; sent: the method, path and payload of each write."""

    def __init__(self, home: Path) -> None:
        self.home, self.bin = home, home / "bin"
        self.bin.mkdir(parents=True)
        command = self.bin / "gh"
        command.write_text(_GH.format(python=sys.executable, home=str(home)))
        command.chmod(0o755)
        self.answer({})

    def answer(self, answers: dict[str, Any]) -> None:
        (self.home / "answers.json").write_text(json.dumps(answers))
        (self.home / "sent.jsonl").write_text("")

    def sent(self) -> list[tuple[str, str, dict[str, Any]]]:
        return [tuple(json.loads(line)) for line in (self.home / "sent.jsonl").read_text().splitlines()]

    def environment(self) -> dict[str, str]:
        return {
            "PATH": f"{self.bin}:{os.environ['PATH']}",
            "GITHUB_REPOSITORY": "acme/platform",
            "GITHUB_SERVER_URL": "https://github.com",
            "GITHUB_RUN_ID": "42",
            "GITHUB_SHA": "c0ffee",
            "GH_TOKEN": "token",
        }
