"""Judges every row of a raw file once: clean rows, typed, and quarantined ones, each with its reasons.

The file is read once, and every line of that reading is written at once, as a clean row or as a suspect line. Whatever
follows (counts, numbers of lines, records of several lines, duplicates) comes from what was written, so there is no
second reading that must agree with the first. Two guards see to it: in each block the lines that were written must be
numbered without a gap, and all their bytes must sum up to the file's size.
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import reduce

from pyspark.sql import DataFrame, Row, SparkSession
from pyspark.sql import functions as F

from driven_data_glue.checks import REASON_SEPARATOR, check_records
from driven_data_glue.errors import JobError
from driven_data_glue.keys import KeySums, fingerprint_sums
from driven_data_glue.quick import with_quick_look
from driven_data_glue.raw import Cut, RawFile, content_bytes, read_lines
from driven_data_glue.records import HAS_OPEN_QUOTE, joined_records, records_of, with_joined
from driven_data_glue.rules import SPARK_TYPES
from driven_data_glue.session import SMALL_BYTES, WRITING, in_few_steps
from driven_data_glue.storage import MEBIBYTE, S3Storage
from driven_data_glue.table import PipelineTable

# Where a row lies in the raw file; see read_lines.
PLACE = {"block": "bigint", "line_in_block": "int", "bytes": "int"}
# Beside the values, what the files on the way hold.
ON_THE_WAY = {"text": "string", "line": "bigint", "reason": "string", "record": "string", "kind": "string"}
EMPTY = "trim(TRAILING '\\r' FROM text) = ''"
HEADER = "(block = 0 AND line_in_block = 0)"


@dataclass(frozen=True)
class Judged:
    """What became of a raw file's rows.

    `clean` and `quarantine` are the Parquet files written under `scratch`, full paths, none where there are no
    rows. Clean files hold the raw columns, typed, and where each row lies in the raw file: `block` (first byte of the
    piece of the file that one task read), `line_in_block` (0 is the block's first line) and `bytes` (its length). Files
    and the rows in them are in the order of the raw file's lines, but for rows of an unusual form (quotes within
    quotes, several lines), which follow in their own order. Quarantine files hold `line`, `reason`, `record` and
    `raw_file`, in the order of lines.
    """

    raw_rows: int = 0  # records below the header, by a count of their own: clean + quarantined, if none was lost
    clean_rows: int = 0
    quarantined_rows: int = 0
    reasons: dict[str, int] = field(default_factory=dict)  # a row with two reasons counts under both
    key_fingerprint: str = ""  # of the clean rows' keys, as keys.fingerprint gives it
    clean: tuple[str, ...] = ()
    quarantine: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Lines:
    """What the reading gave, by the count of what it wrote."""

    first_lines: dict[int, int]  # the number of each block's first line, from 1
    lines: int
    clean: int
    suspects: int  # neither clean, nor empty, nor the header
    suspect_bytes: int
    open_quotes: int
    keys: KeySums  # of the clean rows


@dataclass(frozen=True)
class _Suspects:
    """What became of the lines that aren't clean at first sight.

    taken: places of clean lines that turn out to be inside of a quoted field, with their bytes, as many as
    `taken_lines`; None where there are none. keys: of the records that are clean rows.
    """

    records: int = 0
    keys: KeySums = field(default_factory=KeySums)
    taken: DataFrame | None = None
    taken_lines: int = 0


@dataclass
class Judging:
    """One judging of `raw_file`, which `raw.open_raw_file` has accepted; the session is the job's own."""

    spark: SparkSession
    storage: S3Storage
    raw_file: RawFile
    table: PipelineTable
    scratch: str
    target_file_mb: float

    def __post_init__(self) -> None:
        self._columns, self._key = self.table.raw_columns, self.table.key.name
        self._values = [f"`{column.name}`" for column in self._columns]
        values = {column.name: SPARK_TYPES[column.type] for column in self._columns}
        self._types = PLACE | values | ON_THE_WAY
        self._cut = Cut.of(self.raw_file, self.target_file_mb)
        settings = {
            "files.maxPartitionBytes": self._cut.block_bytes,
            # Else the blocks would follow the number of cores.
            "files.minPartitionNum": 1,
            # Clean and suspect lines go to two files at once, unsorted.
            "maxConcurrentOutputFileWriters": 2,
            "shuffle.partitions": max(1, min(200, self.raw_file.size_bytes // SMALL_BYTES)),
        }
        for name, value in settings.items():
            self.spark.conf.set(f"spark.sql.{name}", value)

    def run(self, earlier_keys: DataFrame | None, earlier_bytes: int = 0) -> Judged:
        """Judges every row in one reading of the file.

        `earlier_keys`, of files of `earlier_bytes`, has one column, named as the key: a clean row whose key is among
        them is quarantined as `<key>:seen_before`; one whose key an earlier clean row of the file has, as
        `<key>:duplicate`. Raises JobError when not every byte of the file was read.
        """
        reserved = (PLACE | ON_THE_WAY).keys() & {column.name for column in self._columns}
        if reserved:
            raise JobError(
                f"pipeline.yaml: a raw column can't be named {', '.join(sorted(reserved))}; choose another name"
            )
        expected_bytes = content_bytes(self.spark, self.raw_file)
        self._read()
        lines = self._count(expected_bytes)
        suspects = self._judge_suspects(lines) if lines.suspects else _Suspects()
        clean, keys = self._files("first/kind=clean") + self._files("second/kind=clean"), lines.keys + suspects.keys
        removed = self._removed(clean, earlier_keys, earlier_bytes, suspects.taken)
        if removed is not None:
            clean = self._rewrite(clean, removed)
            keys = self._key_sums(clean)
        reasons, quarantined = self._quarantine(lines, removed)
        return Judged(
            raw_rows=lines.clean - suspects.taken_lines + suspects.records,
            clean_rows=keys.count,
            quarantined_rows=quarantined,
            reasons=reasons,
            key_fingerprint=keys.fingerprint,
            clean=tuple(clean),
            quarantine=tuple(self._files("quarantine")),
        )

    # The one reading.

    def _read(self) -> None:
        looked = with_quick_look(read_lines(self.spark, self.raw_file), self._columns)
        clean = f"(clean AND NOT {HEADER})"
        rows = looked.selectExpr(
            *PLACE,
            *self._values,
            f"if({clean}, NULL, text) AS text",
            f"if({clean}, 'clean', 'suspect') AS kind",
        )
        options = WRITING | ({"maxRecordsPerFile": str(self._cut.rows_per_file)} if self._cut.rows_per_file else {})
        rows.write.options(**options).partitionBy("kind").parquet(self._path("first"))

    def _count(self, expected_bytes: int) -> _Lines:
        """Counts the lines that were written, and fails unless they are all of the file's."""
        written = self._keyed("first", [*PLACE, "text"])
        other = f"text IS NOT NULL AND NOT {HEADER} AND NOT {EMPTY}"
        blocks = (
            in_few_steps(written, self.raw_file.size_bytes)
            .groupBy("block")
            .agg(
                F.expr("count(*) AS lines"),
                F.expr("min(line_in_block) AS first"),
                F.expr("max(line_in_block) AS last"),
                F.expr("sum(bytes) AS bytes"),
                F.expr("count_if(kind = 'clean') AS clean"),
                F.expr(f"count_if({other}) AS suspects"),
                F.expr(f"coalesce(sum(bytes) FILTER (WHERE {other}), 0) AS suspect_bytes"),
                F.expr(f"count_if({other} AND {HAS_OPEN_QUOTE}) AS open_quotes"),
                *fingerprint_sums(self._key),
            )
            .collect()
        )
        blocks.sort(key=lambda block: block.block)
        self._guard(blocks, expected_bytes)
        first_lines, line = {}, 1
        for block in blocks:
            first_lines[block.block] = line
            line += block.lines
        return _Lines(
            first_lines,
            line - 1,
            *(sum(block[name] for block in blocks) for name in ("clean", "suspects", "suspect_bytes", "open_quotes")),
            sum(map(KeySums.of, blocks), KeySums()),
        )

    def _guard(self, blocks: Sequence[Row], expected: int) -> None:
        for block in blocks:
            if block.first != 0 or block.last + 1 != block.lines:
                raise JobError(
                    f"of the block of {self.raw_file.uri} that begins at byte {block.block:,}, {block.lines:,} lines "
                    f"were written, numbered {block.first:,} to {block.last:,}: some were lost or written twice. "
                    "Nothing was published; run again"
                )
        read = sum(block.bytes for block in blocks) + (3 if self.raw_file.byte_order_mark else 0)
        if expected not in (read, read - 1):  # the last line may end without a line break
            raise JobError(
                f"{self.raw_file.uri} has {expected:,} bytes, but lines of {read:,} bytes were read: it was changed "
                "meanwhile, or lines were lost. Nothing was published; run again"
            )

    # What the quick look left.

    def _judge_suspects(self, lines: _Lines) -> _Suspects:
        """Judges the suspect lines by every rule."""
        names = [*PLACE, "text"]
        suspects = (
            self._rows("first/kind=suspect", names).where(f"NOT {HEADER}").selectExpr(*names, f"{_line(lines)} AS line")
        )
        taken, taken_lines, swallowed = None, 0, 0
        if lines.open_quotes > 1:
            joined = self._kept(joined_records(suspects, len(self._columns)), "joined")
            spans = joined.where("found < last - first + 1").select("first", "last")
            if not spans.isEmpty():
                within = self._lines_within(spans, lines)
                every = suspects.unionByName(within.select(*suspects.columns))
                joined = self._kept(joined_records(every, len(self._columns)), "joined-within")
                inside = joined.select(F.explode(F.sequence("first", "last")).alias("line"))
                taken = self._kept(within.join(inside, "line", "left_semi"), "taken")
                taken_lines, swallowed = taken.agg(F.expr("count(*)"), F.expr("coalesce(sum(bytes), 0)")).first()
            records = with_joined(suspects, joined)
        else:
            records = records_of(suspects)
        ordered = self._in_order(records, lines.suspect_bytes, self._cut.block_bytes)
        checked = check_records(ordered, self._columns).selectExpr(
            *PLACE,
            *self._values,
            "line",
            "reason",
            # Shows bytes that are no UTF-8 as U+FFFD, because readers of Parquet fail on them.
            "decode(CAST(record AS binary), 'UTF-8') AS record",
            "if(reason IS NULL, 'clean', 'misfit') AS kind",
        )
        checked.write.options(**WRITING).partitionBy("kind").parquet(self._path("second"))
        sums = in_few_steps(self._keyed("second", ["bytes"]), lines.suspect_bytes).agg(
            F.expr("count(*) AS records"), F.expr("coalesce(sum(bytes), 0) AS bytes"), *fingerprint_sums(self._key)
        )
        judged = sums.collect()[0]
        # Empty lines within a record count with it.
        if not 0 <= judged.bytes - lines.suspect_bytes - swallowed <= 2 * lines.lines:
            raise JobError(
                f"of {self.raw_file.uri}, suspect lines of {lines.suspect_bytes + swallowed:,} bytes were to be "
                f"judged, but records of {judged.bytes:,} bytes were. Nothing was published; report it with this "
                "message"
            )
        return _Suspects(judged.records, KeySums.of(judged), taken, taken_lines)

    def _lines_within(self, spans: DataFrame, lines: _Lines) -> DataFrame:
        """The lines of these spans that were taken for clean rows, with their text, which only the file has."""
        numbered = self._rows("first/kind=clean", list(PLACE)).selectExpr(*PLACE, f"{_line(lines)} AS line")
        inside = spans.select(F.explode(F.sequence("first", "last")).alias("line"))
        return self._with_text(numbered.join(inside, "line", "left_semi"), "within")

    # Rows that are clean in themselves, and yet don't stay.

    def _key_sums(self, clean: Sequence[str]) -> KeySums:
        keys = in_few_steps(self._rows_of(clean, [self._key]), self.raw_file.size_bytes)
        return KeySums.of(keys.agg(*fingerprint_sums(self._key)).collect()[0])

    def _removed(
        self, clean: Sequence[str], earlier_keys: DataFrame | None, earlier_bytes: int, taken: DataFrame | None
    ) -> DataFrame | None:
        """Places and reasons of the clean rows that go: duplicates, and lines that are inside of a record (no reason).

        Only hashes of the keys are compared, 8 bytes a row. The keys themselves are where hashes meet, which is hardly
        ever in a sound file.
        """
        names, hash_of_key = [*PLACE, self._key], f"xxhash64(`{self._key}`) AS hash"
        rows = self._rows_of(clean, names).selectExpr("*", hash_of_key)
        hashes = self._rows_of(clean, [self._key]).selectExpr(hash_of_key, "true AS here")
        if earlier_keys is not None:
            before = earlier_keys.selectExpr("*", hash_of_key)
            hashes = hashes.unionByName(before.selectExpr("hash", "false AS here"))
        by_hash = (
            in_few_steps(hashes, self.raw_file.size_bytes + earlier_bytes)
            .groupBy("hash")
            .agg(F.expr("count_if(here) AS here"), F.expr("bool_or(NOT here) AS before"))
        )
        meet = by_hash.selectExpr("count_if(here > 1) AS here", "count_if(here > 0 AND before) AS before").collect()[0]

        if taken is not None:
            rows = rows.join(taken, ["block", "line_in_block"], "left_anti")
        parts = []
        if meet.here:
            meeting = rows.groupBy("hash").count().where("count > 1").select("hash")
            order = f"row_number() OVER (PARTITION BY `{self._key}` ORDER BY block, line_in_block)"
            same = rows.join(meeting, "hash", "left_semi").selectExpr(*names, f"{order} AS occurrence")
            parts.append(same.where("occurrence > 1").selectExpr(*PLACE, f"'{self._key}:duplicate' AS reason"))
        if meet.before:
            seen = rows.join(before, ["hash", self._key], "left_semi")
            seen = seen.selectExpr(*PLACE, f"'{self._key}:seen_before' AS reason")
            parts.append(seen.join(parts[0], list(PLACE), "left_anti") if parts else seen)
        if taken is not None:
            parts.append(taken.selectExpr(*PLACE, "CAST(NULL AS string) AS reason"))
        if not parts:
            return None
        removed = self._kept(reduce(DataFrame.unionByName, parts), "removed")
        return None if removed.isEmpty() else removed

    def _rewrite(self, clean: Sequence[str], removed: DataFrame) -> list[str]:
        """Writes anew the clean files that hold rows which go, and leaves out those that hold no others."""
        places = F.broadcast(removed.select("block", "line_in_block"))
        names, here = [*PLACE, *(column.name for column in self._columns)], ["block", "line_in_block"]
        rows = self._rows_of(clean, here).select(*here, "_metadata.file_name")
        goes = rows.join(places.selectExpr("*", "true AS goes"), here, "left").groupBy("file_name")
        counted = goes.agg(F.expr("count(*) AS rows"), F.expr("count(goes) AS going")).where("going > 0").collect()
        touched = {row.file_name: row for row in counted}
        kept = []
        for number, file in enumerate(clean):
            row = touched.get(file.rpartition("/")[2])
            if row is None:
                kept.append(file)
            elif row.going < row.rows:
                folder = f"rewritten/{number:05d}"
                rest = self._rows_of([file], names).join(places, here, "left_anti").select(*self._values, *PLACE)
                rest.coalesce(1).write.options(**WRITING).parquet(self._path(folder))
                kept.extend(self._files(folder))
        return kept

    def _quarantine(self, lines: _Lines, removed: DataFrame | None) -> tuple[dict[str, int], int]:
        names = ["line", "reason", "record"]
        parts = []
        if self._files("second/kind=misfit"):
            parts.append(self._rows("second/kind=misfit", names))
        if removed is not None:
            going = removed.where("reason IS NOT NULL")
            second = self._rows("second/kind=clean", [*PLACE, "record"]).select("block", "line_in_block", "record")
            unusual = going.join(second, ["block", "line_in_block"])
            parts.append(unusual.selectExpr(f"{_line(lines)} AS line", "reason", "record"))
            plain = self._with_text(going.join(second, ["block", "line_in_block"], "left_anti"), "going")
            parts.append(plain.selectExpr(f"{_line(lines)} AS line", "reason", "text AS record"))
        if not parts:
            return {}, 0
        ordered = self._in_order(
            reduce(DataFrame.unionByName, parts), lines.suspect_bytes, self.target_file_mb * MEBIBYTE
        )
        ordered.withColumn("raw_file", F.lit(self.raw_file.uri)).write.options(**WRITING).parquet(
            self._path("quarantine")
        )
        return count_reasons(in_few_steps(self._rows("quarantine", ["reason"]), self.raw_file.size_bytes))

    def _with_text(self, places: DataFrame, name: str) -> DataFrame:
        """Adds the lines' `text` as the file has it, which clean rows don't carry along."""
        wanted = self._kept(places, f"{name}-places")
        texts = read_lines(self.spark, self.raw_file).select("block", "line_in_block", "text")
        found = self._kept(wanted.join(texts, ["block", "line_in_block"]), name)
        if found.count() != wanted.count():
            raise JobError(
                f"the text of some rows of {self.raw_file.uri} isn't where it was at first: the file was changed, or "
                "cut otherwise. Nothing was published; run again"
            )
        return found

    # What lies in scratch.

    def _path(self, name: str) -> str:
        return f"{self.scratch}/{name}"

    def _files(self, name: str) -> list[str]:
        return [file.path for file in self.storage.files(self._path(name)) if file.path.endswith(".parquet")]

    def _keyed(self, name: str, names: Sequence[str]) -> DataFrame:
        """Rows of both kinds, with the key where they are clean."""
        key = f"if(kind = 'clean', `{self._key}`, NULL) AS `{self._key}`"
        return self._rows(name, [*names, self._key, "kind"]).selectExpr(*names, "kind", key)

    def _rows(self, name: str, names: Sequence[str]) -> DataFrame:
        return self._rows_of([self._path(name)] if self._files(name) else [], names)

    def _rows_of(self, paths: Sequence[str], names: Sequence[str]) -> DataFrame:
        schema = ", ".join(f"`{name}` {self._types[name]}" for name in names)
        if not paths:
            return self.spark.range(0).selectExpr(*(f"CAST(NULL AS {self._types[name]}) AS `{name}`" for name in names))
        return self.spark.read.schema(schema).parquet(*paths)

    def _kept(self, rows: DataFrame, name: str) -> DataFrame:
        """Computes the rows once: written, and read from there."""
        rows.write.options(**WRITING).parquet(self._path(name))
        return self.spark.read.schema(rows.schema).parquet(self._path(name))

    @staticmethod
    def _in_order(rows: DataFrame, size: int, part_size: float) -> DataFrame:
        """The rows in the order of `line`, in parts of about this size."""
        parts = math.ceil(size / part_size)
        return (rows.repartitionByRange(parts, "line") if parts > 1 else rows.coalesce(1)).sortWithinPartitions("line")


def count_reasons(quarantined: DataFrame) -> tuple[dict[str, int], int]:
    """How many rows have each reason, by its name, and how many there are: a row may have several."""
    counted = quarantined.groupBy("reason").count().collect()
    reasons: Counter[str] = Counter()
    for row in counted:
        for reason in row.reason.split(REASON_SEPARATOR):
            reasons[reason] += row["count"]
    return dict(sorted(reasons.items())), sum(row["count"] for row in counted)


def _line(lines: _Lines) -> str:
    """SQL of the line's number in the file, the header being 1."""
    blocks = ", ".join(f"{block}L, {first}L" for block, first in lines.first_lines.items())
    return f"line_in_block + map({blocks})[block]"
