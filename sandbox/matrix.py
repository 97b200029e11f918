"""Which group of people may read what, tried: each group's identity asks for each table, and for others' results.

``make sandbox`` tries it at its end, ``make permissions`` shows what the last run found, and ``make access`` puts it
into docs/access.md.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from ops.athena import Athena
from ops.errors import CommandError
from sandbox import aws
from sandbox.lifecycle import Service
from sandbox.settings import ACCOUNT_ID, ROOT

DOCS = ROOT / "docs" / "access.md"
BEGIN, END = "<!-- access: {stack} -->\n", "<!-- end of access -->"
SECTION = "access"  # of the run's page
ALL, NOTHING = "all", "-"
OTHERS = "results of other groups"
_PREFIX = "group_"  # of the groups' resources in the stack


@dataclass(frozen=True)
class Matrix:
    """columns: the groups; rows: by table what each may do with it; untried: why a group isn't among them."""

    columns: list[str]
    rows: list[list[str]]
    untried: list[str]

    def markdown(self) -> str:
        lines = [f"| {' | '.join(['table', *self.columns])} |", f"|{'---|' * (len(self.columns) + 1)}"]
        lines += [f"| {row[0] if row[0] == OTHERS else f'`{row[0]}`'} | {' | '.join(row[1:])} |" for row in self.rows]
        return "\n".join(lines) + "\n"


class Tries:
    """The tries of a deployed stack's groups. document: the synthesised stack."""

    def __init__(self, service: Service, document: Mapping[str, Any]) -> None:
        self._service, self._resources = service, document["resource"]
        self._database = self._resources["aws_glue_catalog_database"]["database"]["name"]
        self._tables = {each["Name"]: each for each in aws.tables(service.client("glue"), self._database)}

    def matrix(self) -> Matrix:
        groups, untried = self.groups()
        with ThreadPoolExecutor(max(len(groups), 1)) as threads:
            results = dict(zip(groups, threads.map(lambda group: group.result(), groups.values()), strict=True))
            tables = list(zip(self._tables.values(), self._objects(), strict=True))
            cells = threads.map(lambda group: [group.cell(*each) for each in tables], groups.values())
            others = [
                ", ".join(other for other, result in results.items() if other != name and group.reads(result))
                for name, group in groups.items()
            ]
            rows = sorted([name, *row] for name, *row in zip(self._tables, *cells, strict=True))
        return Matrix(list(groups), [*rows, [OTHERS, *(each or NOTHING for each in others)]], untried)

    def groups(self) -> tuple[dict[str, "Group"], list[str]]:
        """The groups by name, and why others can't be tried."""
        groups, untried = {}, []
        for key, workgroup in sorted(self._resources.get("aws_athena_workgroup", {}).items()):
            name = key.removeprefix(_PREFIX)
            role = self._resources["aws_iam_role"].get(key)
            if name == key:
                continue
            if not role:
                untried.append(f"{name}: its policy is attached to a role that isn't the stack's")
                continue
            try:
                access = self._assume(role["name"])
            except ClientError as error:
                untried.append(f"{name}: {error.response['Error']['Message']}")
                continue
            groups[name] = Group(self._service, access, workgroup["name"], self._database)
        return groups, untried

    def _assume(self, role: str) -> aws.Access:
        arn = f"arn:aws:iam::{ACCOUNT_ID}:role/{role}"
        keys = self._service.client("sts").assume_role(RoleArn=arn, RoleSessionName="person")["Credentials"]
        return aws.Access(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])

    def _objects(self) -> Iterator[tuple[str, str]]:
        """Bucket and key of one of each table's files, or of one that could be; a view's are those of its table."""
        for name, table in self._tables.items():
            base = self._tables[name.removesuffix("_typed")] if table.get("TableType") == "VIRTUAL_VIEW" else table
            location = base["StorageDescriptor"]["Location"]
            bucket, prefix = aws.place_of(location)
            found = next(aws.objects(self._service.client("s3"), bucket, prefix), {"Key": f"{prefix}nothing"})
            yield bucket, found["Key"]


class Group:
    """One group's identity."""

    def __init__(self, service: Service, access: aws.Access, workgroup: str, database: str) -> None:
        self._glue, self.s3, self._athena = (service.client(name, access) for name in ("glue", "s3", "athena"))
        self._queries, self._database = Athena(partial(service.client, access=access), workgroup, database), database
        self.ask = self._queries.ask

    def cell(self, table: Mapping[str, Any], file: tuple[str, str]) -> str:
        """What the group may do with a table, of which this is a file."""
        name, (bucket, key) = table["Name"], file
        tried = {
            "query": lambda: self.ask(f'SELECT * FROM "{name}" LIMIT 1'),
            "GET": lambda: self.s3.get_object(Bucket=bucket, Key=key)["Body"].read(),
            "catalog": lambda: self._read_entry(name),
        }
        may = [what for what, ask in tried.items() if allowed(ask)]
        return ALL if len(may) == len(tried) else ", ".join(may) or NOTHING

    def result(self) -> tuple[str, str, str]:
        """A query's id, and the bucket and key of its result."""
        query = self.ask("SELECT 1").query
        return query, *self._queries.location(query)

    def reads(self, result: tuple[str, str, str]) -> bool:
        """Whether it can read another's result, by Athena or from S3."""
        query, bucket, key = result
        return allowed(lambda: self._athena.get_query_results(QueryExecutionId=query)) or allowed(
            lambda: self.s3.get_object(Bucket=bucket, Key=key)
        )

    def _read_entry(self, table: str) -> None:
        self._glue.get_table(DatabaseName=self._database, Name=table)
        self._glue.get_partitions(DatabaseName=self._database, TableName=table)


def allowed(ask: Callable[[], Any]) -> bool:
    """Whether it isn't refused; what fails in any other way is raised."""
    try:
        ask()
    except ClientError as error:
        if error.response["Error"]["Code"] in ("AccessDenied", "AccessDeniedException"):
            return False
        if error.response["Error"]["Code"] != "NoSuchKey":
            raise
    except CommandError as error:
        if "PERMISSION_DENIED" not in error.what:
            raise
        return False
    return True


def renew(stack: str, matrix: Matrix, docs: Path = DOCS) -> None:
    """Prints the matrix, and puts it into the docs where they show this stack's."""
    print(matrix.markdown(), end="")
    begin, text = BEGIN.format(stack=stack), docs.read_text()
    if begin in text:
        before, _, rest = text.partition(begin)
        docs.write_text(f"{before}{begin}\n{matrix.markdown()}\n{END}{rest.partition(END)[2]}")


def anonymity(metrics: Iterable[bytes]) -> list[str]:
    """What each masking profile reaches, by the metrics of a day's departments' tables."""
    lines = []
    for each in map(json.loads, metrics):
        for profile, found in each["anonymity"].items():
            chosen = " (chosen)" if profile == each["profile"] else ""
            lines.append(
                f"{each['dataset']} {each['run_date']}, profile {profile}{chosen}: "
                f"k = {found['k']}, {found['alone']:,} of {found['rows']:,} rows alone"
            )
    return lines
