"""Rows of Parquet files that hold certain texts: found, and taken out. Runs in the driver alone, as traces.py does."""

import io
from collections.abc import Iterator
from typing import BinaryIO

# Glue 5.0 brings 17.0.0 along: https://github.com/awslabs/aws-glue-libs/blob/glue-5.0/base-requirements.txt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq


def rows_holding(file: BinaryIO, pattern: str) -> Iterator[dict[str, str]]:
    """The texts of the rows that have the pattern, in letters of either case, in one of their columns of text."""
    parquet = pq.ParquetFile(file)
    texts = _texts(parquet.schema_arrow)
    for batch in parquet.iter_batches(columns=texts) if texts else ():
        yield from batch.filter(_holding(batch, pattern)).to_pylist()


def without_rows(content: bytes, pattern: str) -> tuple[bytes, int, int]:
    """The file without these rows, and how many rows it had and has.

    All else is written as it was: the columns' types, and the notes by which Spark knows how old dates were written.
    """
    parquet, rest, kept = pq.ParquetFile(io.BytesIO(content), coerce_int96_timestamp_unit="us"), io.BytesIO(), 0
    columns = parquet.schema
    int96 = any(columns.column(number).physical_type == "INT96" for number in range(len(columns)))
    with pq.ParquetWriter(
        rest,
        parquet.schema_arrow,
        compression="snappy",
        use_dictionary=False,  # most values are unlike all others
        use_deprecated_int96_timestamps=int96,  # Spark's form of a time
        store_schema=False,
    ) as writer:
        for number in range(parquet.num_row_groups):
            rows = parquet.read_row_group(number)
            rows = rows.filter(pc.invert(_holding(rows, pattern)))
            kept += rows.num_rows
            if rows.num_rows:  # Spark reads no group without rows
                writer.write_table(rows)
        writer.add_key_value_metadata(parquet.metadata.metadata or {})
    return rest.getvalue(), parquet.metadata.num_rows, kept


def _texts(schema: pa.Schema) -> list[str]:
    return [each.name for each in schema if each.type in (pa.string(), pa.large_string())]


def _holding(rows: pa.RecordBatch | pa.Table, pattern: str) -> pa.Array | pa.ChunkedArray:
    """Of each row, whether one of its texts has the pattern."""
    holding = pa.repeat(pa.scalar(False), rows.num_rows)
    for name in _texts(rows.schema):
        found = pc.match_substring_regex(rows.column(name), pattern, ignore_case=True)
        holding = pc.or_(holding, pc.fill_null(found, False))
    return holding
