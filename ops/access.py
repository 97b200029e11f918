"""Which group of people may read what, by the policies that the stack is synthesised with: ``make access``.

The policies of groups hold Allow statements with StringLike conditions at most (src/main/java/.../access/Grants), so
reading them takes no more than IAM's patterns. Anything else in them is an error here rather than a wrong answer.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path
from typing import Any

from ops.errors import CommandError
from ops.project import ROOT, Stack

DOCS = ROOT / "docs" / "access.md"
BEGIN, END = "<!-- access: {stack} -->\n", "<!-- end of access -->"
NOTHING = "-"
_PREFIX = "group_"
_CATALOG_ACTIONS = ("glue:GetTable", "glue:GetPartitions")
_EXPRESSION = re.compile(r"\$\{(data\.)?(\w+)\.(\w+)\.(\w+)}")
# What only AWS knows before an apply; the policies and what they are asked about get the same.
_UNKNOWN = {"partition": "aws", "account_id": "123456789012"}


@dataclass(frozen=True)
class Cell:
    """What a group may do with a table."""

    query: bool
    get: bool
    catalog: bool

    def __str__(self) -> str:
        shown = [name for name, allowed in zip(("query", "GET", "catalog"), self._parts, strict=True) if allowed]
        return ", ".join(shown) or NOTHING

    @property
    def _parts(self) -> tuple[bool, bool, bool]:
        return self.query, self.get, self.catalog


class Access:
    """The groups of a synthesised stack, asked one by one."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._document = document
        self._resources = document["resource"]

    @cached_property
    def groups(self) -> dict[str, list[dict[str, Any]]]:
        """Each group's statements."""
        texts = {
            name.removeprefix(_PREFIX): each["policy"]
            for kind in ("aws_iam_role_policy", "aws_iam_policy")
            for name, each in self._resources.get(kind, {}).items()
            if name.startswith(_PREFIX) and name != f"{_PREFIX}boundary"
        }
        return {name: json.loads(self._literal(text))["Statement"] for name, text in sorted(texts.items())}

    @cached_property
    def tables(self) -> dict[str, str]:
        """Where each table's files lie: bucket and prefix. A view has none of its own."""
        tables = self._resources.get("aws_glue_catalog_table", {})
        return {
            name: self._literal(each["storage_descriptor"].get("location", "")).removeprefix("s3://")
            for name, each in tables.items()
        }

    def matrix(self) -> dict[str, dict[str, Cell]]:
        """By table, then by group."""
        return {table: {group: self.cell(group, table) for group in self.groups} for table in sorted(self.tables)}

    def cell(self, group: str, table: str) -> Cell:
        # What a view reads: the table that it is named after.
        place = self.tables[table] or self.tables[table.removesuffix("_typed")]
        get = self._allows(group, "s3:GetObject", f"arn:aws:s3:::{place}run_date=2024-09-15/part-00000.parquet")
        listing = self._allows(
            group, "s3:ListBucket", f"arn:aws:s3:::{place.split('/')[0]}", prefix=place.partition("/")[2]
        )
        read = [table] if self.tables[table] else [table, table.removesuffix("_typed")]
        catalog = all(
            self._allows(group, action, self._arn("glue", kind))
            for action in _CATALOG_ACTIONS
            for kind in ("catalog", f"database/{self._database}", *(f"table/{self._database}/{each}" for each in read))
        )
        return Cell(catalog and get and listing and self._runs(group), get, catalog)

    def others_results(self, group: str) -> list[str]:
        """The groups whose query results this one could read, by S3 or by Athena."""
        return [
            other
            for other in self.groups
            if other != group
            and (
                self._allows(group, "s3:GetObject", f"arn:aws:s3:::{self._results(other)}1.csv")
                or self._allows(
                    group, "athena:GetQueryResults", self._arn("athena", f"workgroup/{self._workgroup(other)}")
                )
            )
        ]

    def _runs(self, group: str) -> bool:
        """Whether its queries run: they start, look up their database, keep their results and show them."""
        workgroup = self._arn("athena", f"workgroup/{self._workgroup(group)}")
        results = self._results(group)
        return (
            all(
                self._allows(group, f"athena:{action}", workgroup)
                for action in ("StartQueryExecution", "GetQueryResults")
            )
            and all(
                self._allows(group, "glue:GetDatabase", self._arn("glue", each))
                for each in ("catalog", "database/default", f"database/{self._database}")
            )
            and all(
                self._allows(group, action, f"arn:aws:s3:::{results}1.csv")
                for action in ("s3:GetObject", "s3:PutObject")
            )
            and self._allows(group, "s3:GetBucketLocation", f"arn:aws:s3:::{results.split('/')[0]}")
        )

    def _allows(self, group: str, action: str, arn: str, **asked: str) -> bool:
        return any(
            any(_matches(pattern.lower(), action.lower()) for pattern in statement["Action"])
            and any(_matches(pattern, arn) for pattern in statement["Resource"])
            and all(
                any(_matches(pattern, asked.get(key.removeprefix("s3:"), "")) for pattern in patterns)
                for key, patterns in _conditions(group, statement)
            )
            for statement in self.groups[group]
        )

    @property
    def _database(self) -> str:
        return self._resources["aws_glue_catalog_database"]["database"]["name"]

    def _workgroup(self, group: str) -> str:
        return self._resources["aws_athena_workgroup"][_PREFIX + group]["name"]

    def _results(self, group: str) -> str:
        """Bucket and prefix."""
        configured = self._resources["aws_athena_workgroup"][_PREFIX + group]["configuration"]
        return self._literal(configured["result_configuration"]["output_location"]).removeprefix("s3://")

    def _arn(self, service: str, resource: str) -> str:
        return f"arn:aws:{service}:{self._document['provider']['aws'][0]['region']}:123456789012:{resource}"

    def _literal(self, text: str) -> str:
        """The text with what its Terraform expressions stand for."""

        def value(found: re.Match[str]) -> str:
            data, kind, name, attribute = found.groups()
            if data:
                return _UNKNOWN[attribute]
            return self._resources[kind][name][attribute]

        return _EXPRESSION.sub(value, text)


def _conditions(group: str, statement: dict[str, Any]) -> Iterator[tuple[str, list[str]]]:
    if statement["Effect"] != "Allow" or "NotAction" in statement or "NotResource" in statement:
        raise CommandError(f"{group}: {statement['Sid']}: only Allow is read here", "extend ops/access.py.")
    for operator, keys in statement.get("Condition", {}).items():
        if operator != "StringLike":
            raise CommandError(f"{group}: {statement['Sid']}: {operator} isn't read here", "extend ops/access.py.")
        yield from keys.items()


def _matches(pattern: str, text: str) -> bool:
    return fnmatchcase(text, pattern.replace("[", "[[]"))


def table(access: Access) -> str:
    """The matrix as a table in Markdown."""
    groups = list(access.groups)
    lines = [f"| table | {' | '.join(groups)} |", "|---" * (len(groups) + 1) + "|"]
    lines += [
        f"| `{name}` | {' | '.join(str(cells[group]) for group in groups)} |" for name, cells in access.matrix().items()
    ]
    others = [", ".join(access.others_results(group)) or NOTHING for group in groups]
    lines.append(f"| results of other groups | {' | '.join(others)} |")
    return "\n".join(lines) + "\n"


def renew(stack: Stack, docs: Path = DOCS) -> None:
    """Prints the stack's matrix, and puts it into the docs where they show this stack's."""
    rows = table(Access(stack.document))
    print(rows, end="")
    begin, text = BEGIN.format(stack=stack.name), docs.read_text()
    if begin in text:
        before, _, rest = text.partition(begin)
        docs.write_text(f"{before}{begin}\n{rows}\n{END}{rest.partition(END)[2]}")


def shown(stack: str, docs: Path = DOCS) -> str:
    """The table that the docs show of a stack."""
    return docs.read_text().partition(BEGIN.format(stack=stack))[2].partition(END)[0].strip() + "\n"


def anonymity(metrics: dict[str, Any]) -> list[str]:
    """One line for each masking profile, from the metrics of a day's masked table."""
    lines = []
    for profile, found in metrics.get("anonymity", {}).items():
        chosen = " (chosen)" if profile == metrics["profile"] else ""
        lines.append(
            f"{metrics['dataset']} {metrics['run_date']}, profile {profile}{chosen}: "
            f"k = {found['k']}, {found['alone']:,} of {found['rows']:,} rows alone"
        )
    return lines
