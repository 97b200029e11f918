"""What a reviewer reads of a plan: counts, then the dangerous, then the rest.

Addresses and names, never values.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ops.changes import Change

# A comment on a pull request holds 65,536 characters at most.
COMMENT_LIMIT = 60_000

# What the changes mean beyond the resources, such as cost: a heading, and the items below it.
Consequence = tuple[str, list[str]]

_ORDER = ("replace", "delete", "forget", "update", "create")
_HEADINGS = {
    "replace": "Replaced",
    "delete": "Deleted",
    "forget": "Dropped from the state",
    "update": "Changed",
    "create": "Created",
}


def counts(changes: list[Change]) -> str:
    """One line: '2 to create, 1 to change, 0 to replace, 0 to delete'; imports where there are some."""
    number = {action: sum(each.action == action for each in changes) for action in _ORDER}
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
    if dangerous := _dangerous(changes):
        lines += ["", "!!! DATA AT RISK: protected resources would be replaced or deleted !!!"]
        lines += [f"  !!! {each.action:<8} {each.address}{_forcing(each)}" for each in dangerous]
    for heading, items in consequences:
        lines += ["", heading, *(f"  {each}" for each in items)]
    for heading, group in _groups(changes):
        lines += ["", f"{heading} ({len(group)})"]
        lines += [f"  {each.address}{_names(each)}" for each in group]
    if drift:
        lines += ["", f"Changed outside Terraform since the last apply ({len(drift)})"]
        lines += [f"  {each.address}: {_happened(each)}" for each in drift]
    if outputs:
        lines += ["", f"Outputs that change: {', '.join(outputs)}"]
    if suppressed:
        lines += ["", f"Rules that are suppressed ({len(suppressed)})"]
        lines += [
            f"  {each['resource']}: {each['rule']}, until {each['expires']}: {each['reason']}" for each in suppressed
        ]
    return "\n".join(lines) + "\n"


def markdown(
    stack: str,
    changes: list[Change],
    drift: list[Change],
    outputs: list[str],
    suppressed: Sequence[Mapping[str, str]] = (),
    consequences: Sequence[Consequence] = (),
    limit: int = COMMENT_LIMIT,
) -> str:
    """The summary for a pull request, cut at ``limit`` characters.

    The long lists go first, the dangers never.
    """
    head = [f"### Terraform plan: `{stack}`", "", f"**{counts(changes) if changes else 'No changes'}**", ""]
    if dangerous := _dangerous(changes):
        head += ["> [!CAUTION]", "> **Data at risk**: protected resources would be replaced or deleted."]
        head += [f"> - **{each.action}** `{each.address}`{_forcing(each)}" for each in dangerous]
        head.append("")
    sections = [
        [f"**{heading}**", *([""] if items else []), *(f"- {each}" for each in items), ""]
        for heading, items in consequences
    ]
    sections += [_section(heading, [_item(each) for each in group]) for heading, group in _groups(changes)]
    if drift:
        items = [f"- `{each.address}`: {_happened(each, '`')}" for each in drift]
        sections.append(_section("Changed outside Terraform since the last apply", items))
    if outputs:
        sections.append([f"Outputs that change: {', '.join(f'`{name}`' for name in outputs)}", ""])
    if suppressed:
        items = [
            f"- `{each['resource']}`: {each['rule']}, until {each['expires']}: {each['reason']}" for each in suppressed
        ]
        sections.append(_section("Rules that are suppressed", items))
    return _cut(head, sections, limit)


def _cut(head: list[str], sections: list[list[str]], limit: int) -> str:
    """Sections are in order of importance: each takes what is left, and says what it had to leave out."""
    note = "… and {} more lines: see the plan's artefact or its job log."
    lines = list(head)
    # Each section may need its closing lines and one note besides its items.
    left = limit - len("\n".join(lines)) - len(sections) * (len(note) + 40)
    for section in sections:
        kept: list[str] = []
        for number, line in enumerate(section):
            left -= len(line) + 1
            if left < 0 and line.startswith("- "):
                items = [each for each in section[number:] if each.startswith("- ")]
                kept += [note.format(len(items)), *_ending(section)]
                break
            kept.append(line)
        lines += kept
    return "\n".join(lines).rstrip() + "\n"


def _ending(section: list[str]) -> list[str]:
    return ["", "</details>", ""] if "</details>" in section else [""]


def _section(heading: str, items: list[str]) -> list[str]:
    opened = " open" if heading != "Created" else ""
    title = f"<details{opened}><summary>{heading} ({len(items)})</summary>"
    return [title, "", *items, "", "</details>", ""]


def _groups(changes: list[Change]) -> list[tuple[str, list[Change]]]:
    groups = [(_HEADINGS[action], [each for each in changes if each.action == action]) for action in _ORDER]
    imported = [each for each in changes if each.imported and each.action == "none"]
    groups.append(("Imported as they are", imported))
    return [(heading, group) for heading, group in groups if group]


def _dangerous(changes: list[Change]) -> list[Change]:
    return [each for each in changes if each.loses_data]


def _item(change: Change) -> str:
    return f"- `{change.address}`{_names(change, '`')}"


def _names(change: Change, quote: str = "") -> str:
    imported = " (imported)" if change.imported else ""
    if not change.attributes:
        return f"{imported}{_forcing(change)}"
    names = ", ".join(f"{quote}{name}{quote}" for name in change.attributes)
    return f"{imported}: {names}{_forcing(change)}"


def _forcing(change: Change) -> str:
    return f" (replaced because of: {', '.join(change.forcing)})" if change.forcing else ""


def _happened(change: Change, quote: str = "") -> str:
    if change.action == "delete":
        return "deleted"
    return "changed: " + ", ".join(f"{quote}{name}{quote}" for name in change.attributes)
