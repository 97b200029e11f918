"""``drift``: compares what AWS has with what the state says; reads only and takes no lock."""

import sys

from ops import changes
from ops.changes import Change
from ops.errors import CommandError
from ops.project import Stack
from ops.terraform import Interrupted, Terraform

# Types that show what resources of their own manage, by the start of those resources' types.
_SHOWS = {
    "aws_s3_bucket": "aws_s3_bucket_",
    "aws_iam_role": "aws_iam_role_policy",
    "aws_route_table": "aws_route",
}

EXIT_NONE, EXIT_UNKNOWN, EXIT_DRIFT = 0, 1, 2


def drift(stack: Stack) -> int:
    """Prints the drift of one deployment and writes it under build/drift/<stack>; returns 0 (none) or 2.

    It reads a normal plan rather than a refresh-only one. Both refresh every resource and report the same
    differences to the state, and the normal plan tells besides what the next apply would do about them: what
    differs from the state but isn't repaired by an apply (a rule added by hand to a security group) is
    marked.
    """
    terraform = Terraform(stack)
    terraform.init(quiet=True)
    if not terraform.state().get("resources"):
        raise CommandError(
            f"'{stack.name}' has no resources in its state: there is nothing to compare.",
            f"apply it first (make plan STACK={stack.name}, make apply), or check state.bucket and state.key.",
        )
    directory = stack.project.build_dir / "drift" / stack.name
    directory.mkdir(parents=True, exist_ok=True)
    with terraform.planned("-lock=false") as (_, document):
        found = changes.outside(document)
    repaired = {each.address for each in changes.planned(document)}
    pending = sorted(repaired - {each.address for each in found})
    (directory / "drift.md").write_text(_markdown(stack.name, found, repaired, pending), encoding="utf-8")
    print(_text(stack.name, found, repaired, pending), end="")
    return EXIT_DRIFT if found else EXIT_NONE


def drift_all(stacks: list[Stack]) -> int:
    """Checks each deployment; 1 when one couldn't be told, else 2 when one has drifted, else 0."""
    codes = set()
    for stack in stacks:
        try:
            codes.add(drift(stack))
        except Interrupted:
            raise
        except CommandError as error:
            print(f"{stack.name}: could not tell.\n{error}", file=sys.stderr)
            codes.add(EXIT_UNKNOWN)
    return next((code for code in (EXIT_UNKNOWN, EXIT_DRIFT) if code in codes), EXIT_NONE)


def _rows(found: list[Change], repaired: set[str]) -> list[tuple[str, str, str, str]]:
    """Address, attribute, kind, what the next apply does: one row for each attribute."""
    return [
        (
            each.address,
            attribute,
            "deleted" if each.action == "delete" else "changed",
            _next(each, found, repaired),
        )
        for each in found
        for attribute in each.attributes or ("-",)
    ]


def _next(change: Change, found: list[Change], repaired: set[str]) -> str:
    """What the next apply does about it. A bucket's or role's own view follows the setting that it shows."""
    if change.address in repaired:
        return "restores it"
    settings = _SHOWS.get(change.type)
    for each in found:
        if settings and each.type.startswith(settings) and each.address in repaired:
            return f"restores it by {each.address}"
    return "leaves it: undo by hand"


def _text(stack: str, found: list[Change], repaired: set[str], pending: list[str]) -> str:
    lines = [f"Drift of {stack}: {f'{len(found)} resource(s)' if found else 'none'}"]
    rows = [("address", "attribute", "kind", "next apply"), *_rows(found, repaired)]
    if found:
        widths = [max(len(row[column]) for row in rows) for column in range(4)]
        padded = ([cell.ljust(width) for cell, width in zip(row, widths, strict=True)] for row in rows)
        lines += ["  " + "  ".join(row).rstrip() for row in padded]
    if pending:
        lines.append(f"Not drift, but not applied yet: {', '.join(pending)}")
    return "\n".join(lines) + "\n"


def _markdown(stack: str, found: list[Change], repaired: set[str], pending: list[str]) -> str:
    lines = [f"### Drift: `{stack}`", "", f"**{f'{len(found)} resource(s)' if found else 'None'}**", ""]
    if found:
        lines += ["| Address | Attribute | Kind | Next apply |", "|---|---|---|---|"]
        lines += [f"| `{row[0]}` | `{row[1]}` | {row[2]} | {row[3]} |" for row in _rows(found, repaired)]
        lines.append("")
    if pending:
        lines.append(f"Not drift, but not applied yet: {len(pending)} resource(s); see `make plan STACK={stack}`.\n")
    return "\n".join(lines)
