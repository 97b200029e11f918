"""Presto views as Athena keeps them in Glue: a JSON document in base64 inside a comment."""

from __future__ import annotations

import base64
import binascii
import json
import re
from dataclasses import dataclass
from typing import Any

from sandbox.athena.catalog import CATALOG, Table
from sandbox.athena.errors import QueryError
from sandbox.athena.types import parse_type

_TEXT = re.compile(r"\s*/\*\s*Presto View:\s*(?P<document>[A-Za-z0-9+/=\s]+?)\s*\*/\s*")
_TO_HIVE = {"varchar": "string", "integer": "int", "real": "float", "varbinary": "binary"}


@dataclass(frozen=True)
class View:
    """A view: its SQL, the schema that SQL's bare names are looked up in, and its declared columns."""

    sql: str
    schema: str
    columns: tuple[tuple[str, str], ...]


def decode(table: Table) -> View:
    """The definition of a view; a text that isn't one of a Presto view fails as it does on Athena."""
    name = f"'{table.qualified_name}'"
    match = _TEXT.fullmatch(table.view_text or "")
    if not match:
        raise QueryError("INVALID_VIEW", f"View {name} isn't a Presto view: its text isn't /* Presto View: ... */")
    try:
        document = json.loads(base64.b64decode(match["document"], validate=True))
        columns = tuple((c["name"].lower(), c["type"]) for c in document["columns"])
        return View(document["originalSql"], document.get("schema") or table.database, columns)
    except (binascii.Error, ValueError, KeyError, TypeError) as error:
        raise QueryError("INVALID_VIEW", f"Invalid view JSON in {name}: {error!r}") from None


def table_input(name: str, sql: str, schema: str, columns: list[tuple[str, str]]) -> dict[str, Any]:
    """The Glue table that holds a view; ``columns`` are (name, Trino type)."""
    document = {
        "originalSql": sql,
        "catalog": CATALOG,
        "schema": schema,
        "columns": [{"name": column, "type": kind} for column, kind in columns],
    }
    text = base64.b64encode(json.dumps(document).encode()).decode()
    return {
        "Name": name,
        "TableType": "VIRTUAL_VIEW",
        "Parameters": {"presto_view": "true", "comment": "Presto View"},
        "ViewOriginalText": f"/* Presto View: {text} */",
        "ViewExpandedText": "/* Presto View */",
        "StorageDescriptor": {"Columns": [{"Name": c, "Type": _TO_HIVE.get(k, k)} for c, k in columns]},
    }


def column_types(view: View) -> dict[str, Any]:
    return {name: parse_type(kind) for name, kind in view.columns}
