"""Types of expressions by Trino's rules, and the errors of expressions that have none.

DuckDB compares a date to a text and a number to a text without a word; Athena refuses. So every node is typed
here before anything is translated, and what can't be typed isn't run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from sqlglot import exp
from sqlglot.optimizer.annotate_types import annotate_types
from sqlglot.optimizer.scope import traverse_scope
from sqlglot.schema import MappingSchema

from sandbox.athena import functions, types
from sandbox.athena.errors import NotSupported, QueryError
from sandbox.athena.types import T

BOOLEAN, VARCHAR, BIGINT = functions.BOOLEAN, functions.VARCHAR, functions.BIGINT
UNKNOWN = types.simple(T.UNKNOWN)
_SIGNS = {
    **{exp.Add: "+", exp.Sub: "-", exp.Mul: "*", exp.Div: "/", exp.Mod: "%"},
    **{exp.EQ: "=", exp.NEQ: "<>", exp.LT: "<", exp.LTE: "<=", exp.GT: ">", exp.GTE: ">="},
    **{exp.NullSafeEQ: "IS DISTINCT FROM", exp.NullSafeNEQ: "IS DISTINCT FROM"},
}
COMPARISONS = (exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE, exp.NullSafeEQ, exp.NullSafeNEQ)
ARITHMETIC = (exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Mod)


def kind(node: exp.Expression | None) -> exp.DataType:
    return (node.type if node is not None and node.type is not None else None) or UNKNOWN


def _mismatch(node: exp.Expression, left: exp.DataType, right: exp.DataType) -> QueryError:
    names = f"{types.display(left)}, {types.display(right)}"
    return QueryError(
        "TYPE_MISMATCH", f"Cannot apply operator: {names.replace(', ', f' {_SIGNS[type(node)]} ', 1)}", node
    )


def _literal(node: exp.Literal) -> exp.DataType:
    if node.is_string:
        return VARCHAR
    text = node.name
    if "e" in text.lower():
        return types.simple(T.DOUBLE)
    if "." in text:
        whole, fraction = text.split(".")
        return types.decimal(max(1, len(whole.lstrip("0")) + len(fraction)), len(fraction))
    value = int(text)
    if value >= 2**63:
        raise QueryError("INVALID_LITERAL", f"Invalid numeric literal: {text}", node)
    return types.simple(T.INT if value < 2**31 else T.BIGINT)


def _comparison(node: exp.Expression) -> exp.DataType:
    left, right = kind(node.this), kind(node.expression)
    if types.common(left, right) is None:
        raise _mismatch(node, left, right)
    return BOOLEAN


def _same(node: exp.Expression, values: Iterable[exp.Expression], message: str) -> exp.DataType:
    result = types.simple(T.NULL)
    for value in values:
        merged = types.common(result, kind(value))
        if merged is None:
            raise QueryError(
                "TYPE_MISMATCH", f"{message}: {types.display(result)} vs {types.display(kind(value))}", node
            )
        result = merged
    return result


def arithmetic(operator: type, left: exp.DataType, right: exp.DataType) -> exp.DataType | None:
    """The type of ``left operator right`` (numbers), by Trino's rules for decimals."""
    result = types.common(left, right)
    if result is None or result.this != T.DECIMAL:
        return result
    (p1, s1), (p2, s2) = types.digits(left), types.digits(right)
    scale = max(s1, s2)
    if operator is exp.Mul:
        return types.decimal(p1 + p2, s1 + s2)
    if operator is exp.Div:
        return types.decimal(p1 + s2 + max(0, s2 - s1), scale)
    if operator is exp.Mod:
        return types.decimal(min(p1 - s1, p2 - s2) + scale, scale)
    return types.decimal(max(p1 - s1, p2 - s2) + scale + 1, scale)


def _moved(node: exp.Expression, moment: exp.DataType, interval: exp.Expression) -> exp.DataType:
    unit = interval.args.get("unit") if isinstance(interval, exp.Interval) else None
    if unit is None:
        raise NotSupported(f"the interval {interval.sql(dialect='trino')}", node)
    if moment.this == T.DATE and unit.name.upper() not in ("DAY", "WEEK", "MONTH", "YEAR"):
        raise QueryError("INVALID_FUNCTION_ARGUMENT", "Cannot add hour, minutes or seconds to a date", node)
    return moment


def _arithmetic(node: exp.Expression) -> exp.DataType:
    left, right = kind(node.this), kind(node.expression)
    families = (types.family(left), types.family(right))
    if families == ("time", "interval") and isinstance(node, exp.Add | exp.Sub):
        return _moved(node, left, node.expression)
    if families == ("interval", "time") and isinstance(node, exp.Add):
        return _moved(node, right, node.this)
    if T.NULL in (left.this, right.this) and "any" in families:
        return right if left.this == T.NULL else left
    if families == ("time", "time"):
        raise NotSupported("differences of dates and times; use date_diff", node)
    if "any" in families:
        raise NotSupported(f"{_SIGNS[type(node)]} on a value whose type it can't tell; cast it to a type", node)
    result = arithmetic(type(node), left, right)
    if result is None or families != ("number", "number"):
        raise _mismatch(node, left, right)
    return result


def _concatenation(node: exp.Expression) -> exp.DataType:
    for side in (node.this, node.expression):
        if types.family(kind(side)) not in ("text", "any"):
            given = f"{types.display(kind(node.this))}, {types.display(kind(node.expression))}"
            raise QueryError("FUNCTION_NOT_FOUND", f"Unexpected parameters ({given}) for function concat", node)
    return VARCHAR


def _boolean_operands(node: exp.Expression) -> exp.DataType:
    for side in (node.this, node.args.get("expression")):
        if isinstance(side, exp.Expression) and types.family(kind(side)) not in ("boolean", "any"):
            raise QueryError(
                "TYPE_MISMATCH",
                f"Logical expression term must evaluate to a boolean (actual: {types.display(kind(side))})",
                side,
            )
    return BOOLEAN


def _case(node: exp.Case) -> exp.DataType:
    for branch in node.args["ifs"]:
        if node.this is not None:
            _same(node, [node.this, branch.this], "CASE operand type does not match WHEN clause operand type")
        else:
            _boolean_operands(branch)
    values = [branch.args["true"] for branch in node.args["ifs"]]
    default = [node.args["default"]] if node.args.get("default") is not None else []
    return _same(node, values + default, "All CASE results must be the same type")


def _if(node: exp.If) -> exp.DataType:
    if isinstance(node.parent, exp.Case):
        return kind(node.args["true"])
    _boolean_operands(node)
    values = [v for v in (node.args["true"], node.args.get("false")) if v is not None]
    return _same(node, values, "Result types for IF must be the same")


def _in(node: exp.In) -> exp.DataType:
    query = node.args.get("query")
    selects = query.this.selects[:1] if isinstance(query, exp.Subquery) else []
    _same(node, [node.this, *node.expressions, *selects], "IN value and list items must be the same type")
    return BOOLEAN


def _between(node: exp.Between) -> exp.DataType:
    bounds = [node.this, node.args["low"], node.args["high"]]
    _same(node, bounds, "Cannot check if value is BETWEEN bounds")
    return BOOLEAN


def _text_only(node: exp.Expression) -> exp.DataType:
    target = node.this.this if isinstance(node, exp.Escape) else node.this
    if types.family(kind(target)) not in ("text", "any"):
        raise QueryError(
            "TYPE_MISMATCH",
            f"Left side of LIKE must evaluate to a varchar (actual: {types.display(kind(target))})",
            node,
        )
    return BOOLEAN


def _call(node: exp.Anonymous) -> exp.DataType:
    function = functions.lookup(node)
    arguments: list[exp.DataType] = []
    for argument in node.expressions:
        inner = argument
        while isinstance(inner, exp.Order) and inner.this is not None:
            inner = inner.this
        if isinstance(inner, exp.Distinct):
            arguments += [kind(value) for value in inner.expressions]
        elif not isinstance(inner, exp.Star):
            arguments.append(kind(inner))
    functions.check(node, function, arguments)
    return function.result(arguments)


def _negation(node: exp.Neg) -> exp.DataType:
    if types.family(kind(node.this)) not in ("number", "interval"):
        raise QueryError("TYPE_MISMATCH", f"Cannot negate {types.display(kind(node.this))}", node)
    return kind(node.this)


def _cast(node: exp.Cast) -> exp.DataType:
    return types.parse_type(node.to.sql(dialect="trino"))


def _coalesce(node: exp.Coalesce) -> exp.DataType:
    """What JOIN … USING makes of its columns; a written coalesce() is a call."""
    return _same(node, [node.this, *node.expressions], "JOIN USING columns must be the same type")


def _subquery(node: exp.Subquery) -> exp.DataType:
    selects = node.this.selects if isinstance(node.this, exp.Query) else []
    return kind(selects[0]) if len(selects) == 1 else UNKNOWN


def _array(node: exp.Array) -> exp.DataType:
    return types.array(_same(node, node.expressions, "All ARRAY elements must be the same type"))


def _element(node: exp.Bracket) -> exp.DataType:
    array = kind(node.this)
    return array.expressions[0] if array.this == T.ARRAY and array.expressions else UNKNOWN


def _this(node: exp.Expression) -> exp.DataType:
    return kind(node.this)


RULES: dict[type, Callable[..., exp.DataType]] = {
    exp.Literal: _literal,
    exp.Boolean: lambda _: BOOLEAN,
    exp.Null: lambda _: types.simple(T.NULL),
    **dict.fromkeys(COMPARISONS, _comparison),
    **dict.fromkeys(ARITHMETIC, _arithmetic),
    **dict.fromkeys((exp.And, exp.Or, exp.Not, exp.Where, exp.Having), _boolean_operands),
    **dict.fromkeys((exp.Like, exp.Escape), _text_only),
    **dict.fromkeys((exp.Is, exp.Exists), lambda _: BOOLEAN),
    **dict.fromkeys((exp.Alias, exp.Paren, exp.Window, exp.Filter, exp.IgnoreNulls, exp.RespectNulls), _this),
    **dict.fromkeys((exp.Order, exp.Ordered, exp.Any, exp.All), _this),
    **dict.fromkeys((exp.Cast, exp.TryCast), _cast),
    exp.Anonymous: _call,
    exp.Coalesce: _coalesce,
    exp.DPipe: _concatenation,
    exp.Case: _case,
    exp.If: _if,
    exp.In: _in,
    exp.Between: _between,
    exp.Neg: _negation,
    exp.Interval: lambda _: types.simple(T.INTERVAL),
    exp.Extract: lambda _: BIGINT,
    exp.Substring: lambda _: VARCHAR,
    exp.Trim: lambda _: VARCHAR,
    exp.StrPosition: lambda _: BIGINT,
    exp.CurrentDate: lambda _: functions.DATE,
    exp.CurrentTimestamp: lambda _: functions.TIMESTAMPTZ,
    exp.Localtimestamp: lambda _: functions.TIMESTAMP,
    exp.AtTimeZone: lambda _: functions.TIMESTAMPTZ,
    exp.Subquery: _subquery,
    exp.Array: _array,
    exp.Bracket: _element,
    exp.Pseudocolumn: lambda _: VARCHAR,
}


def _annotator(rule: Callable[..., exp.DataType]) -> dict:
    def annotate(annotator, node: exp.Expression) -> exp.Expression:
        annotator._set_type(node, rule(node).copy())
        return node

    return {"annotator": annotate}


_METADATA = {node: _annotator(rule) for node, rule in RULES.items()}


def annotate(query: exp.Expression, schema: MappingSchema) -> exp.Expression:
    """Types every node of a qualified query; the first expression without a type in Trino raises."""
    annotated = annotate_types(query, schema=schema, expression_metadata=_METADATA, coerces_to={})
    for scope in traverse_scope(annotated):
        if isinstance(scope.expression, exp.SetOperation):
            _check_set_operation(scope.expression)
    return annotated


def _check_set_operation(node: exp.SetOperation) -> None:
    left, right = node.left.selects, node.right.selects
    if len(left) != len(right):
        raise QueryError(
            "TYPE_MISMATCH",
            f"{node.key.upper()} query has different number of fields: {len(left)}, {len(right)}",
            node,
        )
    for position, (a, b) in enumerate(zip(left, right, strict=True), 1):
        if types.common(kind(a), kind(b)) is None:
            raise QueryError(
                "TYPE_MISMATCH",
                f"column {position} in {node.key.upper()} query has incompatible types: "
                f"{types.display(kind(a))}, {types.display(kind(b))}",
                node,
            )
