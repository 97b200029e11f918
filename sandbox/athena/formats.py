"""Table formats as Glue's catalogue names them: what a storage descriptor says beside columns and location."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

PARQUET_SERDE = "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"
OPEN_CSV_SERDE = "org.apache.hadoop.hive.serde2.OpenCSVSerde"
LAZY_SIMPLE_SERDE = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"

PARQUET: dict[str, Any] = {
    "InputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
    "OutputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
    "SerdeInfo": {"SerializationLibrary": PARQUET_SERDE},
}


def text(serde: str, parameters: Mapping[str, str]) -> dict[str, Any]:
    """Text files whose lines the SerDe splits; parameters: the SerDe's, such as separatorChar."""
    return {
        "InputFormat": "org.apache.hadoop.mapred.TextInputFormat",
        "OutputFormat": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
        "SerdeInfo": {"SerializationLibrary": serde, "Parameters": dict(parameters)},
    }
