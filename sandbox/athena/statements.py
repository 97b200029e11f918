"""Statements other than queries: SHOW, DESCRIBE, partitions and views."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

import sqlglot
from botocore.exceptions import ClientError
from sqlglot import exp

from sandbox.athena import results, types, views
from sandbox.athena.catalog import Catalog, Table
from sandbox.athena.dialect import AthenaDialect, parse
from sandbox.athena.errors import NotSupported, QueryError
from sandbox.athena.files import Lister, split_uri
from sandbox.athena.planner import Planner


@dataclass(frozen=True)
class Statement:
    """A statement read from its text: a ``query``, or the ``command`` that a match calls for."""

    kind: str  # DML, DDL or UTILITY
    query: exp.Expression | None = None
    command: Callable[..., Answer] | None = None
    match: re.Match[str] | None = None


@dataclass
class Answer:
    rows: list[list[str | None]] = field(default_factory=list)
    columns: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True)
class Context:
    """Where a command runs: the session's database and the parts it works on."""

    database: str
    catalog: Catalog
    lister: Lister

    def name(self, text: str) -> tuple[str, str]:
        """Database and table of a name as written, with the quotes of either dialect."""
        parts = [part.strip('`"').lower() for part in re.findall(r'`[^`]+`|"[^"]+"|[^.\s]+', text)]
        return (parts[-2] if len(parts) > 1 else self.database), parts[-1]

    def table(self, text: str) -> Table:
        return self.catalog.table(*self.name(text))


_NAME = r'(?P<name>(?:[`"]?[\w$-]+[`"]?\.)*[`"]?[\w$-]+[`"]?)'
_DATABASE = r'[`"]?(?P<database>[\w-]+)[`"]?'


def read(sql: str, parameters: list[str]) -> Statement:
    """The statement in ``sql``, with ``?`` replaced by the execution parameters."""
    text = re.sub(r"\A(?:\s|--[^\n]*(?:\n|\Z)|/\*.*?\*/)*", "", sql, flags=re.S).rstrip().rstrip(";").rstrip()
    for kind, pattern, command in _COMMANDS:
        match = re.fullmatch(pattern, text, re.I | re.S)
        if match:
            return Statement(kind, command=command, match=match)
    if not re.match(r"(select|with|values|table|\()", text, re.I):
        word = text.split(None, 1)[0].upper() if text else ""
        if word in _REFUSED:
            return Statement("DDL", command=_refuse, match=re.match(r".*", text))
    query = parse(text)
    if not isinstance(query, exp.Query):
        raise QueryError("SYNTAX_ERROR", f"line 1:1: Queries of this type are not supported: {text[:40]}")
    return Statement("DML", query=_with_parameters(query, parameters))


_REFUSED = (
    *(
        "CREATE",
        "INSERT",
        "UNLOAD",
        "DELETE",
        "UPDATE",
        "MERGE",
        "DROP",
        "ALTER",
        "VACUUM",
        "OPTIMIZE",
        "USE",
    ),
    *("EXPLAIN", "PREPARE", "EXECUTE", "DEALLOCATE", "SHOW", "ANALYZE", "GRANT", "REVOKE", "TRUNCATE"),
)


def run(statement: Statement, database: str, catalog: Catalog, lister: Lister) -> Answer:
    context = Context(database, catalog, lister)
    return statement.command(context, statement.match)


def _with_parameters(query: exp.Expression, parameters: list[str]) -> exp.Expression:
    places = sorted(query.find_all(exp.Placeholder), key=lambda p: p.meta.get("start", 0))
    if len(places) != len(parameters):
        raise QueryError(
            "INVALID_PARAMETER_USAGE",
            f"Incorrect number of parameters: expected {len(places)} but found {len(parameters)}",
        )
    if len(places) > 1 and not all("start" in place.meta for place in places):
        raise NotSupported("more than one execution parameter")
    for place, value in zip(places, parameters, strict=True):
        place.replace(sqlglot.parse_one(value, read=AthenaDialect))
    return query


def _lines(name: str, values: list[str]) -> Answer:
    return Answer([[value] for value in values], [results.column_info(name, types.parse_type("string"))])


def _show_databases(context: Context, match: re.Match[str]) -> Answer:
    return _lines("database_name", context.catalog.databases())


def _show_tables(context: Context, match: re.Match[str]) -> Answer:
    database = (match["database"] or context.database).lower()
    context.catalog.require_database(database)
    views_only = match["what"].upper() == "VIEWS"
    names = [t.name for t in context.catalog.tables(database) if t.is_view or not views_only]
    if match["pattern"]:
        # Hive's patterns: * is anything, | separates alternatives.
        pattern = "|".join(re.escape(p).replace(r"\*", ".*") for p in match["pattern"].split("|"))
        names = [name for name in names if re.fullmatch(pattern, name, re.I)]
    return _lines("tab_name", names)


def _show_columns(context: Context, match: re.Match[str]) -> Answer:
    name = f"{match['database']}.{match['name']}" if match["database"] else match["name"]
    table = context.table(name)
    return _lines("field", [f"{column.name:<20}" for column in (*table.columns, *table.partition_keys)])


def _describe(context: Context, match: re.Match[str]) -> Answer:
    table = context.table(match["name"])

    def line(column) -> str:
        return f"{column.name:<20}\t{column.hive_type:<20}\t{column.comment:<20}"

    lines = [line(column) for column in (*table.columns, *table.partition_keys)]
    if table.partition_keys:
        lines += [
            "\t \t ",
            "# Partition Information\t \t ",
            "# col_name            \tdata_type           \tcomment             ",
            "\t \t ",
        ]
        lines += [line(column) for column in table.partition_keys]
    columns = [results.column_info(name, types.parse_type("string")) for name in ("col_name", "data_type", "comment")]
    return Answer([text.split("\t") for text in lines], columns)


def _partitioned(context: Context, name: str) -> Table:
    table = context.table(name)
    if not table.partition_keys:
        raise QueryError(
            "FAILED",
            f"SemanticException [Error 10241]: Table {table.database}.{table.name} is not a partitioned table",
        )
    return table


def _show_partitions(context: Context, match: re.Match[str]) -> Answer:
    table = _partitioned(context, match["name"])
    keys = [column.name for column in table.partition_keys]
    lines = [
        "/".join(f"{k}={v}" for k, v in zip(keys, p.values, strict=True)) for p in context.catalog.partitions(table)
    ]
    return _lines("partition", sorted(lines))


def _show_create_view(context: Context, match: re.Match[str]) -> Answer:
    table = context.table(match["name"])
    if not table.is_view:
        raise QueryError("NOT_SUPPORTED", f"'{table.qualified_name}' is a table, not a view")
    text = f'CREATE VIEW "{table.name}" AS\n{views.decode(table).sql}'
    return _lines("Create View", text.splitlines())


def _repair(context: Context, match: re.Match[str]) -> Answer:
    """Registers the folders ``key=value/…`` under the table's location that aren't partitions yet."""
    table = _partitioned(context, match["name"])
    known = {p.values for p in context.catalog.partitions(table)}
    bucket, prefix = split_uri(table.location.rstrip("/") + "/")
    found: dict[tuple[str, ...], str] = {}
    for file in context.lister.files(table.location):
        folders = file.key[len(prefix) :].split("/")[:-1][: len(table.partition_keys)]
        pairs = [folder.partition("=") for folder in folders]
        if [p[0].lower() for p in pairs] == [c.name for c in table.partition_keys]:
            found[tuple(unquote(p[2]) for p in pairs)] = f"s3://{bucket}/{prefix}{'/'.join(folders)}/"
    missing = {values: location for values, location in sorted(found.items()) if values not in known}
    _register(context, table, missing)
    keys = [column.name for column in table.partition_keys]
    names = ["/".join(f"{k}={v}" for k, v in zip(keys, values, strict=True)) for values in missing]
    lines = [f"Partitions not in metastore:\t{' '.join(f'{table.name}:{n}' for n in names)}"] if names else []
    return _lines("result", [*lines, *(f"Repair: Added partition to metastore {table.name}:{n}" for n in names)])


def _register(context: Context, table: Table, wanted: dict[tuple[str, ...], str]) -> None:
    glue = context.catalog.glue
    storage = glue.get_table(DatabaseName=table.database, Name=table.name)["Table"]["StorageDescriptor"]
    inputs = [
        {"Values": list(values), "StorageDescriptor": {**storage, "Location": location}}
        for values, location in wanted.items()
    ]
    for start in range(0, len(inputs), 100):
        answer = glue.batch_create_partition(
            DatabaseName=table.database, TableName=table.name, PartitionInputList=inputs[start : start + 100]
        )
        for error in answer.get("Errors", []):
            raise QueryError("FAILED", f"SemanticException {error['ErrorDetail'].get('ErrorMessage')}")


_SPEC = re.compile(r"PARTITION\s*\((?P<spec>[^)]*)\)(?:\s*LOCATION\s*'(?P<location>[^']*)')?", re.I)


def _specs(table: Table, text: str) -> dict[tuple[str, ...], str]:
    """The partitions of an ALTER TABLE.

    Values in the order of the keys, and the location given or the usual one.
    """
    found: dict[tuple[str, ...], str] = {}
    keys = [column.name for column in table.partition_keys]
    for match in _SPEC.finditer(text):
        pairs = re.findall(
            r"[`\"]?(\w+)[`\"]?\s*=\s*(?:(?:date|timestamp)\s*)?(?:'([^']*)'|([\w.-]+))", match["spec"], re.I
        )
        given = {name.lower(): quoted or bare for name, quoted, bare in pairs}
        if set(given) != set(keys):
            raise QueryError(
                "FAILED",
                f"SemanticException partition spec {{{match['spec']}}} doesn't give the keys {', '.join(keys)}",
            )
        values = tuple(given[key] for key in keys)
        usual = "/".join(f"{k}={v}" for k, v in zip(keys, values, strict=True))
        found[values] = match["location"] or f"{table.location.rstrip('/')}/{usual}/"
    return found


def _add_partitions(context: Context, match: re.Match[str]) -> Answer:
    table = _partitioned(context, match["name"])
    wanted = _specs(table, match["specs"])
    known = {p.values for p in context.catalog.partitions(table)}
    if not match["guard"]:
        for values in wanted:
            if values in known:
                raise QueryError(
                    "FAILED",
                    f"SemanticException AlreadyExistsException: Partition already exists: {list(values)}",
                )
    _register(context, table, {values: place for values, place in wanted.items() if values not in known})
    return Answer()


def _drop_partitions(context: Context, match: re.Match[str]) -> Answer:
    table = _partitioned(context, match["name"])
    known = {p.values for p in context.catalog.partitions(table)}
    for values in _specs(table, match["specs"]):
        if values in known:
            context.catalog.glue.delete_partition(
                DatabaseName=table.database, TableName=table.name, PartitionValues=list(values)
            )
        elif not match["guard"]:
            raise QueryError("FAILED", f"SemanticException [Error 10006]: Partition not found {list(values)}")
    return Answer()


def _create_view(context: Context, match: re.Match[str]) -> Answer:
    database, name = context.name(match["name"])
    query = parse(match["query"])
    planned = Planner(context.catalog).plan(query.copy(), database=context.database)
    columns = [(column, types.display(kind)) for column, kind in planned.columns]
    names = [column for column, _ in columns]
    for column in names:
        if column.startswith("_col"):
            raise QueryError(
                "MISSING_COLUMN_NAME",
                f"line 1:1: Column name not specified at position {names.index(column) + 1}",
            )
        if names.count(column) > 1:
            raise QueryError("DUPLICATE_COLUMN_NAME", f"Column name '{column}' specified more than once")
    existing = context.catalog.find(database, name)
    if existing is not None and not (existing.is_view and match["replace"]):
        raise QueryError("ALREADY_EXISTS", f"Table or view already exists: {existing.qualified_name}")
    entry = views.table_input(name, match["query"].strip(), context.database, columns)
    glue = context.catalog.glue
    if existing is None:
        glue.create_table(DatabaseName=database, TableInput=entry)
    else:
        glue.update_table(DatabaseName=database, TableInput=entry)
    return Answer()


def _drop_view(context: Context, match: re.Match[str]) -> Answer:
    database, name = context.name(match["name"])
    table = context.catalog.find(database, name)
    if table is None:
        if match["guard"]:
            return Answer()
        raise QueryError("TABLE_NOT_FOUND", f"View 'awsdatacatalog.{database}.{name}' does not exist")
    if not table.is_view:
        raise QueryError("TABLE_NOT_FOUND", f"'{table.qualified_name}' is a table, not a view")
    try:
        context.catalog.glue.delete_table(DatabaseName=database, Name=name)
    except ClientError as error:
        raise QueryError("FAILED", str(error)) from None
    return Answer()


def _refuse(context: Context, match: re.Match[str]) -> Answer:
    raise NotSupported(f"this statement: {' '.join(match.string.split()[:3])} …; create tables through Glue")


_COMMANDS: list[tuple[str, str, Callable[..., Answer]]] = [
    ("UTILITY", r"SHOW\s+(?:DATABASES|SCHEMAS)", _show_databases),
    (
        "UTILITY",
        rf"SHOW\s+(?P<what>TABLES|VIEWS)(?:\s+(?:IN|FROM)\s+{_DATABASE})?(?:\s+(?:LIKE\s+)?'(?P<pattern>[^']*)')?",
        _show_tables,
    ),
    ("UTILITY", rf"SHOW\s+COLUMNS\s+(?:IN|FROM)\s+{_NAME}(?:\s+(?:IN|FROM)\s+{_DATABASE})?", _show_columns),
    ("UTILITY", rf"DESC(?:RIBE)?\s+{_NAME}", _describe),
    ("UTILITY", rf"SHOW\s+PARTITIONS\s+{_NAME}", _show_partitions),
    ("UTILITY", rf"SHOW\s+CREATE\s+VIEW\s+{_NAME}", _show_create_view),
    ("DDL", rf"MSCK\s+REPAIR\s+TABLE\s+{_NAME}", _repair),
    (
        "DDL",
        rf"ALTER\s+TABLE\s+{_NAME}\s+ADD\s+(?P<guard>IF\s+NOT\s+EXISTS\s+)?(?P<specs>PARTITION\s*\(.*)",
        _add_partitions,
    ),
    (
        "DDL",
        rf"ALTER\s+TABLE\s+{_NAME}\s+DROP\s+(?P<guard>IF\s+EXISTS\s+)?(?P<specs>PARTITION\s*\(.*)",
        _drop_partitions,
    ),
    ("DDL", rf"CREATE\s+(?P<replace>OR\s+REPLACE\s+)?VIEW\s+{_NAME}\s+AS\s+(?P<query>.*)", _create_view),
    ("DDL", rf"DROP\s+VIEW\s+(?P<guard>IF\s+EXISTS\s+)?{_NAME}", _drop_view),
]
