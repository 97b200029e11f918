"""Which calls of a day meet which fault.

Calls are of one kind when they differ only in the table, in a number or in how often they were made: the same code
makes them. A run with a fault costs seconds, and of a kind one call is like the other.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence

from .faults import Call, Fault

SOME = 40  # of so many kinds of calls that leave nothing, `make test` takes one
ENDS = (Fault.KILL_BEFORE, Fault.KILL_AFTER, Fault.EXPIRE)
Meeting = tuple[str, tuple[Call, ...], Fault]  # a step, and its calls that meet the fault in one run


def kind_of(call: Call, names: Sequence[str], numbers: bool = False) -> str:
    """names: the tables'; numbers: whether files of another number are of another kind."""
    what = re.sub("|".join(sorted(names, key=len, reverse=True)), "*", call.what)
    what = re.sub(r"data/scratch/\w+/", "data/scratch/*/", what)
    return what if numbers else re.sub(r"\d{5,}|(?<=partNumber=)\d+", "#", what)


def whole(calls: Mapping[str, Sequence[Call]], names: Sequence[str]) -> Iterator[Meeting]:
    """Every call that changes what a day leaves meets the ends (a kill before and after it, expired credentials): all
    three, or where three and more are of a kind, one each in turn, so that the kind meets all. Of the others, which
    change nothing or only a run's own scratch folder, one of each kind meets one. Throttling and delays meet all of the
    first and one of each other kind, in one run for each step."""
    counts = Counter(kind_of(call, names, numbers=True) for made in calls.values() for call in made if call.lasts)
    seen: Counter[str] = Counter()
    for step, made in calls.items():
        chosen = [call for call in made if call.lasts] + list(_first_of_each_kind(made, names))
        for fault in (Fault.THROTTLE, Fault.DELAY):
            yield step, tuple(chosen), fault
        for call in chosen:
            kind = kind_of(call, names, numbers=call.lasts)
            turn = seen[kind]
            seen[kind] += 1
            if call.lasts and counts[kind] < len(ENDS):
                yield from ((step, (call,), fault) for fault in ENDS)
            elif call.lasts:
                yield step, (call,), ENDS[turn % len(ENDS)]
            elif not turn:
                yield step, (call,), ENDS[len(seen) % len(ENDS)]


def short(calls: Mapping[str, Sequence[Call]], names: Sequence[str]) -> Iterator[Meeting]:
    """Of each kind that changes what a day leaves one call meets one fault, and of the other kinds some do.

    What a run goes on after, throttling and delays, a step's calls meet in one run.
    """
    found: dict[bool, dict[str, tuple[str, Call]]] = defaultdict(dict)
    for step, made in calls.items():
        for call in made:
            found[call.lasts].setdefault(kind_of(call, names), (step, call))
    others = list(found[False].values())[::SOME]
    together: dict[tuple[str, Fault], list[Call]] = defaultdict(list)
    for number, (step, call) in enumerate([*found[True].values(), *others]):
        fault = list(Fault)[number % len(Fault)]
        if fault in ENDS:
            yield step, (call,), fault
        else:
            together[step, fault].append(call)
    yield from ((step, tuple(calls), fault) for (step, fault), calls in together.items())


def _first_of_each_kind(calls: Sequence[Call], names: Sequence[str]) -> Iterator[Call]:
    first: dict[str, Call] = {}
    for call in calls:
        if not call.lasts:
            first.setdefault(kind_of(call, names), call)
    yield from first.values()
