"""The functions that the sandbox answers as Athena does.

What they take, what they return, what DuckDB calls them.

A function that isn't in this table fails with NOT_SUPPORTED. Parameters are written as one letter each: ``t``
text, ``i`` integer, ``n`` number, ``d`` date or timestamp, ``b`` boolean, ``a`` array, ``x`` anything, ``s``
the same kind as the first; ``?`` after a letter makes it optional, ``*`` lets it repeat.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from sqlglot import exp

from sandbox.athena import types
from sandbox.athena.dialect import duck, failure
from sandbox.athena.errors import NotSupported, QueryError
from sandbox.athena.types import T

Types = list[exp.DataType]
Arguments = list[exp.Expression]


@dataclass(frozen=True)
class Function:
    """``duck`` is a template (``_1`` …) or a function from the arguments.

    ``aggregate`` keeps the call's shape.
    """

    parameters: str
    returns: exp.DataType | Callable[[Types], exp.DataType]
    duck: str | Callable[[Arguments], exp.Expression]
    aggregate: bool = False
    cast: bool = False  # DuckDB's result is of another type: cast it to ``returns``

    def result(self, arguments: Types) -> exp.DataType:
        return self.returns(arguments) if callable(self.returns) else self.returns.copy()


INT, BIGINT, DOUBLE, VARCHAR, BOOLEAN, DATE, TIMESTAMP, TIMESTAMPTZ = (
    types.simple(t) for t in (T.INT, T.BIGINT, T.DOUBLE, T.VARCHAR, T.BOOLEAN, T.DATE, T.TIMESTAMP, T.TIMESTAMPTZ)
)
_FAMILY = {"t": "text", "n": "number", "d": "time", "b": "boolean", "a": "array"}
_UNITS = ("millisecond", "second", "minute", "hour", "day", "week", "month", "quarter", "year")
_DATE_UNITS = _UNITS[4:]
_WHITESPACE = " \t\n\r\x0b\x0c"


def first(arguments: Types) -> exp.DataType:
    return arguments[0].copy()


def widest(arguments: Types) -> exp.DataType:
    result = arguments[0]
    for other in arguments[1:]:
        result = types.common(result, other) or result
    return result.copy()


def element(arguments: Types) -> exp.DataType:
    return arguments[0].expressions[0].copy()


def _sum(arguments: Types) -> exp.DataType:
    kind = arguments[0]
    if kind.this in types.INTEGERS:
        return BIGINT.copy()
    return types.decimal(38, types.digits(kind)[1]) if kind.this == T.DECIMAL else kind.copy()


def _avg(arguments: Types) -> exp.DataType:
    return arguments[0].copy() if arguments[0].this in (T.DECIMAL, T.FLOAT) else DOUBLE.copy()


def _rounded(arguments: Types) -> exp.DataType:
    kind = arguments[0]
    if kind.this != T.DECIMAL:
        return kind.copy()
    precision, scale = types.digits(kind)
    if len(arguments) > 1:
        return types.decimal(precision + 1, scale)
    return types.decimal(precision - scale + min(scale, 1), 0)


def _round_like(name: str) -> Callable[[Arguments], exp.Expression]:
    def build(arguments: Arguments) -> exp.Expression:
        value = arguments[0]
        if value.type is not None and value.type.this in types.INTEGERS:
            if len(arguments) > 1 and not _number(arguments[1]) >= 0:
                raise NotSupported(f"{name} of an integer to negative digits", value)
            return value.copy()
        marks = ", ".join(f"_{i}" for i in range(1, len(arguments) + 1))
        return duck(f"{name}({marks})", *arguments)

    return build


def _number(node: exp.Expression) -> float:
    return float(node.name) if isinstance(node, exp.Literal) and not node.is_string else float("nan")


def literal_text(node: exp.Expression, what: str) -> str:
    if isinstance(node, exp.Literal) and node.is_string:
        return node.name
    raise NotSupported(f"{what} that isn't a literal", node)


def _unit(node: exp.Expression, value: exp.Expression) -> str:
    unit = literal_text(node, "a unit of time").lower()
    allowed = _DATE_UNITS if value.type is not None and value.type.this == T.DATE else _UNITS
    if unit not in allowed:
        raise QueryError(
            "INVALID_FUNCTION_ARGUMENT", f"'{unit}' is not a valid {types.display(value.type).upper()} field"
        )
    return unit


def _date_or_same(node: exp.Expression, built: exp.Expression) -> exp.Expression:
    """DuckDB turns date arithmetic into timestamps; Trino keeps dates."""
    return duck("CAST(_1 AS DATE)", built) if node.type is not None and node.type.this == T.DATE else built


def _date_add(arguments: Arguments) -> exp.Expression:
    unit_node, count, value = arguments
    unit = _unit(unit_node, value)
    factor, step = {"week": (7, "days"), "quarter": (3, "months")}.get(unit, (1, f"{unit}s"))
    return _date_or_same(value, duck(f"_1 + to_{step}(CAST(_2 * {factor} AS INTEGER))", value, count))


def _date_diff(arguments: Arguments) -> exp.Expression:
    unit_node, start, end = arguments
    unit = _unit(unit_node, start)
    if unit not in ("month", "quarter", "year"):
        return duck(f"date_sub('{unit}', CAST(_1 AS TIMESTAMP), CAST(_2 AS TIMESTAMP))", start, end)
    # Whole months: as many as can be added to the start without passing the end.
    months = duck("date_diff('month', CAST(_1 AS TIMESTAMP), CAST(_2 AS TIMESTAMP))", start, end)
    whole = duck(
        "_3 - CASE WHEN _1 <= _2 AND _1 + to_months(CAST(_3 AS INTEGER)) > _2 THEN 1"
        " WHEN _1 > _2 AND _1 + to_months(CAST(_3 AS INTEGER)) < _2 THEN -1 ELSE 0 END",
        start,
        end,
        months,
    )
    return duck(f"_1 // { {'month': 1, 'quarter': 3, 'year': 12}[unit] }", whole)


def _date_trunc(arguments: Arguments) -> exp.Expression:
    unit = _unit(arguments[0], arguments[1])
    return _date_or_same(arguments[1], duck(f"date_trunc('{unit}', _1)", arguments[1]))


_FORMAT = {
    **{c: f"%{c}" for c in "YymdHSpajfb"},
    **{"i": "%M", "s": "%S", "M": "%B", "W": "%A", "T": "%H:%M:%S", "e": "%-d", "c": "%-m", "k": "%-H"},
    **{"h": "%I", "I": "%I", "l": "%-I", "%": "%%"},
}


def _format(node: exp.Expression) -> exp.Expression:
    """A MySQL-style format, as date_format and date_parse take, in DuckDB's (strftime's) letters."""

    def letter(match: re.Match[str]) -> str:
        if match[1] not in _FORMAT:
            raise NotSupported(f"the date format %{match[1]}", node)
        return _FORMAT[match[1]]

    return exp.Literal.string(re.sub(r"%(.?)", letter, literal_text(node, "a date format")))


def _substr(arguments: Arguments) -> exp.Expression:
    text, start = arguments[0], arguments[1]
    length = "" if len(arguments) < 3 else ", greatest(_3, 0)"
    if _number(start) > 0:
        return duck(f"substr(_1, _2{length})", *arguments)
    return duck(
        f"CASE WHEN _1 IS NULL THEN NULL WHEN _2 = 0 OR -_2 > length(_1) THEN '' ELSE substr(_1, _2{length}) END",
        text,
        start,
        *arguments[2:],
    )


def _regexp_replace(arguments: Arguments) -> exp.Expression:
    replacement = literal_text(arguments[2], "a replacement") if len(arguments) > 2 else ""
    if "\\" in replacement or "${" in replacement:
        raise NotSupported("escapes and named groups in a replacement", arguments[2])
    in_duckdb = exp.Literal.string(re.sub(r"\$(\d)", r"\\\1", replacement))
    return duck("regexp_replace(_1, _2, _3, 'g')", arguments[0], arguments[1], in_duckdb)


def _regexp_extract(arguments: Arguments) -> exp.Expression:
    group = arguments[2] if len(arguments) > 2 else exp.Literal.number(0)
    return duck("CASE WHEN regexp_matches(_1, _2) THEN regexp_extract(_1, _2, _3) END", *arguments[:2], group)


def _concat(arguments: Arguments) -> exp.Expression:
    marks = " || ".join(f"_{i}" for i in range(1, len(arguments) + 1))
    return duck(marks, *arguments)


def _extreme(name: str) -> Callable[[Arguments], exp.Expression]:
    def build(arguments: Arguments) -> exp.Expression:
        marks = [f"_{i}" for i in range(1, len(arguments) + 1)]
        any_null = " OR ".join(f"{mark} IS NULL" for mark in marks)
        return duck(f"CASE WHEN {any_null} THEN NULL ELSE {name}({', '.join(marks)}) END", *arguments)

    return build


def _element_at(arguments: Arguments) -> exp.Expression:
    if arguments[0].type is not None and arguments[0].type.this != T.ARRAY:
        raise NotSupported("element_at of maps", arguments[0])
    zero = failure("'INVALID_FUNCTION_ARGUMENT: SQL array indices start at 1'")
    return duck(f"list_extract(_1, CASE WHEN _2 = 0 THEN {zero} ELSE _2 END)", *arguments)


def _plain(*names: str, parameters: str, returns, **more) -> dict[str, Function]:
    """Functions that DuckDB has under the same name and with the same meaning."""
    return {name: Function(parameters, returns, name, **more) for name in names}


_AGGREGATES = {
    "count": Function("x?", BIGINT, "count", aggregate=True),
    "count_if": Function("b", BIGINT, "count_if", aggregate=True, cast=True),
    "sum": Function("n", _sum, "sum", aggregate=True, cast=True),
    "avg": Function("n", _avg, "avg", aggregate=True, cast=True),
    "arbitrary": Function("x", first, "any_value", aggregate=True),
    "any_value": Function("x", first, "any_value", aggregate=True),
    # Exact, which no approximation contradicts.
    "approx_distinct": Function("x", BIGINT, "approx_distinct", aggregate=True),
    "approx_percentile": Function("nn", first, "quantile_disc", aggregate=True, cast=True),
    "array_agg": Function("x", lambda a: types.array(a[0]), "array_agg", aggregate=True),
    "every": Function("b", BOOLEAN, "bool_and", aggregate=True),
    **_plain("min", "max", parameters="x", returns=first, aggregate=True),
    **_plain("min_by", "max_by", parameters="xx", returns=first, aggregate=True),
    **_plain("bool_and", "bool_or", parameters="b", returns=BOOLEAN, aggregate=True),
    **_plain(
        *("stddev", "stddev_samp", "stddev_pop", "variance", "var_samp", "var_pop"),
        parameters="n",
        returns=DOUBLE,
        aggregate=True,
    ),
    **_plain("corr", parameters="nn", returns=DOUBLE, aggregate=True),
    **_plain("row_number", "rank", "dense_rank", parameters="", returns=BIGINT, aggregate=True),
    **_plain("percent_rank", "cume_dist", parameters="", returns=DOUBLE, aggregate=True),
    **_plain("ntile", parameters="i", returns=BIGINT, aggregate=True),
    **_plain("first_value", "last_value", parameters="x", returns=first, aggregate=True),
    **_plain("nth_value", parameters="xi", returns=first, aggregate=True),
    **_plain("lag", "lead", parameters="xi?s?", returns=first, aggregate=True),
}

_TEXT = {
    **_plain("length", parameters="t", returns=BIGINT),
    **_plain("lower", "upper", parameters="t", returns=VARCHAR),
    **_plain("strpos", parameters="tt", returns=BIGINT, cast=True),
    **_plain("starts_with", parameters="tt", returns=BOOLEAN),
    "substr": Function("tii?", VARCHAR, _substr),
    "substring": Function("tii?", VARCHAR, _substr),
    "trim": Function("t", VARCHAR, lambda a: duck("trim(_1, _2)", a[0], exp.Literal.string(_WHITESPACE))),
    "ltrim": Function("t", VARCHAR, lambda a: duck("ltrim(_1, _2)", a[0], exp.Literal.string(_WHITESPACE))),
    "rtrim": Function("t", VARCHAR, lambda a: duck("rtrim(_1, _2)", a[0], exp.Literal.string(_WHITESPACE))),
    "lpad": Function("tit", VARCHAR, "lpad(_1, CAST(_2 AS INTEGER), _3)"),
    "rpad": Function("tit", VARCHAR, "rpad(_1, CAST(_2 AS INTEGER), _3)"),
    "replace": Function(
        "ttt?",
        VARCHAR,
        lambda a: duck("replace(_1, _2, _3)", *a, *([exp.Literal.string("")] if len(a) < 3 else [])),
    ),
    "concat": Function("tt*", VARCHAR, _concat),
    "split": Function("tt", types.array(VARCHAR), "string_split(_1, _2)"),
    # NULL beyond the last part (DuckDB's split_part gives '').
    "split_part": Function(
        "tti",
        VARCHAR,
        "CASE WHEN _3 < 1 THEN "
        + failure("'INVALID_FUNCTION_ARGUMENT: Index must be greater than zero'", "VARCHAR")
        + " ELSE list_extract(string_split(_1, _2), _3) END",
    ),
    "chr": Function("i", VARCHAR, "chr(CAST(_1 AS INTEGER))"),
    "regexp_like": Function("tt", BOOLEAN, "regexp_matches(_1, _2)"),
    "regexp_extract": Function("tti?", VARCHAR, _regexp_extract),
    "regexp_replace": Function("ttt?", VARCHAR, _regexp_replace),
}

_MATHS = {
    **_plain("abs", parameters="n", returns=first),
    **_plain("sqrt", "ln", "log10", "log2", "exp", parameters="n", returns=DOUBLE),
    **{name: Function("nn", DOUBLE, "pow(CAST(_1 AS DOUBLE), CAST(_2 AS DOUBLE))") for name in ("power", "pow")},
    "mod": Function("nn", widest, "mod"),  # rewritten to the operator
    "sign": Function("n", first, "sign", cast=True),
    "round": Function("ni?", _rounded, _round_like("round")),
    **{name: Function("n", _rounded, _round_like("ceil")) for name in ("ceil", "ceiling")},
    "floor": Function("n", _rounded, _round_like("floor")),
    **{name: Function("xs*", widest, _extreme(name)) for name in ("greatest", "least")},
    "is_nan": Function("n", BOOLEAN, "isnan(CAST(_1 AS DOUBLE))"),
    "pi": Function("", DOUBLE, "pi()"),
}

_TIME = {
    **_plain("year", "month", "day", "quarter", parameters="d", returns=BIGINT),
    **_plain("hour", "minute", "second", parameters="d", returns=BIGINT),
    **{name: Function("d", BIGINT, "week(_1)") for name in ("week", "week_of_year")},
    **{name: Function("d", BIGINT, "isodow(_1)") for name in ("day_of_week", "dow")},
    **{name: Function("d", BIGINT, "dayofyear(_1)") for name in ("day_of_year", "doy")},
    "day_of_month": Function("d", BIGINT, "day(_1)"),
    "last_day_of_month": Function("d", DATE, "last_day(_1)"),
    "date_add": Function("tid", lambda a: a[2].copy(), _date_add),
    "date_diff": Function("tdd", BIGINT, _date_diff),
    "date_trunc": Function("td", lambda a: a[1].copy(), _date_trunc),
    "date_format": Function("dt", VARCHAR, lambda a: duck("strftime(CAST(_1 AS TIMESTAMP), _2)", a[0], _format(a[1]))),
    "date_parse": Function("tt", TIMESTAMP, lambda a: duck("strptime(_1, _2)", a[0], _format(a[1]))),
    "to_iso8601": Function("d", VARCHAR, lambda a: _iso8601(a[0])),
    "from_iso8601_date": Function("t", DATE, lambda a: duck("CAST(strptime(_1, '%Y-%m-%d') AS DATE)", a[0])),
    "from_unixtime": Function("n", TIMESTAMPTZ, "to_timestamp(CAST(_1 AS DOUBLE))"),
    "to_unixtime": Function("d", DOUBLE, "epoch(_1)"),
    "now": Function("", TIMESTAMPTZ, "now()"),
}

_OTHER = {
    "coalesce": Function(
        "xs*", widest, lambda a: exp.Coalesce(this=a[0].copy(), expressions=[x.copy() for x in a[1:]])
    ),
    "nullif": Function("xs", first, "nullif(_1, _2)"),
    "try": Function("x", first, "TRY(_1)"),
    "date": Function("x", DATE, "date"),  # rewritten to a cast
    "cardinality": Function("a", BIGINT, "len(_1)"),
    "element_at": Function("ai", element, _element_at),
    "contains": Function("ax", BOOLEAN, "list_contains(_1, _2)"),
    "array_distinct": Function("a", first, "list_distinct(_1)"),
    "array_join": Function("at", VARCHAR, "array_to_string(_1, _2)"),
    "array_max": Function("a", element, "list_max(_1)"),
    "array_min": Function("a", element, "list_min(_1)"),
}

FUNCTIONS: dict[str, Function] = {**_AGGREGATES, **_TEXT, **_MATHS, **_TIME, **_OTHER}


def _iso8601(value: exp.Expression) -> exp.Expression:
    if value.type is not None and value.type.this == T.DATE:
        return duck("strftime(_1, '%Y-%m-%d')", value)
    if value.type is not None and value.type.this == T.TIMESTAMP:
        return duck("strftime(_1, '%Y-%m-%dT%H:%M:%S.%g')", value)
    raise NotSupported("to_iso8601 of a timestamp with time zone", value)


def lookup(call: exp.Anonymous) -> Function:
    name = call.name.lower()
    function = FUNCTIONS.get(name)
    if function is None:
        raise NotSupported(f"the function {name} (if it is one of Athena's)", call)
    return function


def check(call: exp.Anonymous, function: Function, arguments: Types) -> None:
    """Athena's error when the arguments are too few, too many or of another kind."""
    letters = re.findall(r"([a-z])([?*]?)", function.parameters)
    required = sum(1 for _, mark in letters if not mark)
    most = len(arguments) if letters and letters[-1][1] == "*" else len(letters)
    fits = required <= len(arguments) <= most
    for position, kind in enumerate(arguments):
        if not fits:
            break
        letter = letters[min(position, len(letters) - 1)][0]
        family = types.family(kind)
        if family == "any" or letter == "x":
            continue
        if letter == "i":
            fits = kind.this in types.INTEGERS
        elif letter == "s":
            fits = types.common(arguments[0], kind) is not None
        else:
            fits = family == _FAMILY[letter]
    if not fits:
        given = ", ".join(types.display(kind) for kind in arguments)
        raise QueryError(
            "FUNCTION_NOT_FOUND", f"Unexpected parameters ({given}) for function {call.name.lower()}", call
        )
