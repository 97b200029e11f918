"""The record of a saved plan, by which an apply tells that it is the very plan that was reviewed."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class PlanRecord:
    """What is noted of a saved plan in record.json beside it, and checked before it is applied.

    stack_digest: the synthesised folder's hash; plan_digest: the plan file's hash; state_lineage,
    state_serial: the state that the plan was made against (empty and 0 when there was none).
    """

    stack: str
    stack_digest: str
    plan_digest: str
    state_lineage: str
    state_serial: int

    @classmethod
    def read(cls, path: Path) -> "PlanRecord":
        return cls(**json.loads(path.read_text(encoding="utf-8")))

    def write(self, path: Path) -> None:
        path.write_text(json.dumps(asdict(self), indent=2) + "\n", encoding="utf-8")


def file_digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def state_version(state: Mapping[str, Any]) -> tuple[str, int]:
    return state.get("lineage", ""), state.get("serial", 0)
