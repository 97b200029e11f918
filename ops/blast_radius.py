"""What a change of the pipeline table or of a definition's SQL breaks for those who read the tables.

The columns of the departments' tables and what the saved
queries read come from their SQL, by column lineage.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import sqlglot
import yaml
from sqlglot import exp
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import traverse_scope

TABLE, TRUSTED = "pipeline/pipeline.yaml", "pipeline/trusted"
CLEAR = "as it is"

Name = tuple[str, str]  # of a table and its column


@dataclass(frozen=True)
class Column:
    """A column of a table. sources: the raw columns of which it is made; shown: how each of them is masked for it."""

    type: str
    owner: str
    sources: frozenset[str]
    shown: Mapping[str, str] = field(default_factory=dict)
    sql: str = ""


@dataclass(frozen=True)
class Pipeline:
    """The tables by the pipeline table, and what the definitions of the departments' tables read."""

    columns: dict[Name, Column]
    reads: dict[str, set[Name]]

    @classmethod
    def read(cls, file: Callable[[str], str]) -> "Pipeline":
        """file: gives a file's text by its path in the project."""
        table = yaml.safe_load(file(TABLE))
        raw = {each["name"]: each for each in table["raw"]["columns"]}
        columns = {("raw", name): Column(each["type"], "raw", frozenset([name])) for name, each in raw.items()}
        reads: dict[str, set[Name]] = {}
        for dataset in table["datasets"]:
            for name in dataset["columns"]:
                columns[dataset["name"], name] = Column(raw[name]["type"], dataset["owner"], frozenset([name]))
        for trusted in table.get("trusted", {}).get("tables", []):
            sql = file(f"{TRUSTED}/{trusted['name']}.sql")
            named = sqlglot.parse_one(sql, dialect="spark").find_all(exp.Column)
            reads[f"{trusted['name']}.sql"] = {("raw", each.name) for each in named}
            clear, types = trusted.get("clear", []), trusted.get("types", {})
            for name, projection, sources in _projections(sql):
                if not sources <= raw.keys():
                    continue  # the definition fails
                shown = {
                    source: _shown(raw[source].get("masking"), clear, source, trusted.get("profile", "walkthrough"))
                    for source in sorted(sources)
                }
                kind = types.get(name) or raw.get(name, {}).get("type", "")
                columns[trusted["name"], name] = Column(kind, trusted["department"], sources, shown, projection)
        return cls(columns, reads)

    def made_of(self, raw: str) -> list[Name]:
        """The columns of other tables that are made of a raw one."""
        return [name for name, each in self.columns.items() if name[0] != "raw" and raw in each.sources]


def _shown(masking: str | None, clear: list[str], column: str, profile: str) -> str:
    if masking is None or column in clear or "all" in clear:
        return CLEAR
    return f"masked ({masking}, {profile})" if masking == "partial" else f"masked ({masking})"


def _projections(sql: str) -> Iterator[tuple[str, str, frozenset[str]]]:
    """Of each column that a definition selects: its name, its expression, and the raw columns in it."""
    select = sqlglot.parse_one(sql, dialect="spark")
    # A condition decides about every column.
    parts = [select.args[part] for part in ("where", "having", "group") if select.args.get(part)]
    elsewhere = {each.name for part in parts for each in part.find_all(exp.Column)}
    for projection in select.selects:
        named = {each.name for each in projection.find_all(exp.Column)}
        yield projection.alias_or_name, projection.unalias().sql("spark", comments=False), frozenset(named | elsewhere)


def read_columns(query: str, tables: Mapping[str, Iterable[str]]) -> set[Name]:
    """The columns that a saved query reads of each table. tables: the columns that each has or had."""
    schema = {name: dict.fromkeys(columns, "text") for name, columns in tables.items()}
    parsed = sqlglot.parse_one(query, dialect="athena")
    tree = qualify(parsed, dialect="athena", schema=schema, validate_qualify_columns=False, quote_identifiers=False)
    found = set()
    for scope in traverse_scope(tree):
        for column in scope.columns:
            source = scope.sources.get(column.table)
            if isinstance(source, exp.Table):
                found.add((source.name, column.name))
    return found


def queries(document: Mapping[str, dict]) -> dict[str, str]:
    """The saved queries of a synthesised stack."""
    return {name: each["query"] for name, each in document["resource"].get("aws_athena_named_query", {}).items()}


def effects(
    base: Pipeline, head: Pipeline, saved: Mapping[str, str], kept: Mapping[str, str] | None = None
) -> list[str]:
    """One line for each change that reaches a reader. saved: the base's queries; kept: those of the working tree."""
    lines, told = [], set()
    tables: dict[str, list[str]] = {}
    for table, column in [*base.columns, *(name for name in head.columns if name not in base.columns)]:
        tables.setdefault(table, []).append(column)
    asked = {query: read_columns(sql, tables) for query, sql in saved.items()}

    def readers(names: Iterable[Name]) -> str:
        found = [query for query, read in asked.items() if read & set(names)]
        return f"; saved queries {', '.join(found)}" if found else ""

    def owned(names: Iterable[Name], of: Pipeline = base) -> str:
        return ", ".join(f"`{'.'.join(name)}` (owner {of.columns[name].owner})" for name in names)

    gone = [name for name in base.columns if name not in head.columns]
    for table, column in gone:
        if table == "raw" and (made := base.made_of(column)):
            told.update(made)
            lines.append(f"dropping `{column}` breaks {owned(made)}{readers([('raw', column), *made])}")
    lines += [f"dropping {owned([name])}{readers([name])}" for name in gone if name not in told and name[0] != "raw"]
    both = [(name, base.columns[name], head.columns[name]) for name in base.columns if name in head.columns]
    for name, before, after in both:
        if before.type != after.type and name not in told:
            made = base.made_of(name[1]) if name[0] == "raw" else [name]
            told.update(made)
            what = f"`{name[1]}`" if name[0] == "raw" else f"`{'.'.join(name)}`"
            lines.append(
                f"{what} becomes {after.type} (was {before.type}) in {owned(made)}{readers([name, *made])}: "
                "days already written keep the old type"
            )
    for name, before, after in both:
        for source in sorted(before.shown.keys() & after.shown.keys()):
            if before.shown[source] != after.shown[source]:
                mark = "PERSONAL DATA: " if after.shown[source] == CLEAR else ""
                where = owned([name], head)
                lines.append(f"{mark}{where} shows `{source}` {after.shown[source]} (was {before.shown[source]})")
        if before.sql != after.sql:
            lines.append(f"{owned([name], head)} is computed differently{readers([name])}")
    still = {**head.reads, **{f"saved query {name}": read_columns(sql, tables) for name, sql in (kept or {}).items()}}
    for what, read in still.items():
        if lost := sorted(f"`{'.'.join(name)}`" for name in read if name in base.columns and name not in head.columns):
            lines.append(f"{what} still reads {', '.join(lost)}: it will fail")
    return lines
