"""One run at a time for each job and day, held by an object beside the metrics.

It is made, taken over and deleted by conditional writes, so of two runs at the same moment exactly one gets it. What
holds it is found dead by itself: nobody has to clean up after a killed run.
"""

import json
import uuid
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta

from driven_data_glue.catalog import JobRuns
from driven_data_glue.errors import JobError
from driven_data_glue.storage import Conflict, S3Storage

# A holder of which Glue tells nothing is taken for dead after this: the longest that a Glue 5.0 job runs by default.
# https://docs.aws.amazon.com/glue/latest/dg/aws-glue-api-jobs-job.html (Timeout)
LONGEST_RUN = timedelta(minutes=480)
TRIES = 10


@dataclass(frozen=True)
class Holder:
    """Who holds a lock. run_id: the DAG run; job_run_id: Glue's."""

    job: str
    run_id: str | None
    job_run_id: str | None
    since: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))
    token: str = field(default_factory=lambda: uuid.uuid4().hex)

    def __str__(self) -> str:
        return f"{self.job} (DAG run {self.run_id or 'unknown'}, Glue job run {self.job_run_id or 'unknown'})"


class DayLock:
    """`with DayLock(...)`: raises JobError when another run holds the day. `check` says whether it is still held."""

    def __init__(self, storage: S3Storage, path: str, me: Holder, runs: JobRuns) -> None:
        self._storage, self._path, self._me, self._runs = storage, path, me, runs
        self._etag = ""

    def __enter__(self) -> "DayLock":
        content = json.dumps(asdict(self._me), indent=2).encode()
        for _ in range(TRIES):
            try:
                self._etag = self._storage.write(self._path, content, absent=True)
                return self
            except Conflict:
                found = self._storage.read_if_there(self._path)
            if found is None:
                continue  # released meanwhile
            holder, self._etag = _read(found[0]), found[1]
            if holder and holder.token == self._me.token:
                return self  # the first try's answer was lost on the way
            self._fail_if_alive(holder)
            try:
                self._etag = self._storage.write(self._path, content, etag=self._etag)
                return self
            except Conflict:
                continue
        raise JobError(f"{self._path}: other runs of this day keep taking the lock; stop all but one of them")

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        try:
            self._storage.delete(self._path, etag=self._etag)
        except Conflict:
            return  # taken over by another run, which releases it
        except JobError:
            if error is None:  # else the run's own failure is the one to tell
                raise

    def check(self) -> None:
        """Raises JobError when another run took the lock over. Asked before anything that readers see is changed."""
        found = self._storage.find(self._path)
        if found is None or found.etag != self._etag:
            raise JobError(
                f"another run of this day took over {self._path} while this one worked; nothing was published since. "
                "Let the other run end, then run again if it failed"
            )

    def _fail_if_alive(self, holder: Holder | None) -> None:
        if holder is None or (holder.run_id and holder.run_id == self._me.run_id):
            return  # unreadable, so nobody's; or a retry in the same DAG run
        ended = self._runs.has_ended(holder.job, holder.job_run_id) if holder.job_run_id else None
        age = datetime.now(UTC) - datetime.fromisoformat(holder.since)
        if ended or (ended is None and age > LONGEST_RUN):
            return
        raise JobError(
            f"the day is being written by {holder}, which holds {self._path} since {holder.since}. Wait until that "
            f"run has ended and run again; if it is dead, its lock is taken over once Glue says that it has ended, or "
            f"{LONGEST_RUN.total_seconds() / 3600:.0f} hours after it began. Deleting the lock file frees the day at "
            "once: make sure that nothing works on it"
        )


def _read(content: bytes) -> Holder | None:
    try:
        holder = Holder(**json.loads(content))
        datetime.fromisoformat(holder.since)
        return holder
    except (ValueError, TypeError):
        return None
