"""What an interrupted apply has created without recording it: the next plan takes it over.

Told to stop, Terraform cancels the requests that are on their way. AWS may have carried them out all the same; the
resources exist then and the state doesn't know. A new plan would create them once more, and fail with "already exists".

So an apply leaves a mark before Terraform starts, in the state's bucket beside the state, where any machine finds it:
the addresses that it creates, and under which ids AWS had something of their names or tags at that moment. The mark is
dropped when Terraform has ended by itself, well or with an error, and stays when Terraform was told to stop, or when we
were killed. The plan after it looks for what the mark names and the state lacks. What existed before that apply is
never taken over, nor what an apply failed on: somebody else has made it. For that there is ``import``.
"""

import getpass
import socket
import sys
import uuid
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from ops import changes, imports
from ops.diagnose import TerraformError
from ops.errors import CommandError
from ops.state_bucket import StateObject
from ops.terraform import Terraform

SUFFIX = ".interrupted"
Addresses = frozenset[str]


@dataclass(frozen=True)
class Apply:
    """An apply that hasn't ended by itself.

    existed: of the addresses that it creates, the ids of what was there before; None when that couldn't be told.
    """

    id: str
    who: str
    began: str
    creating: list[str]
    existed: dict[str, list[str]] | None


@dataclass(frozen=True)
class Begun:
    """This machine's apply, for ``end``. former: the interrupted ones that its plan has taken over."""

    mark: StateObject
    ids: Addresses
    former: Addresses


def begin(terraform: Terraform, plan: dict[str, Any], state: dict[str, Any]) -> Begun:
    """Marks that an apply begins. Raises CommandError when the mark can't be written: nothing is applied then.

    plan, state: their JSON. Marked is what the plan creates, and what it replaces: what is there of that is ours. Not
    marked is what it creates although the state has it: it was deleted by hand, and Terraform can't say whether
    somebody has made another one since.
    """
    mark = StateObject(terraform.stack, SUFFIX)
    former = frozenset(each.id for each in _applies(mark.read()))
    planned = changes.planned(plan)
    creating = frozenset(each.address for each in planned if each.action == "create") - recorded(state)
    replacing = frozenset(each.address for each in planned if each.action == "replace")
    if not creating | replacing:
        return Begun(mark, frozenset(), former)
    who = f"{getpass.getuser()}@{socket.gethostname()}"
    began = datetime.now(UTC).isoformat(timespec="seconds")
    own = Apply(uuid.uuid4().hex, who, began, sorted(creating | replacing), _existing(terraform, plan, creating))
    mark.change(lambda document: _document([*_applies(document), own]))
    return Begun(mark, frozenset({own.id}), former)


def end(begun: Begun, *, well: bool) -> None:
    """Terraform has ended by itself. well: without an error, so that what former applies left is finished too.

    A mark that can't be dropped does no harm: the next plan looks once more. It is told and fails nothing.
    """
    ended = begun.ids | (begun.former if well else frozenset())
    if not ended:
        return
    try:
        begun.mark.change(lambda document: _document([each for each in _applies(document) if each.id not in ended]))
    except CommandError as error:
        print(f"Note: the mark of this apply stays: {error.what} The next plan looks once more.", file=sys.stderr)


def take_over(terraform: Terraform) -> None:
    """Writes import blocks for what interrupted applies have created and the state lacks."""
    stack = terraform.stack
    applies = _applies(StateObject(stack, SUFFIX).read())
    if not applies:
        return
    left = recorded(terraform.state())
    open_ = [each for each in applies if set(each.creating) - left]
    for each in open_:
        print(f"An apply of '{stack.name}' by {each.who}, begun {each.began}, hasn't ended by itself.")
        if each.existed is None:
            print(f"  What was there before it isn't known: 'make import STACK={stack.name}' finds what it has made.")
    apart = _apart([each for each in open_ if each.existed is not None], left)
    if not apart:
        return
    print("Looking for what it has created without recording it:")
    known = imports.blocks(stack)
    found = imports.find_existing(terraform, known, only=frozenset(apart), apart=apart)
    for address in sorted(found.keys() - known.keys()):
        print(f"  {address}  <-  {found[address]}")


def forget(terraform: Terraform, *, drop: bool) -> None:
    """When nothing is left to destroy: names what interrupted applies may have left on AWS, and drops their marks."""
    mark = StateObject(terraform.stack, SUFFIX)
    applies = _applies(mark.read())
    if not applies:
        return
    names = ", ".join(sorted({address for each in applies for address in each.creating}))
    print(f"Note: an apply was interrupted before. Of these it may have made some that the state didn't know: {names}.")
    print("  They aren't destroyed then: look for them in the account and delete them by hand.")
    if drop:
        mark.change(lambda _: _document([]))


def recorded(state: dict[str, Any]) -> Addresses:
    """The addresses that the state holds."""
    return frozenset(
        f"{each['type']}.{each['name']}" for each in state.get("resources", []) if each["mode"] == "managed"
    )


def _apart(applies: list[Apply], left: Addresses) -> dict[str, frozenset[str]]:
    """Each address to look for, with the ids that aren't ours: of several applies any one may have made it."""
    apart: dict[str, frozenset[str]] = {}
    for each in applies:
        for address in set(each.creating) - left:
            existed = frozenset((each.existed or {}).get(address, ()))
            apart[address] = apart.get(address, existed) & existed
    return apart


def _existing(terraform: Terraform, plan: dict[str, Any], creating: Addresses) -> dict[str, list[str]] | None:
    if creating:
        print(f"Noting which of the {len(creating)} new resources are there already …", flush=True)
    try:
        found = imports.existing(terraform, plan, creating) if creating else {}
    except TerraformError as error:
        stack = terraform.stack.name
        print(
            f"Note: can't tell what of the new resources is there already: {error.what} Should this apply be "
            f"interrupted, 'make import STACK={stack}' finds what it has made."
        )
        return None
    return {address: sorted(ids) for address, ids in sorted(found.items())}


def _applies(document: Any) -> list[Apply]:
    return [Apply(**each) for each in (document or {}).get("applies", [])]


def _document(applies: list[Apply]) -> dict[str, Any]:
    return {"applies": [asdict(each) for each in applies]}
