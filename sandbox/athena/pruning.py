"""Conditions on partition keys that every row of the answer satisfies, read from WHERE and inner joins.

Only conjunctions of ``key <operator> literal`` count; they travel along ``a.key = b.key`` and into derived
tables (so into views). A condition that isn't understood prunes nothing: the query still checks it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

from sqlglot import exp
from sqlglot.optimizer.scope import Scope, build_scope

from sandbox.athena.partitions import Condition

_OPERATORS = {exp.LT: "<", exp.LTE: "<=", exp.GT: ">", exp.GTE: ">="}
_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
Name = tuple[str, str]  # (source, column)


def conditions(query: exp.Expression, keys: dict[str, set[str]]) -> dict[str, list[Condition]]:
    """The conditions on each scan's partition keys; ``keys`` gives the keys of each scan."""
    found: dict[str, list[Condition]] = {name: [] for name in keys}
    root = build_scope(query)
    if root is not None:
        _visit(root, [], keys, found)
    return found


def _visit(scope: Scope, given: list[Condition], keys: dict[str, set[str]], found: dict[str, list[Condition]]) -> None:
    """``given`` are conditions on the scope's output columns that hold for every row its reader keeps."""
    known = _conditions_in(scope, given) if isinstance(scope.expression, exp.Select) else []
    for alias, source in scope.sources.items():
        mine = [condition for name, condition in known if name == alias]
        if isinstance(source, exp.Table):
            wanted = keys.get(source.name, set())
            if source.name in found:
                found[source.name] += [c for c in mine if c.key in wanted]
        elif isinstance(source, Scope) and source in scope.derived_table_scopes:
            _visit(source, mine, keys, found)
    for inner in (*scope.cte_scopes, *scope.set_operation_scopes, *scope.subquery_scopes):
        _visit(inner, [], keys, found)


def _conditions_in(scope: Scope, given: list[Condition]) -> list[tuple[str, Condition]]:
    select = scope.expression
    terms = list(_terms(select))
    known = [pair for term in terms for pair in _read(term)]
    known += list(_inherited(select, given))
    groups = _equal(terms)
    for source, condition in list(known):
        for other in groups.get((source, condition.key), set()) - {(source, condition.key)}:
            known.append((other[0], Condition(other[1], condition.operator, condition.values)))
    return known


def _inherited(select: exp.Select, given: list[Condition]) -> Iterator[tuple[str, Condition]]:
    """Conditions on outputs that are plain columns, where filtering before is filtering after."""
    if select.args.get("limit") or select.args.get("offset") or select.find(exp.Window):
        return
    outputs = {s.alias_or_name: s.unalias() for s in select.selects}
    group = select.args.get("group")
    grouped = {e.sql() for e in group.expressions} if group else None
    if grouped is None and any(isinstance(s.unalias(), exp.Anonymous) for s in select.selects) and given:
        grouped = set()  # perhaps an aggregation without GROUP BY
    if group is not None and any(group.args.get(name) for name in ("grouping_sets", "cube", "rollup")):
        return
    for condition in given:
        column = outputs.get(condition.key)
        if isinstance(column, exp.Column) and (grouped is None or column.sql() in grouped):
            yield column.table, Condition(column.name, condition.operator, condition.values)


def _terms(select: exp.Select) -> Iterator[exp.Expression]:
    """The conjuncts that every row satisfies: of WHERE, and of inner joins when no join is outer."""
    where = select.args.get("where")
    if where:
        yield from _flatten(where.this)
    joins = select.args.get("joins") or []
    if all(not join.side and join.kind in ("", "INNER", "CROSS") for join in joins):
        for join in joins:
            if join.args.get("on"):
                yield from _flatten(join.args["on"])


def _flatten(node: exp.Expression) -> Iterator[exp.Expression]:
    node = node.unnest()
    if isinstance(node, exp.And):
        yield from _flatten(node.this)
        yield from _flatten(node.expression)
    else:
        yield node


def _read(term: exp.Expression) -> Iterator[tuple[str, Condition]]:
    if isinstance(term, exp.EQ) or type(term) in _OPERATORS:
        operator = _OPERATORS.get(type(term), "in")
        left, right = term.this.unnest(), term.expression.unnest()
        if isinstance(right, exp.Column):
            left, right, operator = right, left, _MIRRORED.get(operator, operator)
        yield from _condition(left, operator, [right])
    elif isinstance(term, exp.In) and term.expressions and not term.args.get("query"):
        yield from _condition(term.this.unnest(), "in", term.expressions)
    elif isinstance(term, exp.Between) and not term.args.get("symmetric"):
        yield from _condition(term.this.unnest(), ">=", [term.args["low"]])
        yield from _condition(term.this.unnest(), "<=", [term.args["high"]])


def _condition(
    column: exp.Expression, operator: str, nodes: Iterable[exp.Expression]
) -> Iterator[tuple[str, Condition]]:
    values = [_value(node) for node in nodes]
    if type(column) is exp.Column and column.table and all(value is not None for value in values):
        yield column.table, Condition(column.name, operator, tuple(values))


def _value(node: exp.Expression) -> object | None:
    node = node.unnest()
    if isinstance(node, exp.Literal):
        return node.name if node.is_string else int(node.name) if node.name.isdigit() else None
    if isinstance(node, exp.Cast) and not isinstance(node, exp.TryCast) and node.to.this == exp.DataType.Type.DATE:
        try:
            return date.fromisoformat(node.this.name) if isinstance(node.this, exp.Literal) else None
        except ValueError:
            return None
    return None


def _equal(terms: list[exp.Expression]) -> dict[Name, set[Name]]:
    """Columns that are equal in every row, as groups."""
    groups: dict[Name, set[Name]] = {}
    for term in terms:
        if isinstance(term, exp.EQ) and type(term.this) is exp.Column and type(term.expression) is exp.Column:
            a, b = ((side.table, side.name) for side in (term.this, term.expression))
            merged = groups.get(a, {a}) | groups.get(b, {b})
            for name in merged:
                groups[name] = merged
    return groups
