"""A qualified and typed Trino query as DuckDB's SQL that gives the same rows."""

from __future__ import annotations

import re
from collections.abc import Callable

from sqlglot import exp

from sandbox.athena import functions, types
from sandbox.athena.casts import cast
from sandbox.athena.dialect import PlainDuckDB, duck, failure
from sandbox.athena.errors import NotSupported
from sandbox.athena.types import T
from sandbox.athena.typing import ARITHMETIC, COMPARISONS, kind

# What passes as it is: it means the same in both.
_STRUCTURE = (
    *(exp.Select, exp.Subquery, exp.With, exp.CTE, exp.From, exp.Join, exp.Where, exp.Group, exp.Having),
    *(
        exp.Order,
        exp.Ordered,
        exp.Limit,
        exp.Offset,
        exp.Fetch,
        exp.Distinct,
        exp.Union,
        exp.Except,
        exp.Intersect,
    ),
    *(
        exp.Column,
        exp.Identifier,
        exp.Table,
        exp.TableAlias,
        exp.Alias,
        exp.Star,
        exp.Paren,
        exp.Values,
        exp.Tuple,
    ),
    *(exp.Null, exp.Boolean, exp.And, exp.Or, exp.Not, exp.Is, exp.Like, exp.Escape, exp.In, exp.Between),
    *(exp.Exists, exp.Any, exp.All, exp.Case, exp.If, exp.Neg, exp.Window, exp.WindowSpec, exp.Filter),
    *(
        exp.IgnoreNulls,
        exp.RespectNulls,
        exp.DataType,
        exp.DataTypeParam,
        exp.Var,
        exp.Array,
        exp.Pseudocolumn,
    ),
    *(exp.GroupingSets, exp.Cube, exp.Rollup, exp.Coalesce, exp.CurrentDate, exp.CurrentTimestamp),
    *COMPARISONS,
)


# The clauses that pass; others (QUALIFY, SELECT * EXCEPT, …) are not Athena's or not the sandbox's.
_CLAUSES: dict[type, frozenset[str]] = {
    exp.Select: frozenset(
        (
            *("with_", "distinct", "expressions", "from_", "joins", "where", "group", "having"),
            *("order", "limit", "offset"),
        )
    ),
    exp.Star: frozenset(),
    exp.Distinct: frozenset({"expressions"}),
    exp.Group: frozenset({"expressions", "grouping_sets", "cube", "rollup"}),
    exp.Join: frozenset({"this", "on", "side", "kind"}),
    exp.Subquery: frozenset({"this", "alias", "joins", "with_"}),
}


def refuse_arguments(node: exp.Expression, allowed: frozenset[str]) -> None:
    """NOT_SUPPORTED when the node has a clause that isn't among the allowed ones."""
    for name, value in node.args.items():
        if value and name not in allowed:
            raise NotSupported(f"{name.strip('_').upper()} in {node.key.upper()}", node)


def to_duckdb(query: exp.Expression) -> str:
    """The SQL for DuckDB; a construct whose meaning isn't known to be the same raises NOT_SUPPORTED."""
    for node in reversed(list(query.walk())):
        if node is query or node.parent is not None:
            _translate(node)
    return query.sql(dialect=PlainDuckDB)


def _translate(node: exp.Expression) -> None:
    if type(node) in _CLAUSES:
        refuse_arguments(node, _CLAUSES[type(node)])
    if isinstance(node, exp.Join) and node.kind not in ("", "INNER", "CROSS", "OUTER"):
        raise NotSupported(f"{node.kind} JOIN", node)
    handler = _HANDLERS.get(type(node))
    if handler is None:
        if not isinstance(node, _STRUCTURE):
            raise NotSupported(f"{node.key.upper()} ({node.sql(dialect='trino')[:80]})", node)
        return
    built = handler(node)
    if built is not None and built is not node:
        built.type = node.type
        node.replace(built)


def _literal(node: exp.Literal) -> exp.Expression | None:
    if node.is_string:
        return None
    literal_type = kind(node)
    if literal_type.this == T.DECIMAL:
        return duck(f"CAST('{node.name}' AS {types.duckdb_type(literal_type)})")
    if isinstance(node.parent, ARITHMETIC):
        return duck(f"CAST({node.name} AS {types.duckdb_type(literal_type)})")
    return None


def _arithmetic(node: exp.Expression) -> exp.Expression | None:
    left, right, result = node.this, node.expression, kind(node)
    if types.family(result) == "time":
        return _time_arithmetic(node)
    if isinstance(node, exp.Mod) and result.this not in types.FLOATS:
        return duck(f"CAST(_1 % _2 AS {types.duckdb_type(result)})", left, right)
    if isinstance(node, exp.Div):
        if result.this in types.INTEGERS:
            return duck("_1 // _2", left, right)
        if result.this == T.DECIMAL:
            return _divide_decimals(left, right, result)
        name = types.duckdb_type(result)
        return duck(f"CAST(_1 AS {name}) / CAST(_2 AS {name})", left, right)
    if result.this == T.DECIMAL:
        name = types.duckdb_type(result)
        sign = {exp.Add: "+", exp.Sub: "-", exp.Mul: "*"}[type(node)]
        return duck(f"CAST(_1 {sign} _2 AS {name})", left, right)
    return None


def _divide_decimals(left: exp.Expression, right: exp.Expression, result: exp.DataType) -> exp.Expression:
    """Decimals divided exactly, rounded half away from zero at the result's scale, through whole numbers."""
    s1, s2, scale = types.digits(kind(left))[1], types.digits(kind(right))[1], types.digits(result)[1]
    shift = 10 ** (scale - s1 + s2)
    numerator = f"CAST(_1 * {10**s1} AS HUGEINT) * {shift}"
    denominator = f"CAST(_2 * {10**s2} AS HUGEINT)"
    quotient = (
        f"(2 * abs({numerator}) + abs({denominator})) // (2 * abs({denominator}))"
        f" * sign({numerator}) * sign({denominator})"
    )
    unit = f"CAST('{'1' if scale == 0 else '0.' + '1'.rjust(scale, '0')}' AS DECIMAL({scale + 1}, {scale}))"
    value = f"CAST(CAST({quotient} AS DECIMAL({37 - scale}, 0)) * {unit} AS {types.duckdb_type(result)})"
    return duck(value, left, right)


def _time_arithmetic(node: exp.Expression) -> exp.Expression:
    moment, interval = node.this, node.expression
    if types.family(kind(moment)) == "interval":
        moment, interval = interval, moment
    sign = "-" if isinstance(node, exp.Sub) else "+"
    return duck(f"CAST(_1 {sign} _2 AS {types.duckdb_type(kind(node))})", moment, interval)


def _interval(node: exp.Interval) -> exp.Expression:
    unit = node.args.get("unit")
    number = node.this.name if isinstance(node.this, exp.Literal) else ""
    if not isinstance(unit, exp.Var) or not re.fullmatch(r"[+-]?\d+", number):
        raise NotSupported(f"the interval {node.sql(dialect='trino')}", node)
    return duck(f"CAST('{int(number)} {unit.name.lower()}' AS INTERVAL)")


def _cast(node: exp.Cast) -> exp.Expression:
    given = types.params(node.to) if node.to.this == T.VARCHAR else []
    if node.to.this == T.CHAR:
        raise NotSupported("the type char", node)
    if (
        node.to.this == T.TIMESTAMP
        and types.params(node.to) not in ([], [3])
        and not isinstance(node.this, exp.Literal)
    ):
        raise NotSupported(f"casts to {node.to.sql(dialect='trino').lower()}; use timestamp", node)
    if isinstance(node.this, exp.Column | exp.Null) and kind(node.this).this == T.NULL:
        return duck(f"CAST(_1 AS {types.duckdb_type(kind(node))})", node.this)
    return cast(node.this, kind(node), given[0] if given else None, isinstance(node, exp.TryCast))


def _call(node: exp.Anonymous) -> exp.Expression | None:
    name = node.name.lower()
    function = functions.lookup(node)
    if function.aggregate:
        return _aggregate(node, name, function)
    arguments = list(node.expressions)
    if name == "date":
        return cast(arguments[0], functions.DATE, None, safe=False)
    if name == "mod":
        operator = exp.Mod(this=arguments[0], expression=arguments[1])
        operator.type = node.type
        return _arithmetic(operator) or operator
    if callable(function.duck):
        built = function.duck(arguments)
    elif "_1" in function.duck or not function.duck.isidentifier():
        built = duck(function.duck, *arguments)
    else:
        marks = ", ".join(f"_{i}" for i in range(1, len(arguments) + 1))
        built = duck(f"{function.duck}({marks})", *arguments)
    return duck(f"CAST(_1 AS {types.duckdb_type(kind(node))})", built) if function.cast else built


def _aggregate(node: exp.Anonymous, name: str, function: functions.Function) -> None:
    """Renames the call in place, so that OVER and FILTER around it stay, and casts the outermost."""
    node.set("this", function.duck)
    if name == "approx_distinct":
        node.set("this", "count")
        node.set("expressions", [exp.Distinct(expressions=[node.expressions[0].copy()])])
    if not function.cast:
        return
    top: exp.Expression = node
    while (
        isinstance(top.parent, exp.Filter | exp.IgnoreNulls | exp.RespectNulls | exp.Window) and top.arg_key == "this"
    ):
        top = top.parent
    built = exp.Cast(this=exp.Null(), to=kind(node).copy())
    built.type = node.type
    top.replace(built)
    built.set("this", top)


_EXTRACTS = {"DAY_OF_WEEK": "isodow", "DOW": "isodow", "DAY_OF_YEAR": "dayofyear", "DOY": "dayofyear"}


def _extract(node: exp.Extract) -> exp.Expression:
    field = node.this.name.upper()
    if field not in (*_EXTRACTS, "YEAR", "QUARTER", "MONTH", "WEEK", "DAY", "HOUR", "MINUTE", "SECOND"):
        raise NotSupported(f"EXTRACT({field})", node)
    return duck(f"{_EXTRACTS.get(field, field.lower())}(_1)", node.expression)


def _substring(node: exp.Substring) -> exp.Expression:
    arguments = [node.this, node.args.get("start"), node.args.get("length")]
    return functions.FUNCTIONS["substr"].duck([a for a in arguments if a is not None])


def _trim(node: exp.Trim) -> exp.Expression:
    side = {"LEADING": "ltrim", "TRAILING": "rtrim"}.get((node.args.get("position") or "").upper(), "trim")
    if node.expression is None:
        return functions.FUNCTIONS[side].duck([node.this])
    return duck(f"{side}(_1, _2)", node.this, node.expression)


def _bracket(node: exp.Bracket) -> exp.Expression:
    """A subscript; Trino fails outside the array, DuckDB gives NULL."""
    if kind(node.this).this != T.ARRAY:
        raise NotSupported(f"subscripts of {types.display(kind(node.this))}", node)
    index = node.expressions[0]
    outside = failure(
        "CASE WHEN _2 < 1 THEN 'INVALID_FUNCTION_ARGUMENT: SQL array indices start at 1'"
        " ELSE 'INVALID_FUNCTION_ARGUMENT: Array subscript must be less than or equal to array length' END"
    )
    position = f"CASE WHEN _2 < 1 OR _2 > len(_1) THEN {outside} ELSE _2 END"
    return duck(f"list_extract(_1, {position})", node.this, index)


def _time_zone(node: exp.AtTimeZone) -> exp.Expression:
    if functions.literal_text(node.args["zone"], "a time zone").upper() != "UTC":
        raise NotSupported("time zones other than UTC", node)
    return duck("timezone('UTC', _1)" if kind(node.this).this == T.TIMESTAMP else "_1", node.this)


_HANDLERS: dict[type, Callable[..., exp.Expression | None]] = {
    exp.Literal: _literal,
    **dict.fromkeys(ARITHMETIC, _arithmetic),
    exp.Interval: _interval,
    **dict.fromkeys((exp.Cast, exp.TryCast), _cast),
    exp.Anonymous: _call,
    exp.DPipe: lambda node: duck("_1 || _2", node.this, node.expression),
    exp.Extract: _extract,
    exp.Substring: _substring,
    exp.Trim: _trim,
    exp.StrPosition: lambda node: duck("CAST(strpos(_1, _2) AS BIGINT)", node.this, node.args["substr"]),
    exp.Localtimestamp: lambda _: duck("CAST(timezone('UTC', now()) AS TIMESTAMP)"),
    exp.Bracket: _bracket,
    exp.AtTimeZone: _time_zone,
}
