"""Job runs behave as Glue's do, on a real Spark JVM."""

from __future__ import annotations

import io
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.exceptions import ClientError

from sandbox.glue import attempt, spark

from .conftest import BUCKET, Sandbox

WRITES = """
import argparse, sys
from pyspark.sql import SparkSession
arguments = argparse.ArgumentParser()
arguments.add_argument("--out")
arguments.add_argument("--greeting")
arguments.add_argument("--JOB_NAME")
known, _ = arguments.parse_known_args()
spark = SparkSession.builder.appName("test").getOrCreate()
print("greeting", known.greeting, "from", known.JOB_NAME)
print("to the error log", file=sys.stderr)
spark.createDataFrame([(1, "a"), (2, "b")], "id int, name string").write.mode("overwrite").parquet(known.out)
spark.stop()
"""
SLEEPS = "import time\nprint('begun', flush=True)\ntime.sleep(120)\n"


def test_a_run_executes_the_script_on_spark(sandbox: Sandbox) -> None:
    out = f"s3://{BUCKET}/out/"
    sandbox.job("writes", WRITES, DefaultArguments={"--greeting": "default", "--out": out})
    run = sandbox.run("writes", Arguments={"--greeting": "given"})
    assert (run["JobRunState"], run.get("ErrorMessage")) == ("SUCCEEDED", None)
    keys = [each["Key"] for each in sandbox.s3.list_objects_v2(Bucket=BUCKET, Prefix="out/")["Contents"]]
    assert any(key.endswith(".parquet") for key in keys)
    assert sandbox.log(f"{run['LogGroupName']}/output", run["Id"]) == ["greeting given from writes"]
    assert "to the error log" in sandbox.log(f"{run['LogGroupName']}/error", run["Id"])


def test_spark_runs_on_the_pinned_java_whatever_the_machine_has(sandbox: Sandbox) -> None:
    script = "from pyspark.sql import SparkSession\njvm = SparkSession.builder.getOrCreate()._jvm.java.lang.System\n"
    sandbox.job("java", script + "print(jvm.getProperty('java.home'), jvm.getProperty('java.specification.version'))")
    run = sandbox.run("java")
    assert run["JobRunState"] == "SUCCEEDED", run.get("ErrorMessage")
    home = sandbox.settings.java_home.resolve()
    assert sandbox.log("/aws-glue/jobs/output", run["Id"]) == [f"{home} 17"]


def test_what_jobs_import_is_compiled_once(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    run = sandbox.run(sandbox.job("compiles", "import sys\nprint(sys.dont_write_bytecode)"))
    assert sandbox.log("/aws-glue/jobs/output", run["Id"]) == ["False"]


def test_a_library_given_by_extra_py_files_is_importable_also_on_workers(sandbox: Sandbox) -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as library:
        library.writestr("a_library.py", "def twice(x):\n    return 2 * x\n")
    sandbox.s3.put_object(Bucket=BUCKET, Key="lib/a_library.zip", Body=archive.getvalue())
    script = """
from a_library import twice
from pyspark.sql import SparkSession
from pyspark.sql.functions import udf
frame = SparkSession.builder.getOrCreate().range(3)
print(sorted(row[0] for row in frame.select(udf(twice, "long")("id")).collect()))
"""
    sandbox.job("library", script, DefaultArguments={"--extra-py-files": f"s3://{BUCKET}/lib/a_library.zip"})
    run = sandbox.run("library")
    assert run["JobRunState"] == "SUCCEEDED", run.get("ErrorMessage")
    assert sandbox.log("/aws-glue/jobs/output", run["Id"]) == ["[0, 2, 4]"]


HOLDS_A_DAY = f"""
import argparse, time
from driven_data_glue import aws
from driven_data_glue.catalog import JobRuns
from driven_data_glue.locks import DayLock, Holder
from driven_data_glue.storage import S3Storage
arguments = argparse.ArgumentParser()
arguments.add_argument("--JOB_NAME")
arguments.add_argument("--JOB_RUN_ID")
arguments.add_argument("--seconds", type=int)
known, _ = arguments.parse_known_args()
path = "s3://{BUCKET}/data/metrics/judgement/run_date=2024-09-15/lock.json"
holder = Holder(known.JOB_NAME, None, known.JOB_RUN_ID)
with DayLock(S3Storage(path), path, holder, JobRuns(aws.client("glue", "{BUCKET}"))):
    print("begun", flush=True)
    time.sleep(known.seconds)
"""


def test_the_library_of_a_run_that_ended_early_harms_no_later_run(sandbox: Sandbox) -> None:
    """Spark wants each file that was ever added for its next task: also those of a run that had no task."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as library:
        library.writestr("another_library.py", "WORD = 'there'\n")
    sandbox.s3.put_object(Bucket=BUCKET, Key="lib/another_library.zip", Body=archive.getvalue())
    files = {"--extra-py-files": f"s3://{BUCKET}/lib/another_library.zip"}
    refused = sandbox.run(sandbox.job("refuses", "raise ValueError('no such day')", DefaultArguments=files))
    assert refused["ErrorMessage"] == "ValueError: no such day"
    script = """
from another_library import WORD
from pyspark.sql import SparkSession
from pyspark.sql.functions import udf
print(SparkSession.builder.getOrCreate().range(1).select(udf(lambda _: WORD)("id")).first()[0])
"""
    later = sandbox.run(sandbox.job("later", script, DefaultArguments=files))
    assert later["JobRunState"] == "SUCCEEDED", later.get("ErrorMessage")


def test_a_days_lock_lasts_as_long_as_the_run_that_holds_it(sandbox: Sandbox) -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as library:
        for module in (sandbox.settings.root / "glue" / "lib" / "driven_data_glue").glob("*.py"):
            library.write(module, f"driven_data_glue/{module.name}")
    sandbox.s3.put_object(Bucket=BUCKET, Key="lib/driven_data_glue.zip", Body=archive.getvalue())
    files = {"--extra-py-files": f"s3://{BUCKET}/lib/driven_data_glue.zip"}
    job = sandbox.job("holds-a-day", HOLDS_A_DAY, DefaultArguments=files, ExecutionProperty={"MaxConcurrentRuns": 2})
    first = sandbox.run(job, until=lambda run: _begun(sandbox, run), Arguments={"--seconds": "120"})
    second = sandbox.run(job, Arguments={"--seconds": "0"})
    assert second["ErrorMessage"].startswith("JobError: the day is being written by holds-a-day")
    assert first["Id"] in second["ErrorMessage"]
    # A run that is stopped has no time to release anything: Glue's word that it has ended frees the day.
    sandbox.glue.batch_stop_job_run(JobName=job, JobRunIds=[first["Id"]])
    assert sandbox.wait(job, first["Id"])["JobRunState"] == "STOPPED"
    third = sandbox.run(job, Arguments={"--seconds": "0"})
    assert third["JobRunState"] == "SUCCEEDED", third.get("ErrorMessage")
    left = sandbox.s3.list_objects_v2(Bucket=BUCKET, Prefix="data/metrics/judgement/")
    assert left["KeyCount"] == 0


def test_logs_go_to_the_group_that_the_job_names(sandbox: Sandbox) -> None:
    sandbox.job("logs", "print('here')", DefaultArguments={"--custom-logGroup-prefix": "/aws-glue/jobs/mine"})
    run = sandbox.run("logs")
    assert run["LogGroupName"] == "/aws-glue/jobs/mine"
    assert sandbox.log("/aws-glue/jobs/mine/output", run["Id"]) == ["here"]


def test_logs_that_a_security_configuration_encrypts_go_to_a_group_named_after_it(sandbox: Sandbox) -> None:
    key = "arn:aws:kms:eu-central-1:000000000000:key/1"
    for name, mode in (("encrypts", "SSE-KMS"), ("doesnt", "DISABLED")):
        logs = {"CloudWatchEncryptionMode": mode, **({"KmsKeyArn": key} if mode == "SSE-KMS" else {})}
        sandbox.glue.create_security_configuration(Name=name, EncryptionConfiguration={"CloudWatchEncryption": logs})
        sandbox.job(name, "print('here')", SecurityConfiguration=name)
    role = sandbox.glue.get_job(JobName="encrypts")["Job"]["Role"].rpartition("/")[2]
    assert sandbox.run("doesnt")["LogGroupName"] == "/aws-glue/jobs"
    run = sandbox.run("encrypts")
    assert run["LogGroupName"] == f"/aws-glue/jobs/encrypts-role/{role}"
    assert sandbox.log(f"/aws-glue/jobs/encrypts-role/{role}/output", run["Id"]) == ["here"]


def test_a_job_whose_security_configuration_is_gone_doesnt_start(sandbox: Sandbox) -> None:
    sandbox.job("gone", "print('here')", SecurityConfiguration="none")
    with pytest.raises(ClientError, match="EntityNotFoundException"):
        sandbox.run("gone")


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("raise ValueError('5 of 9 rows are bad')", "ValueError: 5 of 9 rows are bad"),
        ("import sys; sys.exit('no rows')", "SystemExit: no rows"),
        ("import os; os._exit(7)", "The job's Python process ended with exit code 7."),
        ("this is no Python", "SyntaxError: invalid syntax"),
        (
            "from pyspark.sql import SparkSession\nSparkSession.builder.getOrCreate().table('absent')",
            "AnalysisException: [TABLE_OR_VIEW_NOT_FOUND] The table or view `absent` cannot be found.",
        ),
    ],
    ids=["exception", "exit", "killed", "syntax", "spark"],
)
def test_a_failure_shows_the_scripts_error(
    sandbox: Sandbox, request: pytest.FixtureRequest, script: str, message: str
) -> None:
    job = sandbox.job(f"fails-{request.node.callspec.id}", script)
    run = sandbox.run(job)
    assert run["JobRunState"] == "FAILED"
    assert run["ErrorMessage"].startswith(message)
    assert "\tat " not in run["ErrorMessage"]


def test_a_missing_script_fails_the_run(sandbox: Sandbox) -> None:
    sandbox.job("scriptless", "")
    sandbox.s3.delete_object(Bucket=BUCKET, Key="jobs/scriptless.py")
    run = sandbox.run("scriptless")
    assert run["JobRunState"] == "FAILED"
    assert "NoSuchKey" in run["ErrorMessage"]


def test_runs_beyond_the_jobs_limit_are_refused(sandbox: Sandbox) -> None:
    sandbox.job("one-at-a-time", SLEEPS, ExecutionProperty={"MaxConcurrentRuns": 1})
    first = sandbox.run("one-at-a-time", until=lambda run: run["JobRunState"] == "RUNNING")
    with pytest.raises(ClientError, match="ConcurrentRunsExceededException"):
        sandbox.glue.start_job_run(JobName="one-at-a-time")
    sandbox.glue.batch_stop_job_run(JobName="one-at-a-time", JobRunIds=[first["Id"]])
    assert sandbox.wait("one-at-a-time", first["Id"])["JobRunState"] == "STOPPED"


def test_of_two_that_come_at_once_the_limit_takes_one(sandbox: Sandbox) -> None:
    logs = {"CloudWatchEncryptionMode": "DISABLED"}
    sandbox.glue.create_security_configuration(Name="at-once", EncryptionConfiguration={"CloudWatchEncryption": logs})
    sandbox.job("at-once", SLEEPS, ExecutionProperty={"MaxConcurrentRuns": 1}, SecurityConfiguration="at-once")

    def start(_: int) -> str:
        try:
            return sandbox.glue.start_job_run(JobName="at-once")["JobRunId"]
        except ClientError as error:
            return error.response["Error"]["Code"]

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(start, range(8)))
    started = [each for each in answers if each.startswith("jr_")]
    sandbox.glue.batch_stop_job_run(JobName="at-once", JobRunIds=started)
    assert (len(started), {*answers} - {*started}) == (1, {"ConcurrentRunsExceededException"})
    assert sandbox.wait("at-once", *started)["JobRunState"] == "STOPPED"


# What a stop comes upon: Spark's tasks, or four seconds in which the JVM plans them, with nothing to cancel yet.
BUSY = """
print("begun", flush=True)
spark.sparkContext.parallelize(range(2), 2).map(lambda _: time.sleep(300)).count()
"""
PLANNING = """
import threading
from pyspark.sql.functions import udf
rows = spark.sql("SELECT id, java_method('java.lang.Thread', 'sleep', 2000L) AS slept FROM VALUES (1), (2) AS t (id)")
query = rows.select(udf(lambda _: time.sleep(300))("id"), "slept")
threading.Timer(1, print, ["begun"], {"flush": True}).start()
query.collect()
"""


@pytest.mark.parametrize("doing", [BUSY, PLANNING], ids=["busy", "planning"])
def test_a_stop_cancels_what_spark_is_doing(sandbox: Sandbox, request: pytest.FixtureRequest, doing: str) -> None:
    script = f"""
from pyspark.sql import SparkSession
import time
spark = SparkSession.builder.getOrCreate()
{doing}
"""
    job = sandbox.job(f"stopped-{request.node.callspec.id}", script)
    run = sandbox.run(job, until=lambda run: _begun(sandbox, run))
    stopped = sandbox.glue.batch_stop_job_run(JobName=job, JobRunIds=[run["Id"], "jr_absent"])
    assert [each["JobRunId"] for each in stopped["SuccessfulSubmissions"]] == [run["Id"]]
    assert stopped["Errors"][0]["ErrorDetail"]["ErrorCode"] == "EntityNotFoundException"
    assert sandbox.wait(job, run["Id"], seconds=20)["JobRunState"] == "STOPPED"
    time.sleep(5)  # the planning goes on in the JVM and ends meanwhile
    # Both of Spark's slots are free again: a job that needs them ends.
    after = "from pyspark.sql import SparkSession\nprint(SparkSession.builder.getOrCreate().range(9).count())"
    assert sandbox.run(sandbox.job(f"after-{job}", after))["JobRunState"] == "SUCCEEDED"


def test_two_runs_go_on_at_a_time_and_a_third_waits(sandbox: Sandbox) -> None:
    sandbox.job("slots", SLEEPS, ExecutionProperty={"MaxConcurrentRuns": 3})
    ids = [sandbox.glue.start_job_run(JobName="slots")["JobRunId"] for _ in range(3)]
    for run_id in ids[:2]:
        sandbox.wait("slots", run_id, lambda run: run["JobRunState"] == "RUNNING")
    assert sandbox.glue.get_job_run(JobName="slots", RunId=ids[2])["JobRun"]["JobRunState"] == "STARTING"
    sandbox.glue.batch_stop_job_run(JobName="slots", JobRunIds=ids)
    assert {sandbox.wait("slots", run_id)["JobRunState"] for run_id in ids} == {"STOPPED"}
    listed = sandbox.glue.get_job_runs(JobName="slots")["JobRuns"]
    assert [run["Id"] for run in listed] == ids[::-1]


def test_a_run_longer_than_its_timeout_ends_as_timeout(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    assert attempt.MINUTE == 60
    monkeypatch.setattr(attempt, "MINUTE", 1.5)
    sandbox.job("slow", SLEEPS)
    began = time.monotonic()
    run = sandbox.run("slow", Timeout=2)
    assert (run["JobRunState"], run["ErrorMessage"]) == ("TIMEOUT", "Job timed out.")
    assert 3 <= time.monotonic() - began < 43


def test_a_failed_run_is_tried_again_as_often_as_the_job_says(sandbox: Sandbox) -> None:
    sandbox.job("flaky", "raise ValueError('again')", MaxRetries=1)
    first = sandbox.run("flaky")
    second = sandbox.wait("flaky", f"{first['Id']}_attempt_1")
    assert (second["JobRunState"], second["Attempt"], second["PreviousRunId"]) == ("FAILED", 1, first["Id"])
    assert len(sandbox.glue.get_job_runs(JobName="flaky")["JobRuns"]) == 2


def test_a_dead_jvm_fails_the_run_and_the_next_one_gets_a_new_one(sandbox: Sandbox) -> None:
    script = """
from pyspark.sql import SparkSession
SparkSession.builder.getOrCreate()._jvm.java.lang.Runtime.getRuntime().halt(3)
"""
    run = sandbox.run(sandbox.job("kills-jvm", script))
    assert run["JobRunState"] == "FAILED"
    assert "JVM ended unexpectedly" in run["ErrorMessage"]
    after = "from pyspark.sql import SparkSession\nprint(SparkSession.builder.getOrCreate().range(9).count())"
    assert sandbox.run(sandbox.job("after-jvm", after))["JobRunState"] == "SUCCEEDED"


def test_a_jvm_that_has_had_its_runs_is_replaced(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    jvm = "SparkSession.builder.getOrCreate()._jvm.java.lang.ProcessHandle.current().pid()"
    job = sandbox.job("tells-jvm", f"from pyspark.sql import SparkSession\nprint({jvm})")

    def process() -> list[str]:
        return sandbox.log("/aws-glue/jobs/output", sandbox.run(job)["Id"])

    before = process()
    assert process() == before
    monkeypatch.setattr(spark, "RUNS_OF_A_JVM", 1)
    assert process() != before


def test_runs_share_no_temporary_views(sandbox: Sandbox) -> None:
    make = """
from pyspark.sql import SparkSession
SparkSession.builder.getOrCreate().range(1).createOrReplaceTempView("mine")
"""
    look = "from pyspark.sql import SparkSession\nSparkSession.builder.getOrCreate().table('mine')"
    assert sandbox.run(sandbox.job("makes-view", make))["JobRunState"] == "SUCCEEDED"
    assert "TABLE_OR_VIEW_NOT_FOUND" in sandbox.run(sandbox.job("looks-at-view", look))["ErrorMessage"]


def test_an_unknown_job_or_run_isnt_found(sandbox: Sandbox) -> None:
    with pytest.raises(ClientError, match="EntityNotFoundException"):
        sandbox.glue.start_job_run(JobName="absent")
    with pytest.raises(ClientError, match="EntityNotFoundException"):
        sandbox.glue.get_job_run(JobName="absent", RunId="jr_absent")


def _begun(sandbox: Sandbox, run: dict) -> bool:
    if run["JobRunState"] != "RUNNING":
        return False
    try:
        return "begun" in sandbox.log("/aws-glue/jobs/output", run["Id"])
    except ClientError:
        return False  # no such stream yet
