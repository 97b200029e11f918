"""Glue job trusted_data: the day's partition of each department's table, masked where the department isn't entitled.

A table's definition is one SELECT over `clean_rows`, the day's clean rows. The job masks what the department may not
see before the definition reads it, so no definition can show it.
"""

from collections.abc import Sequence
from functools import reduce

from pyspark.errors import AnalysisException, ParseException
from pyspark.sql import DataFrame

from driven_data_glue.anonymity import anonymity
from driven_data_glue.arguments import TrustedArguments, parse_trusted_arguments
from driven_data_glue.errors import JobError
from driven_data_glue.job import Job, running
from driven_data_glue.keys import KeySums, fingerprint_sums
from driven_data_glue.masking import PROFILES, mask, masked_columns
from driven_data_glue.metrics import Judgement, TrustedMetrics, content_id
from driven_data_glue.partition import parquet_files
from driven_data_glue.projection import clean_rows, fail_if_judged_anew, judgement_of_day, write_projection
from driven_data_glue.pseudonyms import key_from_kms, key_id, with_key
from driven_data_glue.rules import SPARK_TYPES
from driven_data_glue.session import in_few_steps
from driven_data_glue.storage import File
from driven_data_glue.table import Column, TrustedTable

TRUSTED = "trusted"  # the job's name among the metrics
SOURCE = "clean_rows"
_TYPES = {**SPARK_TYPES, "double": "double", "boolean": "boolean"}


def run(argv: Sequence[str] | None = None) -> None:
    """Replaces the partition of --run_date of each department's table.

    Raises JobError when the day isn't judged, a definition isn't one of the clean rows row by row, or what was written
    isn't what was judged; every partition is then as it was.
    """
    arguments = parse_trusted_arguments(argv)
    with running(TRUSTED, "trusted_data", arguments) as job:
        judgement = judgement_of_day(job, arguments)
        clean = parquet_files(job.storage, job.places.clean())
        key = key_from_kms(arguments.pseudonym_key)
        # Definitions read the clean rows and nothing else, by no path either.
        job.spark.conf.set("spark.sql.runSQLOnFiles", "false")
        written = _Day(job, arguments, judgement, clean, key).write(job.table.trusted)
        fail_if_judged_anew(job, arguments, judgement, TRUSTED)
        for files, metrics in written:
            job.publish(files, job.places.trusted(metrics.dataset), metrics, metrics.dataset)
    job.log.end(f"wrote {judgement.clean_rows:,} rows into each of {len(written)} tables")


class _Day:
    """The day's clean rows, and what each table shows of them, written and verified but not published."""

    def __init__(
        self, job: Job, arguments: TrustedArguments, judgement: Judgement, clean: list[File], key: bytes
    ) -> None:
        self._job, self._arguments, self._judgement, self._clean = job, arguments, judgement, clean
        decides = {"judgement": judgement.judgement, "code_version": arguments.code_version, "key": key_id(key)}
        self._content = content_id(decides)
        self._pseudonyms = judgement.unique_id_fingerprint  # of no rows
        if clean:
            self._bytes = sum(file.size for file in clean)
            self._rows = clean_rows(job, clean, job.table.raw_columns)
            self._few_rows = in_few_steps(self._rows, self._bytes)
            self._keyed_rows = with_key(job.spark, self._rows, key)
            self._pseudonyms = self._judged_pseudonyms()

    def write(self, tables: Sequence[TrustedTable]) -> list[tuple[list[File], TrustedMetrics]]:
        files = {table.name: self._project(table) if self._clean else [] for table in tables}
        self._verify(tables, files)
        return [(files[table.name], self._metrics(table)) for table in tables]

    def _metrics(self, table: TrustedTable) -> TrustedMetrics:
        hidden = masked_columns(table, self._job.table.raw_columns)
        return TrustedMetrics.of(
            self._judgement,
            table.name,
            self._arguments.code_version,
            content=self._content,
            profile=table.profile,
            masked={column.name: str(column.masking) for column in hidden},
            anonymity=anonymity_of(self._few_rows, table, self._job.table.raw_columns) if self._clean else {},
        )

    def _judged_pseudonyms(self) -> str:
        """The fingerprint of the pseudonyms of exactly the ids that the judge counted."""
        key = self._job.table.key
        named = {"key": f"`{key.name}`", **({"pseudonym": mask(key, "strict")} if key.masking else {})}
        keys = self._keyed_rows.selectExpr(*(f"{expression} AS {name}" for name, expression in named.items()))
        sums = in_few_steps(keys, self._bytes).agg(*(each for name in named for each in fingerprint_sums(name, name)))
        row = sums.collect()[0]
        found = {name: KeySums.of(row, name) for name in named}
        rows, mark = found["key"].count, found["key"].fingerprint
        if (rows, mark) != (self._judgement.clean_rows, self._judgement.unique_id_fingerprint):
            raise JobError(
                f"{rows:,} clean rows were found, the judgement counts {self._judgement.clean_rows:,} (or "
                "their ids differ): they were changed meanwhile. Nothing was published; run judge_raw_data for this "
                "day, then this job"
            )
        return found["pseudonym" if key.masking else "key"].fingerprint

    def _project(self, table: TrustedTable) -> list[File]:
        hidden = {column.name: column for column in masked_columns(table, self._job.table.raw_columns)}
        keyed = any(column.masking == "pseudonym" for column in hidden.values())
        (self._keyed_rows if keyed else self._rows).selectExpr(
            *(
                f"{mask(hidden[column.name], table.profile)} AS `{column.name}`"
                if column.name in hidden
                else f"`{column.name}`"
                for column in self._job.table.raw_columns
            )
        ).createOrReplaceTempView(SOURCE)
        try:
            rows = self._job.spark.sql(table.sql)
        except (AnalysisException, ParseException) as error:
            reason = str(error).partition("\n\nJVM stacktrace:")[0].strip()
            raise JobError(
                f"pipeline/trusted/{table.name}.sql: {reason}; it must be one SELECT over {SOURCE} in Spark's SQL. "
                "Correct it and deploy again"
            ) from None
        _check_columns(table, rows)
        files = write_projection(self._job, rows, self._clean, table.name)
        self._job.log.step(f"wrote {table.name}, masked: {len(hidden)} columns")
        return files

    def _verify(self, tables: Sequence[TrustedTable], files: dict[str, list[File]]) -> None:
        """Each table holds exactly the ids that the judge counted, or their pseudonyms."""
        key, rows = self._job.table.key, self._judgement.clean_rows
        found = self._written_keys(files)
        for table in tables:
            masked = key in masked_columns(table, self._job.table.raw_columns)
            expected = self._pseudonyms if masked else self._judgement.unique_id_fingerprint
            written = found.get(table.name)
            if (written.count, written.fingerprint) != (rows, expected) if written else rows:
                raise JobError(
                    f"{table.name}: {written.count if written else 0:,} rows were written of {rows:,} clean ones "
                    f"(or their {key.name}s differ). Nothing was published; pipeline/trusted/{table.name}.sql must "
                    f"show each row of {SOURCE} once, with its {key.name}: correct it and deploy again"
                )
        self._job.log.step(f"verified {rows:,} rows of each")

    def _written_keys(self, files: dict[str, list[File]]) -> dict[str, KeySums]:
        """Of the keys in each table's files, where there are any."""
        key = self._job.table.key.name
        keys = [self._job.keys(of).selectExpr(f"'{name}' AS name", f"`{key}`") for name, of in files.items() if of]
        if not keys:
            return {}
        size = sum(file.size for of in files.values() for file in of)
        every = in_few_steps(reduce(DataFrame.unionByName, keys), size)
        return {row.name: KeySums.of(row) for row in every.groupBy("name").agg(*fingerprint_sums(key)).collect()}


def anonymity_of(rows: DataFrame, table: TrustedTable, columns: tuple[Column, ...]) -> dict[str, dict[str, int]]:
    """What each profile reaches with the columns that the table masks and shows, but for the pseudonym."""
    shown = {name for name, _ in table.columns}
    hidden = [
        column for column in masked_columns(table, columns) if column.name in shown and column.masking == "partial"
    ]
    looks = {profile: [mask(column, profile) for column in hidden] for profile in PROFILES}
    return anonymity(rows, looks) if hidden else {}


def _check_columns(table: TrustedTable, rows: DataFrame) -> None:
    """The file's columns are the catalog's, or Athena would read other values, or none."""
    declared = [(name, _TYPES[kind]) for name, kind in table.columns]
    if rows.dtypes != declared:
        found = [f"{name} {kind}" for name, kind in rows.dtypes if (name, kind) not in declared]
        missing = [f"{name} {kind}" for name, kind in declared if (name, kind) not in rows.dtypes]
        raise JobError(
            f"pipeline/trusted/{table.name}.sql doesn't give the columns that pipeline.yaml declares: it gives "
            f"{', '.join(found) or 'them in another order'}, declared is {', '.join(missing) or 'that order'}. Correct "
            "one of them and deploy again"
        )
