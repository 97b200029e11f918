"""What a reviewer reads of a plan: counts, then the dangerous, then the rest.

Addresses and names, never values.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ops.changes import Change

# What the changes mean beyond the resources, such as cost: a heading, and the items below it.
Consequence = tuple[str, list[str]]

# By action, in order of importance.
_HEADINGS = {
    "replace": "Replaced",
    "delete": "Deleted",
    "forget": "Dropped from the state",
    "update": "Changed",
    "create": "Created",
}


def counts(changes: list[Change]) -> str:
    """One line: '2 to create, 1 to change, 0 to replace, 0 to delete'; imports where there are some."""
    number = Counter(each.action for each in changes)
    imported = sum(each.imported for each in changes)
    parts = [
        f"{number['create']} to create",
        f"{number['update']} to change",
        f"{number['replace']} to replace",
        f"{number['delete']} to delete",
        *([f"{number['forget']} to drop from the state"] if number["forget"] else []),
        *([f"{imported} to import"] if imported else []),
    ]
    return ", ".join(parts)


@dataclass(frozen=True)
class Summary:
    """drift, outputs: as ``changes`` reads them off a plan; suppressed: what breaks a rule knowingly, synth says."""

    stack: str
    changes: list[Change]
    drift: Sequence[Change] = ()
    outputs: Sequence[str] = ()
    suppressed: Sequence[Mapping[str, str]] = ()
    consequences: Sequence[Consequence] = ()

    def text(self) -> str:
        """For a terminal."""
        lines = [f"Plan for {self.stack}: {counts(self.changes) if self.changes else 'no changes'}"]
        if dangerous := [each for each in self.changes if each.loses_data]:
            lines += ["", "!!! DATA AT RISK: protected resources would be replaced or deleted !!!"]
            lines += [f"  !!! {each.action:<8} {each.address}{_forcing(each)}" for each in dangerous]
        for heading, items in [*self.consequences, *self._sections("")]:
            lines += ["", heading, *(f"  {each}" for each in items)]
        return "\n".join(lines) + "\n"

    def markdown(self) -> str:
        """For a pull request, in order of importance: where it is too long, its end is cut."""
        told = counts(self.changes) if self.changes else "No changes"
        lines = [f"### Terraform plan: `{self.stack}`", "", f"**{told}**", ""]
        if dangerous := [each for each in self.changes if each.loses_data]:
            lines += ["> [!CAUTION]", "> **Data at risk**: protected resources would be replaced or deleted."]
            lines += [f"> - **{each.action}** `{each.address}`{_forcing(each)}" for each in dangerous]
            lines.append("")
        for heading, items in self.consequences:
            lines += [f"**{heading}**", *([""] if items else []), *(f"- {each}" for each in items), ""]
        for heading, items in self._sections("`"):
            opened = "" if heading.startswith(_HEADINGS["create"]) else " open"
            listed = [f"<details{opened}><summary>{heading}</summary>", "", *(f"- {each}" for each in items), ""]
            lines += [*([*listed, "</details>"] if items else [heading]), ""]
        return "\n".join(lines).rstrip() + "\n"

    def _sections(self, quote: str) -> Iterator[Consequence]:
        groups = {
            heading: [each for each in self.changes if each.action == action] for action, heading in _HEADINGS.items()
        }
        groups["Imported as they are"] = [each for each in self.changes if each.imported and each.action == "none"]
        for heading, group in groups.items():
            if group:
                listed = [f"{quote}{each.address}{quote}{_names(each, quote)}" for each in group]
                yield f"{heading} ({len(group)})", listed
        if self.drift:
            happened = [f"{quote}{each.address}{quote}: {_happened(each, quote)}" for each in self.drift]
            yield f"Changed outside Terraform since the last apply ({len(self.drift)})", happened
        if self.outputs:
            yield f"Outputs that change: {', '.join(f'{quote}{name}{quote}' for name in self.outputs)}", []
        if self.suppressed:
            known = [
                f"{quote}{each['resource']}{quote}: {each['rule']}, until {each['expires']}: {each['reason']}"
                for each in self.suppressed
            ]
            yield f"Rules that are suppressed ({len(known)})", known


def _names(change: Change, quote: str) -> str:
    imported = " (imported)" if change.imported else ""
    names = ", ".join(f"{quote}{name}{quote}" for name in change.attributes)
    return f"{imported}{': ' if names else ''}{names}{_forcing(change)}"


def _forcing(change: Change) -> str:
    return f" (replaced because of: {', '.join(change.forcing)})" if change.forcing else ""


def _happened(change: Change, quote: str) -> str:
    if change.action == "delete":
        return "deleted"
    return "changed: " + ", ".join(f"{quote}{name}{quote}" for name in change.attributes)
