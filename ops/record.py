"""What ``plan`` notes of a saved plan, and ``apply`` checks before it touches anything."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class PlanRecord:
    """record.json, beside the plan.

    stack_digest: the synthesised folder's hash; plan_digest: the plan file's hash; state_lineage,
    state_serial: the state that the plan was made against (empty and 0 when there was none); changes: how
    many resources it changes.
    """

    stack: str
    stack_digest: str
    plan_digest: str
    state_lineage: str
    state_serial: int
    changes: int

    @classmethod
    def read(cls, path: Path) -> PlanRecord:
        return cls(**json.loads(path.read_text(encoding="utf-8")))

    def write(self, path: Path) -> None:
        path.write_text(json.dumps(asdict(self), indent=2) + "\n", encoding="utf-8")


def file_digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
