"""CAST and TRY_CAST as Trino does them, in DuckDB's SQL.

DuckDB reads more texts as numbers and dates than Trino ('1.5' as an integer, '2024/09/14' as a date), rounds
doubles half to even and prints timestamps without milliseconds: each would be a silently different answer.
"""

from __future__ import annotations

from sqlglot import exp

from sandbox.athena import types
from sandbox.athena.dialect import duck, failure
from sandbox.athena.errors import NotSupported, QueryError
from sandbox.athena.types import T

_INTEGER = r"[+-]?[0-9]+"
_NUMBER = r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?"
_DOUBLE = rf"\s*([+-]?(NaN|Infinity)|{_NUMBER})\s*"
_DATE = r"\s*[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}\s*"
_TIMESTAMP = r"\s*[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}( +[0-9]{1,2}:[0-9]{1,2}(:[0-9]{1,2}(\.[0-9]+)?)?)?\s*"

# To the millisecond, as Athena keeps timestamps.
TO_MILLISECONDS = "date_trunc('millisecond', {} + INTERVAL '500 microseconds')"


def cast(value: exp.Expression, target: exp.DataType, text_length: int | None, safe: bool) -> exp.Expression:
    """``value`` (typed) as ``target``; ``safe`` gives NULL where CAST would fail."""
    source = value.type if value.type is not None else types.simple(T.UNKNOWN)
    if target.this == T.ARRAY or source.this == T.ARRAY:
        if types.display(source) == types.display(target):
            return value.copy()
        raise NotSupported("casts of arrays", value)
    kind, origin = types.family(target), types.family(source)
    if origin == "any":
        return duck(f"CAST(_1 AS {types.duckdb_type(target)})", value)
    if kind == "text":
        return _to_text(value, source, text_length)
    if origin == "text":
        return _from_text(value, target, safe)
    allowed = {"number": ("number", "boolean"), "boolean": ("number", "boolean"), "time": ("time",)}
    if origin not in allowed.get(kind, ()):
        raise QueryError("TYPE_MISMATCH", f"Cannot cast {types.display(source)} to {types.display(target)}", value)
    word = "TRY_CAST" if safe else "CAST"
    if target.this in types.INTEGERS and source.this in types.FLOATS:
        return duck(f"{word}(round(_1) AS {types.duckdb_type(target)})", value)
    if source.this == T.TIMESTAMPTZ and target.this in (T.DATE, T.TIMESTAMP):
        return duck(f"CAST(timezone('UTC', _1) AS {types.duckdb_type(target)})", value)
    return duck(f"{word}(_1 AS {types.duckdb_type(target)})", value)


def _to_text(value: exp.Expression, source: exp.DataType, length: int | None) -> exp.Expression:
    if source.this in (*types.FLOATS, T.TIMESTAMPTZ):
        raise NotSupported(f"casts of {types.display(source)} to varchar", value)
    if source.this == T.TIMESTAMP:
        text = duck("strftime(_1, '%Y-%m-%d %H:%M:%S.%g')", value)
    elif source.this == T.DECIMAL and len(set(types.digits(source))) == 1 and types.digits(source)[0] < 38:
        precision, scale = types.digits(source)  # only here DuckDB leaves out the zero before the point
        text = duck(f"CAST(CAST(_1 AS DECIMAL({precision + 1}, {scale})) AS VARCHAR)", value)
    else:
        text = duck("CAST(_1 AS VARCHAR)", value)
    if length is None:
        return text
    if types.family(source) != "text":
        raise NotSupported(f"casts of {types.display(source)} to varchar({length}); use varchar", value)
    return duck(f"substr(_1, 1, {length})", text)


def _from_text(value: exp.Expression, target: exp.DataType, safe: bool) -> exp.Expression:
    name = types.display(target)
    message = f"'INVALID_CAST_ARGUMENT: Cannot cast ''' || _1 || ''' to {name.upper()}'"
    if target.this in types.INTEGERS:
        name = "int" if target.this == T.INT else name
        message = f"'INVALID_CAST_ARGUMENT: Cannot cast ''' || _1 || ''' to {name.upper()}'"
        pattern, result = _INTEGER, f"TRY_CAST(_1 AS {types.duckdb_type(target)})"
    elif target.this == T.DECIMAL:
        pattern, result = _NUMBER, f"TRY_CAST(_1 AS {types.duckdb_type(target)})"
    elif target.this in types.FLOATS:
        pattern, result = _DOUBLE, f"TRY_CAST(trim(_1) AS {types.duckdb_type(target)})"
    elif target.this == T.BOOLEAN:
        pattern = "(?i)(t|true|1|f|false|0)"
        result = "lower(_1) IN ('t', 'true', '1')"
    elif target.this == T.DATE:
        pattern, result = _DATE, "TRY_CAST(trim(_1) AS DATE)"
        message = f"'INVALID_CAST_ARGUMENT: Value cannot be cast to {name}: ' || _1"
    elif target.this == T.TIMESTAMP:
        pattern, result = _TIMESTAMP, TO_MILLISECONDS.format("TRY_CAST(trim(_1) AS TIMESTAMP)")
        message = f"'INVALID_CAST_ARGUMENT: Value cannot be cast to {name}: ' || _1"
    else:
        raise NotSupported(f"casts of varchar to {name}", value)
    result = f"CASE WHEN regexp_full_match(_1, '{pattern}') THEN {result} END"
    if safe:
        return duck(result, value)
    otherwise = failure(message, types.duckdb_type(target))
    return duck(f"CASE WHEN _1 IS NULL THEN NULL ELSE coalesce({result}, {otherwise}) END", value)
