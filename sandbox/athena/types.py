"""Types: the catalogue's (Hive), the engine's (Trino) and DuckDB's, all as sqlglot types."""

from __future__ import annotations

from functools import lru_cache

from sqlglot import exp

from sandbox.athena.errors import NotSupported

T = exp.DataType.Type

INTEGERS = (T.TINYINT, T.SMALLINT, T.INT, T.BIGINT)
INTEGER_DIGITS = {T.TINYINT: 3, T.SMALLINT: 5, T.INT: 10, T.BIGINT: 19}
FLOATS = (T.FLOAT, T.DOUBLE)

_NAMES = {
    T.TINYINT: "tinyint",
    T.SMALLINT: "smallint",
    T.INT: "integer",
    T.BIGINT: "bigint",
    T.FLOAT: "float",
    T.DOUBLE: "double",
    T.BOOLEAN: "boolean",
    T.DATE: "date",
    T.TIMESTAMP: "timestamp",
    T.TIMESTAMPTZ: "timestamp with time zone",
    T.VARCHAR: "varchar",
    T.VARBINARY: "varbinary",
    T.ARRAY: "array",
    T.UNKNOWN: "unknown",
    T.NULL: "unknown",
    T.INTERVAL: "interval day to second",
}
_FAMILIES = {
    **dict.fromkeys((*INTEGERS, *FLOATS, T.DECIMAL), "number"),
    T.VARCHAR: "text",
    T.BOOLEAN: "boolean",
    T.DATE: "time",
    T.TIMESTAMP: "time",
    T.TIMESTAMPTZ: "time",
    T.ARRAY: "array",
    T.INTERVAL: "interval",
    T.VARBINARY: "binary",
}
_HIVE = {
    "tinyint": T.TINYINT,
    "smallint": T.SMALLINT,
    "int": T.INT,
    "integer": T.INT,
    "bigint": T.BIGINT,
    "float": T.FLOAT,
    "real": T.FLOAT,
    "double": T.DOUBLE,
    "boolean": T.BOOLEAN,
    "string": T.VARCHAR,
    "varchar": T.VARCHAR,
    "date": T.DATE,
    "timestamp": T.TIMESTAMP,
    **{f"timestamp({digits})": T.TIMESTAMP for digits in range(4)},
    "binary": T.VARBINARY,
    "varbinary": T.VARBINARY,
}


@lru_cache(maxsize=256)
def parse_type(text: str) -> exp.DataType:
    """The type that a Glue column or a view's column declares (``string``, ``decimal(10,2)``,
    ``array<int>``).
    """
    name = text.strip().lower()
    if name in _HIVE:
        return simple(_HIVE[name])
    if name.startswith("varchar("):
        return simple(T.VARCHAR)
    if name.startswith("decimal"):
        digits = [int(part) for part in name.removeprefix("decimal").strip("()").split(",") if part.strip()]
        return decimal(*(digits or [10]))
    for opening, closing in (("array<", ">"), ("array(", ")")):
        if name.startswith(opening) and name.endswith(closing):
            element = parse_type(name[len(opening) : -1])
            return exp.DataType(this=T.ARRAY, expressions=[element.copy()], nested=True)
    raise NotSupported(f"columns of type {text}")


def simple(kind: exp.DataType.Type) -> exp.DataType:
    return exp.DataType(this=kind)


def decimal(precision: int, scale: int = 0) -> exp.DataType:
    params = [exp.DataTypeParam(this=exp.Literal.number(n)) for n in (min(precision, 38), scale)]
    return exp.DataType(this=T.DECIMAL, expressions=params)


def array(element: exp.DataType) -> exp.DataType:
    return exp.DataType(this=T.ARRAY, expressions=[element.copy()], nested=True)


def params(kind: exp.DataType) -> list[int]:
    return [int(p.this.name) for p in kind.expressions if isinstance(p, exp.DataTypeParam)]


def digits(kind: exp.DataType) -> tuple[int, int]:
    """Precision and scale of a decimal or an integer type."""
    if kind.this in INTEGER_DIGITS:
        return INTEGER_DIGITS[kind.this], 0
    given = params(kind)
    return (given[0], given[1] if len(given) > 1 else 0) if given else (38, 0)


def family(kind: exp.DataType | None) -> str:
    """The group of types that Trino coerces into one another; ``any`` when unknown (NULL)."""
    return "any" if kind is None else _FAMILIES.get(kind.this, "any")


def common(left: exp.DataType, right: exp.DataType) -> exp.DataType | None:
    """The type both sides are coerced to, or None when Trino has none."""
    if family(left) == "any":
        return right
    if family(right) == "any":
        return left
    if family(left) != family(right):
        return None
    if family(left) == "number":
        for floating in (T.DOUBLE, T.FLOAT):
            if floating in (left.this, right.this):
                return simple(floating)
        if T.DECIMAL in (left.this, right.this):
            (p1, s1), (p2, s2) = digits(left), digits(right)
            scale = max(s1, s2)
            return decimal(max(p1 - s1, p2 - s2) + scale, scale)
        return simple(max(left.this, right.this, key=INTEGERS.index))
    if family(left) == "time":
        order = (T.DATE, T.TIMESTAMP, T.TIMESTAMPTZ)
        return simple(max(left.this, right.this, key=order.index))
    if left.this == T.ARRAY:
        element = common(left.expressions[0], right.expressions[0])
        return array(element) if element is not None else None
    return left


def display(kind: exp.DataType | None) -> str:
    """The name that Athena prints: ``varchar``, ``decimal(10,2)``, ``timestamp``."""
    if kind is None:
        return "unknown"
    if kind.this == T.DECIMAL:
        return "decimal({},{})".format(*digits(kind))
    if kind.this == T.ARRAY:
        return f"array({display(kind.expressions[0])})" if kind.expressions else "array"
    return _NAMES.get(kind.this, kind.sql(dialect="trino").lower())


def duckdb_type(kind: exp.DataType) -> str:
    return kind.sql(dialect="duckdb")
