"""From Athena's SQL to DuckDB's: tables and views resolved, names and types checked, partitions pruned."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlglot import exp
from sqlglot.errors import OptimizeError
from sqlglot.optimizer.pushdown_projections import pushdown_projections
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import Scope, traverse_scope
from sqlglot.schema import MappingSchema

from sandbox.athena import types, views
from sandbox.athena.catalog import CATALOG, Catalog, Table
from sandbox.athena.dialect import AthenaDialect, parse
from sandbox.athena.errors import QueryError
from sandbox.athena.pruning import conditions
from sandbox.athena.scan import PATH_COLUMN, Scan
from sandbox.athena.translate import refuse_arguments, to_duckdb
from sandbox.athena.typing import annotate, kind

MOST_NESTED_VIEWS = 20
_TABLE_PARTS = frozenset({"this", "db", "catalog", "alias", "joins"})
_UNNAMED = "$unnamed"


@dataclass
class Plan:
    """A query ready to run: DuckDB's SQL over relations named as in ``scans``, and the result's columns."""

    sql: str
    columns: list[tuple[str, exp.DataType]]
    scans: dict[str, Scan]
    conditions: dict[str, list]


@dataclass
class Planner:
    """Plans one query. Each use of a table becomes its own scan, so that each is pruned by itself."""

    catalog: Catalog
    scans: dict[str, Scan] = field(default_factory=dict)

    def plan(self, query: exp.Expression, database: str) -> Plan:
        resolved = self._resolve(query, database)
        reduced = pushdown_projections(_without_count_stars(resolved.copy()))
        found = self._note_needed(reduced)
        annotated = annotate(resolved, self._schema())
        columns = [(_shown(s.alias_or_name, i), kind(s)) for i, s in enumerate(annotated.selects)]
        return Plan(to_duckdb(annotated), columns, self.scans, found)

    def _resolve(self, query: exp.Expression, database: str, path: tuple[str, ...] = ()) -> exp.Expression:
        """The query with every name qualified; tables replaced by scans and views by their queries."""
        if not isinstance(query, exp.Query):
            raise QueryError("NOT_SUPPORTED", f"Not a query: {query.sql(dialect='trino')[:80]}")
        query = _without_schema_in_columns(query)
        for star in query.find_all(exp.Star):
            refuse_arguments(star, frozenset())
        _mark_unnamed(query)
        ctes = {cte.alias.lower() for cte in query.find_all(exp.CTE)}
        for table in list(query.find_all(exp.Table)):
            if not isinstance(table.this, exp.Identifier):
                raise QueryError("NOT_SUPPORTED", f"table functions ({table.sql(dialect='trino')[:60]})", table)
            if not table.db and table.name.lower() in ctes and _sees_cte(table):
                continue
            self._replace(table, database, path)
        return self._qualify(query)

    def _replace(self, node: exp.Table, database: str, path: tuple[str, ...]) -> None:
        refuse_arguments(node, _TABLE_PARTS)
        if node.catalog and node.catalog.lower() != CATALOG:
            raise QueryError("CATALOG_NOT_FOUND", f"Catalog '{node.catalog}' does not exist", node)
        if not (node.db or database):
            raise QueryError("MISSING_SCHEMA_NAME", "Schema must be specified when session schema is not set", node)
        table = self.catalog.table(node.db or database, node.name, node)
        alias = node.args.get("alias") or exp.TableAlias(this=exp.to_identifier(table.name, quoted=True))
        if table.is_view:
            if table.qualified_name in path or len(path) >= MOST_NESTED_VIEWS:
                raise QueryError(
                    "VIEW_IS_RECURSIVE", f"Statement would create a recursive view: {table.qualified_name}"
                )
            query = self._view(table, (*path, table.qualified_name))
            built: exp.Expression = exp.Subquery(this=query, alias=alias.copy(), joins=node.args.get("joins"))
        else:
            name = f"$scan{len(self.scans)}"
            self.scans[name] = Scan(table, set())
            built = exp.Table(
                this=exp.to_identifier(name, quoted=True), alias=alias.copy(), joins=node.args.get("joins")
            )
        node.replace(built)

    def _view(self, table: Table, path: tuple[str, ...]) -> exp.Expression:
        """A view's query, its columns cast to the types that the view declares."""
        view = views.decode(table)
        stale = f"View '{table.qualified_name}' is stale or in invalid state: "
        try:
            query = self._resolve(parse(view.sql), view.schema, path)
            typed = annotate(query.copy(), self._schema())
        except QueryError as error:
            raise QueryError(
                "VIEW_IS_STALE" if error.name != "VIEW_IS_STALE" else error.name, stale + str(error)
            ) from None
        if len(typed.selects) != len(view.columns):
            raise QueryError(
                "VIEW_IS_STALE",
                f"{stale}it has {len(typed.selects)} columns and declares {len(view.columns)}",
            )
        outputs = []
        for select, (name, declared) in zip(typed.selects, view.columns, strict=True):
            actual, wanted = kind(select), types.parse_type(declared)
            if select.alias_or_name.lower() != name or not _coercible(actual, wanted):
                raise QueryError(
                    "VIEW_IS_STALE",
                    f"{stale}column [{select.alias_or_name}] of type {types.display(actual)} projected "
                    f"from query view at position {len(outputs)} cannot be coerced to column [{name}] "
                    f"of type {declared} stored in view definition",
                )
            column = exp.column(exp.to_identifier(name, quoted=True), table=exp.to_identifier("$view", quoted=True))
            same = types.display(actual) == types.display(wanted)
            outputs.append(exp.alias_(column if same else exp.cast(column, wanted.copy()), name, quoted=True))
        source = exp.Subquery(this=query, alias=exp.TableAlias(this=exp.to_identifier("$view", quoted=True)))
        return exp.select(*outputs).from_(source)

    def _schema(self) -> MappingSchema:
        schema = MappingSchema(dialect=AthenaDialect, normalize=False)
        for name, scan in self.scans.items():
            table = scan.table
            columns = {c.name: c.type for c in (*table.columns, *table.partition_keys)}
            schema.add_table(exp.to_identifier(name, quoted=True).sql(dialect="trino"), columns, match_depth=False)
        return schema

    def _qualify(self, query: exp.Expression) -> exp.Expression:
        try:
            qualified = qualify(
                query,
                schema=self._schema(),
                dialect=AthenaDialect,
                validate_qualify_columns=False,
                quote_identifiers=True,
                expand_alias_refs=False,  # Trino has no aliases in WHERE, GROUP BY or HAVING
            )
        except OptimizeError as error:
            raise _name_error(error, query) from None
        for scope in traverse_scope(qualified):
            _check_columns(scope, self.scans)
        return qualified

    def _note_needed(self, query: exp.Expression) -> dict[str, list]:
        """Fills in the columns that each scan must read, and returns the conditions on each scan's keys."""
        for scope in traverse_scope(query):
            for column in scope.columns:
                source = scope.sources.get(column.table)
                if isinstance(source, exp.Table) and source.name in self.scans:
                    self.scans[source.name].needed.add(column.name.lower())
        keys = {name: {c.name for c in scan.table.partition_keys} for name, scan in self.scans.items()}
        return conditions(query, keys)


def _coercible(actual: exp.DataType, wanted: exp.DataType) -> bool:
    """Whether Trino would read the view: the query's type must widen to the declared one, not be narrowed."""
    merged = types.common(actual, wanted)
    return merged is not None and (
        types.display(merged) == types.display(wanted) or {actual.this, wanted.this} == {types.T.VARCHAR}
    )


def _mark_unnamed(query: exp.Expression) -> None:
    """Gives the columns without a name one that nothing can refer to (sqlglot calls ``SELECT 1`` "1")."""
    for select in query.find_all(exp.Select):
        for position, column in enumerate(select.expressions):
            if not isinstance(column, exp.Alias | exp.Column | exp.Star) and not column.is_star:
                name = exp.to_identifier(f"{_UNNAMED}{position}", quoted=True)
                column.replace(exp.Alias(this=column.copy(), alias=name))


def _shown(name: str, position: int) -> str:
    """A result column's name as Athena shows it."""
    return f"_col{position}" if name.startswith((_UNNAMED, "_col_")) else name


def _without_count_stars(query: exp.Expression) -> exp.Expression:
    """``count(*)`` as ``count(1)``: a star would keep every column of a derived table."""
    for star in list(query.find_all(exp.Star)):
        if isinstance(star.parent, exp.Anonymous):
            star.replace(exp.Literal.number(1))
    return query


def _sees_cte(table: exp.Table) -> bool:
    """Whether a WITH around the bare name defines it."""
    node: exp.Expression | None = table
    while node is not None:
        with_ = node.args.get("with_") or node.args.get("with") if isinstance(node, exp.Query) else None
        if with_ is not None:
            for cte in with_.expressions:
                if cte.alias.lower() == table.name.lower() and table.find_ancestor(exp.CTE) is not cte:
                    return True
        node = node.parent
    return False


def _without_schema_in_columns(query: exp.Expression) -> exp.Expression:
    """``db.table.column`` as ``table.column``: scans have the table's name only."""
    for column in query.find_all(exp.Column):
        column.set("db", None)
        column.set("catalog", None)
    return query


def _check_columns(scope: Scope, scans: dict[str, Scan]) -> None:
    for column in scope.columns:
        if isinstance(column, exp.Pseudocolumn):
            column.set("this", exp.to_identifier(PATH_COLUMN, quoted=True))
        if not column.table:
            if _is_output_name(column, scope):
                continue
            holders = [alias for alias, source in scope.sources.items() if _offers(source, column.name, scans)]
            if len(holders) > 1:
                raise QueryError("AMBIGUOUS_NAME", f"Column '{column.name}' is ambiguous", column)
            raise _unresolved(column.name, column)
        source = _source(scope, column.table)
        if source is None or not _offers(source, column.name, scans):
            raise _unresolved(f"{column.table}.{column.name}", column)


def _is_output_name(column: exp.Column, scope: Scope) -> bool:
    in_order = column.find_ancestor(exp.Order, exp.Select, exp.SetOperation)
    return (
        isinstance(in_order, exp.Order)
        and isinstance(scope.expression, exp.Query)
        and column.name in scope.expression.named_selects
    )


def _source(scope: Scope | None, name: str) -> exp.Expression | Scope | None:
    while scope is not None:
        if name in scope.sources:
            return scope.sources[name]
        scope = scope.parent
    return None


def _offers(source: exp.Expression | Scope, name: str, scans: dict[str, Scan]) -> bool:
    """Whether a table or a derived table has the column."""
    if isinstance(source, exp.Table):
        scan = scans.get(source.name)
        if scan is None:
            return True
        return name == PATH_COLUMN or name in {c.name for c in (*scan.table.columns, *scan.table.partition_keys)}
    expression = source.expression
    if not isinstance(expression, exp.Query):
        return True
    names = source.outer_columns or expression.named_selects
    return name in names or "*" in names


def _name_error(error: OptimizeError, query: exp.Expression) -> QueryError:
    text = str(error)
    if "mbiguous" in text:
        name = text.partition("'")[2].partition("'")[0] or text.rpartition(" ")[2]
        at = next((c for c in query.find_all(exp.Column) if c.name == name and not c.table), None)
        return QueryError("AMBIGUOUS_NAME", f"Column '{name}' is ambiguous", at)
    if text.startswith("Unknown column: "):
        name = text.removeprefix("Unknown column: ")
        at = next((c for c in query.find_all(exp.Column) if c.name == name and c.table), None)
        return _unresolved(f"{at.table}.{name}" if at is not None else name, at)
    return QueryError("SYNTAX_ERROR", text)


def _unresolved(name: str, at: exp.Expression | None) -> QueryError:
    reason = "cannot be resolved or requester is not authorized to access requested resources"
    return QueryError("COLUMN_NOT_FOUND", f"Column '{name}' {reason}", at)
