"""Which statements there are, and those that Athena has of Hive: SHOW, DESCRIBE and partitions, answered by Glue."""

import base64
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from sandbox import aws
from sandbox.athena import results
from sandbox.athena.errors import QueryError
from sandbox.glue import partitions
from sandbox.glue.partitions import Values
from sandbox.trino.server import CATALOG


@dataclass(frozen=True)
class Statement:
    """A statement read from its text: one for the engine, or with the command that a match calls for."""

    kind: str  # DML, DDL or UTILITY
    text: str
    command: "Command | None" = None
    match: re.Match[str] | None = None

    def run(self, database: str, glue: Any, s3: Any) -> "Answer":
        assert self.command and self.match
        return self.command(Context(database, glue, s3), self.match)


@dataclass
class Answer:
    rows: list[list[str | None]] = field(default_factory=list)
    columns: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True)
class Table:
    """A table of the catalogue. raw: Glue's own description."""

    database: str
    name: str
    raw: dict[str, Any]

    @property
    def location(self) -> str:
        return self.raw["StorageDescriptor"]["Location"].rstrip("/") + "/"

    @property
    def keys(self) -> list[str]:
        return [key["Name"] for key in self.raw.get("PartitionKeys") or []]

    @property
    def view(self) -> dict[str, Any] | None:
        """A view's definition: Presto's JSON, in base64 inside a comment; None when it is a table."""
        match = re.search(r"/\* Presto View: (\S+) \*/", self.raw.get("ViewOriginalText") or "")
        return json.loads(base64.b64decode(match[1])) if match else None

    def columns(self) -> list[tuple[str, str, str]]:
        """Name, type and comment of each column; the partition keys are the last."""
        if self.view:
            return [(each["name"], each["type"], "") for each in self.view["columns"]]
        given = [*self.raw["StorageDescriptor"]["Columns"], *(self.raw.get("PartitionKeys") or [])]
        return [(each["Name"], each["Type"], each.get("Comment") or "") for each in given]

    def folder(self, values: Values) -> str:
        """A partition's name, which is its folder too: ``run_date=2024-09-15``."""
        return "/".join(f"{key}={value}" for key, value in zip(self.keys, values, strict=True))


@dataclass(frozen=True)
class Context:
    """Where a command runs: the session's database, and Glue's and S3's clients."""

    database: str
    glue: Any
    s3: Any

    def table(self, text: str) -> Table:
        """The table of a name as written, with the quotes of either dialect."""
        parts = [part.strip('`"').lower() for part in re.findall(r'`[^`]+`|"[^"]+"|[^.\s]+', text)]
        database, name = (parts[-2] if len(parts) > 1 else self.database), parts[-1]
        try:
            return Table(database, name, self.glue.get_table(DatabaseName=database, Name=name)["Table"])
        except self.glue.exceptions.EntityNotFoundException:
            message = f"Table '{CATALOG}.{database}.{name}' does not exist"
            raise QueryError("TABLE_NOT_FOUND", message) from None

    def partitioned(self, text: str) -> Table:
        table = self.table(text)
        if not table.keys:
            what = f"Table {table.database}.{table.name} is not a partitioned table"
            raise QueryError("FAILED", f"SemanticException [Error 10241]: {what}")
        return table

    def partitions(self, table: Table) -> set[Values]:
        """The values of the registered partitions."""
        return set(partitions.registered(self.glue, table.database, table.name))

    def register(self, table: Table, wanted: dict[Values, str]) -> None:
        try:
            partitions.register(self.glue, table.database, table.raw, wanted)
        except partitions.Unregistered as error:
            raise QueryError("FAILED", f"SemanticException {error}") from None


def read(sql: str) -> Statement:
    """The statement in ``sql``. One that Athena has and the sandbox doesn't raises QueryError."""
    text = re.sub(r"\A(?:\s|--[^\n]*(?:\n|\Z)|/\*.*?\*/)*", "", sql, flags=re.S).rstrip().rstrip(";").rstrip()
    for kind, pattern, command in _COMMANDS:
        match = re.fullmatch(pattern, text, re.I | re.S)
        if match:
            return Statement(kind, text, command, match)
    for kind, pattern in _ENGINES_OWN:
        if re.match(pattern, text, re.I):
            return Statement(kind, text)
    if re.match(_REFUSED, text, re.I):
        what = " ".join(text.split()[:3])
        has = "it answers queries, views, partitions, SHOW and DESCRIBE; tables are made through Glue"
        raise QueryError("NOT_SUPPORTED", f"the sandbox's Athena has no {what} …: {has}")
    # Anything else but EXPLAIN is no statement of Athena's either: the engine says what is wrong with it.
    return Statement("UTILITY" if re.match(r"EXPLAIN\b", text, re.I) else "DML", text)


_NAME = r'(?P<name>(?:[`"]?[\w$-]+[`"]?\.)*[`"]?[\w$-]+[`"]?)'
_DATABASE = r'[`"]?(?P<database>[\w-]+)[`"]?'
_ENGINES_OWN = [
    ("DML", r"(SELECT|WITH|VALUES|TABLE)\b|\("),
    ("DDL", r"CREATE\s+(OR\s+REPLACE\s+)?VIEW\b|DROP\s+VIEW\b"),
]
_REFUSED = (
    r"(EXPLAIN\s+ANALYZE\s+(VERBOSE\s+)?)?"  # which runs what it explains
    r"(CREATE|INSERT|UNLOAD|DELETE|UPDATE|MERGE|DROP|ALTER|VACUUM|OPTIMIZE|USE|PREPARE|EXECUTE|DEALLOCATE|SHOW|ANALYZE"
    r"|GRANT|REVOKE|TRUNCATE|SET|RESET|CALL|COMMENT|DENY|START|COMMIT|ROLLBACK|REFRESH)\b"
)


Command = Callable[[Context, re.Match[str]], Answer]
_COMMANDS: list[tuple[str, str, Command]] = []


def command(kind: str, pattern: str) -> Callable[[Command], Command]:
    """Makes a function what answers a statement that the pattern is all of."""

    def added(answers: Command) -> Command:
        _COMMANDS.append((kind, pattern, answers))
        return answers

    return added


def _lines(name: str, values: list[str]) -> Answer:
    return Answer([[value] for value in values], [results.column_info(name, results.STRING)])


@command("UTILITY", r"SHOW\s+(?:DATABASES|SCHEMAS)")
def _show_databases(context: Context, match: re.Match[str]) -> Answer:
    pages = context.glue.get_paginator("get_databases").paginate()
    return _lines("database_name", sorted(each["Name"] for page in pages for each in page["DatabaseList"]))


@command(
    "UTILITY",
    rf"SHOW\s+(?P<what>TABLES|VIEWS)(?:\s+(?:IN|FROM)\s+{_DATABASE})?(?:\s+(?:LIKE\s+)?'(?P<pattern>[^']*)')?",
)
def _show_tables(context: Context, match: re.Match[str]) -> Answer:
    database, views_only = (match["database"] or context.database).lower(), match["what"].upper() == "VIEWS"
    # Hive's patterns: * is anything, | separates alternatives.
    pattern = "|".join(re.escape(each).replace(r"\*", ".*") for each in (match["pattern"] or "*").split("|"))
    try:
        tables = aws.tables(context.glue, database)
    except context.glue.exceptions.EntityNotFoundException:
        raise QueryError("SCHEMA_NOT_FOUND", f"Schema '{database}' does not exist") from None
    names = [each["Name"] for each in tables if not views_only or each.get("TableType") == "VIRTUAL_VIEW"]
    return _lines("tab_name", sorted(name for name in names if re.fullmatch(pattern, name, re.I)))


@command("UTILITY", rf"SHOW\s+COLUMNS\s+(?:IN|FROM)\s+{_NAME}(?:\s+(?:IN|FROM)\s+{_DATABASE})?")
def _show_columns(context: Context, match: re.Match[str]) -> Answer:
    table = context.table(f"{match['database']}.{match['name']}" if match["database"] else match["name"])
    return _lines("field", [f"{name:<20}" for name, _, _ in table.columns()])


@command("UTILITY", rf"DESC(?:RIBE)?\s+{_NAME}")
def _describe(context: Context, match: re.Match[str]) -> Answer:
    table = context.table(match["name"])
    lines = [[f"{part:<20}" for part in column] for column in table.columns()]
    if table.keys:
        blank, title = ["", " ", " "], ["# Partition Information", " ", " "]
        header = ["# col_name            ", "data_type           ", "comment             "]
        lines += [blank, title, header, blank, *lines[-len(table.keys) :]]
    return Answer(lines, [results.column_info(name, results.STRING) for name in ("col_name", "data_type", "comment")])


@command("UTILITY", rf"SHOW\s+PARTITIONS\s+{_NAME}")
def _show_partitions(context: Context, match: re.Match[str]) -> Answer:
    table = context.partitioned(match["name"])
    return _lines("partition", sorted(table.folder(values) for values in context.partitions(table)))


@command("UTILITY", rf"SHOW\s+CREATE\s+VIEW\s+{_NAME}")
def _show_create_view(context: Context, match: re.Match[str]) -> Answer:
    table = context.table(match["name"])
    if not table.view:
        raise QueryError("NOT_SUPPORTED", f"'{CATALOG}.{table.database}.{table.name}' is a table, not a view")
    text = f'CREATE VIEW "{table.name}" AS\n{table.view["originalSql"]}'
    return _lines("Create View", text.splitlines())


@command("UTILITY", rf"SHOW\s+CREATE\s+TABLE\s+{_NAME}")
def _show_create_table(context: Context, match: re.Match[str]) -> Answer:
    """Hive's text, as Athena has it."""
    table = context.table(match["name"])
    if table.view:
        raise QueryError("NOT_SUPPORTED", f"'{CATALOG}.{table.database}.{table.name}' is a view, not a table")
    storage, columns = table.raw["StorageDescriptor"], list(_columns_of_ddl(table))
    serde = storage.get("SerdeInfo") or {}
    lines = [f"CREATE EXTERNAL TABLE `{table.name}`(", *_listed(columns[: len(columns) - len(table.keys)])]
    if table.keys:
        lines += ["PARTITIONED BY ( ", *_listed(columns[-len(table.keys) :])]
    lines += ["ROW FORMAT SERDE ", f"  '{serde.get('SerializationLibrary', '')}' "]
    if serde.get("Parameters"):
        lines += ["WITH SERDEPROPERTIES ( ", *_listed(_properties(serde["Parameters"]))]
    lines += ["STORED AS INPUTFORMAT ", f"  '{storage.get('InputFormat', '')}' "]
    lines += ["OUTPUTFORMAT ", f"  '{storage.get('OutputFormat', '')}'", "LOCATION", f"  '{storage['Location']}'"]
    lines += ["TBLPROPERTIES (", *_listed(_properties(table.raw.get("Parameters") or {}))]
    return _lines("createtab_stmt", lines)


def _columns_of_ddl(table: Table) -> Iterator[str]:
    for name, kind, comment in table.columns():
        yield f"`{name}` {kind}" + (f" COMMENT '{comment}'" if comment else "")


def _properties(given: dict[str, str]) -> list[str]:
    return [f"'{key}'='{value}'" for key, value in sorted(given.items()) if key != "EXTERNAL"]


def _listed(parts: list[str]) -> list[str]:
    return [f"  {part}{',' if number < len(parts) else ')'} " for number, part in enumerate(parts, 1)]


@command("DDL", rf"MSCK\s+REPAIR\s+TABLE\s+{_NAME}")
def _repair(context: Context, match: re.Match[str]) -> Answer:
    """Registers the folders ``key=value/…`` under the table's location that aren't partitions yet."""
    table = context.partitioned(match["name"])
    known, found = context.partitions(table), {}
    bucket, prefix = aws.place_of(table.location)
    for each in aws.objects(context.s3, bucket, prefix):
        folders = each["Key"].removeprefix(prefix).split("/")[:-1][: len(table.keys)]
        if values := partitions.values_of(folders, table.keys):
            found[values] = f"{table.location}{'/'.join(folders)}/"
    missing = {values: found[values] for values in sorted(found) if values not in known}
    context.register(table, missing)
    names = [f"{table.name}:{table.folder(values)}" for values in missing]
    told = [f"Partitions not in metastore:\t{' '.join(names)}"] if names else []
    return _lines("result", [*told, *(f"Repair: Added partition to metastore {name}" for name in names)])


_SPEC = re.compile(r"PARTITION\s*\((?P<spec>[^)]*)\)(?:\s*LOCATION\s*'(?P<location>[^']*)')?", re.I)
_PAIR = re.compile(r"[`\"]?(\w+)[`\"]?\s*=\s*(?:(?:date|timestamp)\s*)?(?:'([^']*)'|([\w.-]+))", re.I)


def _specs(table: Table, text: str) -> dict[Values, str]:
    """The partitions of an ALTER TABLE: values in the order of the keys, and the location given or the usual one."""
    found: dict[Values, str] = {}
    for match in _SPEC.finditer(text):
        given = {name.lower(): quoted or bare for name, quoted, bare in _PAIR.findall(match["spec"])}
        if set(given) != set(table.keys):
            what = f"partition spec {{{match['spec']}}} doesn't give the keys {', '.join(table.keys)}"
            raise QueryError("FAILED", f"SemanticException {what}")
        values = tuple(given[key] for key in table.keys)
        found[values] = match["location"] or f"{table.location}{table.folder(values)}/"
    return found


@command("DDL", rf"ALTER\s+TABLE\s+{_NAME}\s+ADD\s+(?P<guard>IF\s+NOT\s+EXISTS\s+)?(?P<specs>PARTITION\s*\(.*)")
def _add_partitions(context: Context, match: re.Match[str]) -> Answer:
    table = context.partitioned(match["name"])
    wanted, known = _specs(table, match["specs"]), context.partitions(table)
    if not match["guard"]:
        for values in wanted.keys() & known:
            what = f"AlreadyExistsException: Partition already exists: {list(values)}"
            raise QueryError("FAILED", f"SemanticException {what}")
    context.register(table, {values: place for values, place in wanted.items() if values not in known})
    return Answer()


@command("DDL", rf"ALTER\s+TABLE\s+{_NAME}\s+DROP\s+(?P<guard>IF\s+EXISTS\s+)?(?P<specs>PARTITION\s*\(.*)")
def _drop_partitions(context: Context, match: re.Match[str]) -> Answer:
    table = context.partitioned(match["name"])
    known = context.partitions(table)
    for values in _specs(table, match["specs"]):
        if values in known:
            context.glue.delete_partition(
                DatabaseName=table.database, TableName=table.name, PartitionValues=list(values)
            )
        elif not match["guard"]:
            raise QueryError("FAILED", f"SemanticException [Error 10006]: Partition not found {list(values)}")
    return Answer()
