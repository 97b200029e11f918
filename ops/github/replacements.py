"""Which protected resources a pull request may replace or delete: entries of config/replacements.toml.

The file is part of the pull request, so whoever approves it approves the entry. An entry counts for the pull request
that it names and for no other: what is left in the file allows nothing later.
"""

import os
import re
import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from ops.errors import CommandError
from ops.github.client import variable, write_output
from ops.project import ROOT, Project

FILE = "replacements.toml"
_ADDRESS = re.compile(r"[\w.\[\]\"-]+")
_HOW = f"see the head of config/{FILE}."


@dataclass(frozen=True)
class Replacement:
    deployment: str
    address: str
    pull_request: int
    because: str


def allow(stack: str, _project: Project) -> None:
    """Puts what PULL_REQUEST may replace in this deployment into ALLOW_REPLACE for the next steps."""
    give(stack, int(variable("PULL_REQUEST")))


def give(stack: str, pull_request: int) -> None:
    allowed = [each.address for each in entries() if each.deployment == stack and each.pull_request == pull_request]
    write_output("ALLOW_REPLACE", ",".join(allowed), "GITHUB_ENV")


def entries() -> list[Replacement]:
    """All entries. Raises CommandError at one that isn't whole. CONFIG_DIR names another folder than config."""
    path = Path(os.environ.get("CONFIG_DIR") or ROOT / "config") / FILE
    if not path.is_file():
        return []
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise CommandError(f"{path} isn't TOML: {error}.", _HOW) from None
    if unknown := sorted(set(document) - {"replacement"}):
        raise CommandError(f"{path}: unknown key {unknown[0]}; there is only [[replacement]].", _HOW)
    return [_entry(path, number, each) for number, each in enumerate(document.get("replacement", []), 1)]


def _entry(path: Path, number: int, given: dict[str, Any]) -> Replacement:
    place = f"{path}, replacement {number}"
    expected = {each.name for each in fields(Replacement)}
    if set(given) != expected:
        missing, unknown = sorted(expected - set(given)), sorted(set(given) - expected)
        told = [
            f"{what} {', '.join(names)}" for what, names in (("lacks", missing), ("doesn't know", unknown)) if names
        ]
        raise CommandError(f"{place} {' and '.join(told)}.", _HOW)
    if type(given["pull_request"]) is not int:
        raise CommandError(f"{place}: pull_request isn't a number: {given['pull_request']!r}.", _HOW)
    for name in ("deployment", "address", "because"):
        if not isinstance(given[name], str) or not given[name].strip():
            raise CommandError(f"{place}: {name} is empty or no text.", _HOW)
    if not _ADDRESS.fullmatch(given["address"]):
        raise CommandError(f"{place}: '{given['address']}' is no resource's address.", _HOW)
    return Replacement(**given)
