"""What the jobs behind the judge have in common: they take the day's judgement and project its clean rows."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

from py4j.protocol import Py4JJavaError
from pyspark.sql import DataFrame, SparkSession

from driven_data_glue.arguments import Arguments
from driven_data_glue.errors import JobError
from driven_data_glue.job import JUDGEMENT, Job
from driven_data_glue.metrics import Judgement, read_judgement
from driven_data_glue.partition import SUFFIX, parquet_files
from driven_data_glue.rules import SPARK_TYPES
from driven_data_glue.session import WRITING
from driven_data_glue.storage import File
from driven_data_glue.table import Column

# A file that costs as much to open as a task may read stands alone, and none is larger than that.
# https://spark.apache.org/docs/3.5.4/sql-performance-tuning.html#other-configuration-options
ONE_FILE_A_TASK = str(2**40)
COPIES_AT_ONCE = 4
SPARK_VERSION = "org.apache.spark.version"


def judgement_of_day(job: Job, arguments: Arguments) -> Judgement:
    """Raises JobError when the day isn't judged, or was judged from another raw file."""
    path = job.places.metrics(JUDGEMENT)
    judgement = read_judgement(job.storage, path)
    if judgement is None:
        raise JobError(
            f"{path} doesn't exist: {arguments.run_date} isn't judged, or is being judged anew. "
            "Run judge_raw_data for this day, then this job"
        )
    if judgement.raw_file != arguments.raw_file:
        raise JobError(
            f"{arguments.run_date} was judged from {judgement.raw_file}, this run is of {arguments.raw_file}. "
            "Run judge_raw_data for this file, then this job"
        )
    return judgement


def fail_if_judged_anew(job: Job, arguments: Arguments, judgement: Judgement, what: str) -> None:
    if judgement_of_day(job, arguments).judgement != judgement.judgement:
        raise JobError(f"the day was judged anew while {what} was written; nothing was published. Run this job again")


def clean_rows(job: Job, clean: list[File], columns: tuple[Column, ...]) -> DataFrame:
    """These columns of the clean rows, one task for each file."""
    for setting in ("spark.sql.files.maxPartitionBytes", "spark.sql.files.openCostInBytes"):
        job.spark.conf.set(setting, ONE_FILE_A_TASK)
    schema = ", ".join(f"`{column.name}` {SPARK_TYPES[column.type]}" for column in columns)
    return job.spark.read.schema(schema).parquet(*(file.path for file in clean))


def copy_columns(job: Job, clean: list[File], columns: tuple[Column, ...]) -> list[File]:
    """Writes these columns of the clean rows, one file for each file of theirs; in their order.

    Parquet holds each column by itself, so its bytes are copied as they are and no value is read:
    https://github.com/apache/parquet-java/blob/apache-parquet-1.13.1/parquet-hadoop/src/main/java/org/apache/parquet/hadoop/ParquetFileWriter.java
    (appendRowGroups)
    """
    folder = f"{job.scratch}/projection"
    names = [column.name for column in columns]
    targets = [f"{folder}/part-{number:05d}{SUFFIX}" for number in range(len(clean))]
    with ThreadPoolExecutor(COPIES_AT_ONCE) as pool:
        list(pool.map(lambda file, target: _copy(job.spark, file.path, target, names), clean, targets))
    return parquet_files(job.storage, folder)


def _copy(spark: SparkSession, source: str, target: str, names: list[str]) -> None:
    jvm, configuration = spark.sparkContext._jvm, spark.sparkContext._jsc.hadoopConfiguration()
    parquet, path = jvm.org.apache.parquet.hadoop, jvm.org.apache.hadoop.fs.Path
    try:
        reader = parquet.ParquetFileReader.open(parquet.util.HadoopInputFile.fromPath(path(source), configuration))
        with closing(reader):
            written = reader.getFileMetaData()
            types = written.getSchema()
            writer = parquet.ParquetFileWriter(
                parquet.util.HadoopOutputFile.fromPath(path(target), configuration),
                jvm.org.apache.parquet.schema.MessageType(types.getName(), [types.getType(name) for name in names]),
                parquet.ParquetFileWriter.Mode.CREATE,
                parquet.ParquetWriter.DEFAULT_BLOCK_SIZE,
                parquet.ParquetWriter.MAX_PADDING_SIZE_DEFAULT,
            )
            writer.start()
            reader.appendTo(writer)
            # By it Spark knows how old dates were written. Its other notes name columns that aren't here.
            writer.end({SPARK_VERSION: written.getKeyValueMetaData()[SPARK_VERSION]})
    except Py4JJavaError as error:
        reason = error.java_exception.toString().splitlines()[0]
        raise JobError(
            f"{source}: its columns {', '.join(names)} can't be copied ({reason}). Nothing was published; run "
            "judge_raw_data for this day, then this job"
        ) from error


def write_projection(job: Job, rows: DataFrame, clean: list[File], name: str) -> list[File]:
    """Writes `rows`, row by row those of `clean_rows`, one file for each file of clean rows; in their order."""
    # Spark orders such tasks by their files' size, the largest first, and numbers what they write.
    tasks = sorted(clean, key=lambda file: -file.size)
    folder = f"{job.scratch}/{name}"
    rows.write.options(**WRITING).parquet(folder)
    written = parquet_files(job.storage, folder)
    if len(written) != len(clean):
        raise JobError(f"{name}: {len(written)} files were written of {len(clean)} files of clean rows; run again")
    by_source = {source.path: file for source, file in zip(tasks, written, strict=True)}
    return [by_source[file.path] for file in clean]
