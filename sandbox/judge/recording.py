"""What was called in a run of the sandbox: who did which action on which resource, how often, under which policies.

Written to ``build/sandbox/calls.json``, which outlives the sandbox's service; ``make permissions`` reads it.
"""

import json
import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from sandbox.judge import engine
from sandbox.judge.engine import Caller, Need, Policy, Verdict
from sandbox.settings import ACCOUNT_ID

_Key = tuple[str, str, str, str, str]


@dataclass(frozen=True)
class Recorded:
    caller: Caller
    need: Need
    count: int

    def judged(self, policies: Sequence[Policy]) -> Verdict:
        """Judged once more, by these policies."""
        parts = self.need.resource.split(":")
        region = parts[3] if len(parts) > 3 else ""
        return engine.judge(self.caller, self.need, policies, region, ACCOUNT_ID)


class Recording:
    def __init__(self) -> None:
        self._counts: Counter[_Key] = Counter()
        self.roles: dict[str, list[Policy]] = {}
        self._saved = 0
        self._lock = threading.Lock()

    def note(self, caller: Caller, need: Need, count: int = 1) -> None:
        context = json.dumps(need.context, sort_keys=True) if need.context else ""
        with self._lock:
            self._counts[caller.arn, caller.role, need.action, need.resource, context] += count

    @property
    def total(self) -> int:
        return self._counts.total()

    def calls(self) -> Iterator[Recorded]:
        with self._lock:
            counted = sorted(self._counts.items())
        for (arn, role, action, resource, context), count in counted:
            yield Recorded(Caller(arn, role), Need(action, resource, json.loads(context or "{}")), count)

    def counts(self) -> dict[str, int]:
        """How often each caller called."""
        counts: Counter[str] = Counter()
        for each in self.calls():
            counts[each.caller.arn] += each.count
        return dict(sorted(counts.items()))

    @property
    def unsaved(self) -> bool:
        return self.total != self._saved

    def save(self, path: Path) -> None:
        self._saved = self.total
        unfinished = path.with_name(f"{path.name}.new")
        unfinished.parent.mkdir(parents=True, exist_ok=True)
        unfinished.write_text(self.text())
        unfinished.replace(path)

    def text(self) -> str:
        roles = {name: [asdict(each) for each in policies] for name, policies in sorted(self.roles.items())}
        lines = ",\n".join(
            json.dumps({"caller": each.caller.arn, "role": each.caller.role, **asdict(each.need), "count": each.count})
            for each in self.calls()
        )
        return f'{{"roles": {json.dumps(roles)},\n"calls": [\n{lines}\n]}}\n'

    @classmethod
    def read(cls, path: Path) -> "Recording":
        written = json.loads(path.read_text())
        recording = cls()
        for each in written["calls"]:
            need = Need(each["action"], each["resource"], each["context"])
            recording.note(Caller(each["caller"], each["role"]), need, each["count"])
        recording.roles = {name: [Policy(**each) for each in found] for name, found in written["roles"].items()}
        return recording

    def small(self) -> "Recording":
        """Of the roles' calls one of each kind, with the count of all: an action that the same statements allow."""
        kinds: dict[tuple[str, ...], tuple[Recorded, int]] = {}
        for each in self.of(self.roles):
            kind = (each.caller.arn, each.need.action, *each.judged(self.roles[each.caller.role]).allowing)
            first, count = kinds.get(kind, (each, 0))
            kinds[kind] = (first, count + each.count)
        recording = Recording()
        recording.roles = self.roles
        for first, count in kinds.values():
            recording.note(first.caller, first.need, count)
        return recording

    def of(self, roles: Iterable[str]) -> list[Recorded]:
        wanted = set(roles)
        return [each for each in self.calls() if each.caller.role in wanted]
