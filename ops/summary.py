"""What a reviewer reads of a plan: counts, then the dangerous, then the rest.

Addresses and names, never values.
"""

from collections.abc import Iterator, Mapping, Sequence

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
    number = {action: sum(each.action == action for each in changes) for action in _HEADINGS}
    parts = [
        f"{number['create']} to create",
        f"{number['update']} to change",
        f"{number['replace']} to replace",
        f"{number['delete']} to delete",
    ]
    if number["forget"]:
        parts.append(f"{number['forget']} to drop from the state")
    if imported := sum(each.imported for each in changes):
        parts.append(f"{imported} to import")
    return ", ".join(parts)


def text(
    stack: str,
    changes: list[Change],
    drift: list[Change],
    outputs: list[str],
    suppressed: Sequence[Mapping[str, str]] = (),
    consequences: Sequence[Consequence] = (),
) -> str:
    """The summary for a terminal.

    suppressed: what breaks a rule knowingly, as synth lists it.
    """
    lines = [f"Plan for {stack}: {counts(changes) if changes else 'no changes'}"]
    if dangerous := [each for each in changes if each.loses_data]:
        lines += ["", "!!! DATA AT RISK: protected resources would be replaced or deleted !!!"]
        lines += [f"  !!! {each.action:<8} {each.address}{_forcing(each)}" for each in dangerous]
    for heading, items in [*consequences, *_sections(changes, drift, outputs, suppressed, "")]:
        lines += ["", heading, *(f"  {each}" for each in items)]
    return "\n".join(lines) + "\n"


def markdown(
    stack: str,
    changes: list[Change],
    drift: list[Change],
    outputs: list[str],
    suppressed: Sequence[Mapping[str, str]] = (),
    consequences: Sequence[Consequence] = (),
) -> str:
    """The summary for a pull request, in order of importance: where it is too long, its end is cut."""
    lines = [f"### Terraform plan: `{stack}`", "", f"**{counts(changes) if changes else 'No changes'}**", ""]
    if dangerous := [each for each in changes if each.loses_data]:
        lines += ["> [!CAUTION]", "> **Data at risk**: protected resources would be replaced or deleted."]
        lines += [f"> - **{each.action}** `{each.address}`{_forcing(each)}" for each in dangerous]
        lines.append("")
    for heading, items in consequences:
        lines += [f"**{heading}**", *([""] if items else []), *(f"- {each}" for each in items), ""]
    for heading, items in _sections(changes, drift, outputs, suppressed, "`"):
        opened = "" if heading.startswith(_HEADINGS["create"]) else " open"
        folded = [
            f"<details{opened}><summary>{heading}</summary>",
            "",
            *(f"- {each}" for each in items),
            "",
            "</details>",
        ]
        lines += [*(folded if items else [heading]), ""]
    return "\n".join(lines).rstrip() + "\n"


def _sections(
    changes: list[Change],
    drift: list[Change],
    outputs: list[str],
    suppressed: Sequence[Mapping[str, str]],
    quote: str,
) -> Iterator[Consequence]:
    groups = [(heading, [each for each in changes if each.action == action]) for action, heading in _HEADINGS.items()]
    groups.append(("Imported as they are", [each for each in changes if each.imported and each.action == "none"]))
    for heading, group in groups:
        if group:
            yield f"{heading} ({len(group)})", [f"{quote}{each.address}{quote}{_names(each, quote)}" for each in group]
    if drift:
        happened = [f"{quote}{each.address}{quote}: {_happened(each, quote)}" for each in drift]
        yield f"Changed outside Terraform since the last apply ({len(drift)})", happened
    if outputs:
        yield f"Outputs that change: {', '.join(f'{quote}{name}{quote}' for name in outputs)}", []
    if suppressed:
        yield (
            f"Rules that are suppressed ({len(suppressed)})",
            [
                f"{quote}{each['resource']}{quote}: {each['rule']}, until {each['expires']}: {each['reason']}"
                for each in suppressed
            ],
        )


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
