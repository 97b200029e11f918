"""One run at a time for a job's day, on S3 (the emulator's) and on local disk."""

import json
import threading
import time
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from local_storage import storage_of

from driven_data_glue.catalog import JobRuns
from driven_data_glue.errors import JobError
from driven_data_glue.locks import LONGEST_RUN, DayLock, Holder
from driven_data_glue.storage import S3Storage


class Told:
    """Glue's answers by job run, as JobRuns gives them."""

    def __init__(self, **ended: bool | None) -> None:
        self._ended = ended

    def has_ended(self, job: str, run: str) -> bool | None:
        return self._ended[run]


@pytest.fixture(params=["local", "s3"])
def path(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    root = str(tmp_path) if request.param == "local" else request.getfixturevalue("s3_lake").uri("metrics")
    return f"{root}/judgement/run_date=2024-09-15/lock.json"


@pytest.fixture
def storage(path: str) -> S3Storage:
    return storage_of(path)


def holder(run_id: str | None, job_run_id: str | None = None, age: timedelta = timedelta()) -> Holder:
    since = (datetime.now(UTC) - age).isoformat(timespec="seconds")
    return Holder("judge_raw_data", run_id, job_run_id, since)


def left_by(storage: S3Storage, path: str, dead: Holder) -> None:
    storage.write(path, json.dumps(asdict(dead)).encode())


def test_a_second_run_is_told_who_holds_the_day_and_what_to_do(storage: S3Storage, path: str) -> None:
    first, second = holder("scheduled__1", "jr_1"), holder("manual__2", "jr_2")
    runs = Told(jr_1=False)
    with DayLock(storage, path, first, runs) as held:
        with pytest.raises(JobError) as refused, DayLock(storage, path, second, runs):
            pass
        for said in ("judge_raw_data", "scheduled__1", "jr_1", path, first.since, "run again", "Deleting the lock"):
            assert said in str(refused.value)
        held.check()
    assert storage.find(path) is None, "it is released"
    with DayLock(storage, path, second, runs):
        pass


def test_the_lock_is_released_when_the_run_fails(storage: S3Storage, path: str) -> None:
    with pytest.raises(ValueError, match="of the run"), DayLock(storage, path, holder("a"), Told()):
        raise ValueError("of the run")
    assert storage.find(path) is None


@pytest.mark.parametrize(
    ("dead", "runs"),
    [
        (holder("same", "jr_1"), Told(jr_1=False)),
        (holder("other", "jr_1"), Told(jr_1=True)),
        (holder("other", "jr_1", LONGEST_RUN + timedelta(minutes=1)), Told(jr_1=None)),
        (holder("other", None, LONGEST_RUN + timedelta(minutes=1)), Told()),
    ],
    ids=["same DAG run", "Glue run ended", "too old, Glue tells nothing", "too old, no Glue run"],
)
def test_a_dead_runs_lock_is_taken_over(storage: S3Storage, path: str, dead: Holder, runs: Told) -> None:
    left_by(storage, path, dead)
    with DayLock(storage, path, holder("same"), runs) as held:
        held.check()
    assert storage.find(path) is None


@pytest.mark.parametrize(
    ("alive", "runs"),
    [
        (holder(None, "jr_1"), Told(jr_1=False)),
        (holder("other", "jr_1", LONGEST_RUN * 2), Told(jr_1=False)),
        (holder("other", "jr_1", LONGEST_RUN / 2), Told(jr_1=None)),
        (holder("other", None, LONGEST_RUN / 2), Told()),
    ],
    ids=["running, no DAG run", "running for long", "Glue tells nothing", "no Glue run"],
)
def test_a_lock_that_may_be_a_living_runs_is_respected(
    storage: S3Storage, path: str, alive: Holder, runs: Told
) -> None:
    left_by(storage, path, alive)
    with pytest.raises(JobError, match="the day is being written by"), DayLock(storage, path, holder(None), runs):
        pass
    assert json.loads(storage.read_if_there(path)[0])["token"] == alive.token


def test_who_lost_the_lock_notices_and_leaves_the_new_ones_alone(storage: S3Storage, path: str) -> None:
    first = DayLock(storage, path, holder("same"), Told())
    second = DayLock(storage, path, holder("same"), Told())
    first.__enter__()
    second.__enter__()
    with pytest.raises(JobError, match="another run of this day took over"):
        first.check()
    first.__exit__(None, None, None)
    second.check()
    second.__exit__(None, None, None)
    assert storage.find(path) is None


def test_a_lock_that_nobody_can_read_is_nobodys(storage: S3Storage, path: str) -> None:
    storage.write(path, b"{")
    with DayLock(storage, path, holder("a"), Told()) as held:
        held.check()


def test_of_many_runs_at_once_one_gets_the_day(storage: S3Storage, path: str) -> None:
    left_by(storage, path, holder("dead", "jr_0"))
    all_tried, got, told = threading.Barrier(6), [], []

    def run(number: int) -> None:
        runs = Told(jr_0=True, **{f"jr_{other}": False for other in range(1, 7)})
        try:
            with DayLock(storage_of(path), path, holder(f"run {number}", f"jr_{number}"), runs):
                got.append(number)
                all_tried.wait(30)
        except JobError as refused:
            told.append(str(refused))
            all_tried.wait(30)

    threads = [threading.Thread(target=run, args=[number]) for number in range(1, 7)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 1
    assert [f"jr_{got[0]}" in text for text in told] == [True] * 5


def test_glue_is_asked_whether_the_holders_run_has_ended(s3_lake: Any, aws: Any) -> None:
    """The emulator's job runs end after a moment, having done nothing."""
    glue = aws("glue")
    glue.create_job(Name=s3_lake.bucket, Role="r", Command={"Name": "glueetl", "ScriptLocation": "s3://a/b.py"})
    run = glue.start_job_run(JobName=s3_lake.bucket)["JobRunId"]
    runs = JobRuns(glue)
    assert runs.has_ended(s3_lake.bucket, run) is False
    deadline = time.monotonic() + 20
    while not (ended := runs.has_ended(s3_lake.bucket, run)) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert ended is True
    assert runs.has_ended(s3_lake.bucket, "jr_absent") is True
    assert runs.has_ended("no such job", "jr_absent") is True
