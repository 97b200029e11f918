"""Glue job forget_person: searches the whole lake for a person, and takes the person's rows out of it, day by day.

`make forget` puts what is to be forgotten under the prefix `erasure`, runs the steps one after the other, and deletes
older versions itself: no role of the deployment may do that (docs/erasure.md). A step that is run again goes on.

A day's files are rewritten as they are, not made anew from the raw file: that may have expired, the rules may have
changed since, and a day with fewer good rows may have too many bad ones.
"""

import gzip
import hashlib
import hmac
import io
import json
import re
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from typing import Any

from driven_data_glue.arguments import ForgetArguments, parse_forget_arguments
from driven_data_glue.errors import BadArguments, JobError
from driven_data_glue.job import JUDGEMENT, Job, deployed_table, running
from driven_data_glue.judging import count_reasons
from driven_data_glue.keys import fingerprint
from driven_data_glue.metrics import Judgement, content_id, read_judgement, write_metrics
from driven_data_glue.parquet_rows import without_rows
from driven_data_glue.partition import parquet_files
from driven_data_glue.projection import clean_rows
from driven_data_glue.pseudonyms import key_from_kms, pseudonym
from driven_data_glue.session import in_few_steps
from driven_data_glue.steps import StepLog
from driven_data_glue.storage import Conflict, S3Storage, Version
from driven_data_glue.table import PipelineTable
from driven_data_glue.traces import Found, Values, holds, look_into, without
from driven_data_glue.trusted import TRUSTED, anonymity_of

DAY = re.compile(r"/run_date=(\d{4}-\d{2}-\d{2})/|_(\d{4}-\d{2}-\d{2})\.csv(?:\.gz)?$")
SIDE_BY_SIDE = 8  # files that are searched at once
IN_MEMORY = 16 * 2**20  # bytes of a file; what is larger lies on disk


def run(argv: Sequence[str] | None = None) -> None:
    """Raises JobError when somebody else holds the day, or something was changed meanwhile; run the step again then."""
    arguments = parse_forget_arguments(argv)
    storage = S3Storage(arguments.data_root)
    work = _Work(storage, arguments, deployed_table(storage, arguments.pipeline_table))
    if arguments.step == "search":
        _Search(work).run()
    elif arguments.step == "files":
        log, values = StepLog("forget_person files"), work.values()
        for path in work.person()["files"]:
            _cut(work, path, "files", values)
        log.end("cut the files without a day")
    else:
        _forget_day(work)


class _Work:
    """What the steps hand on, under the prefix `erasure`. All of it goes when the person is forgotten."""

    def __init__(self, storage: S3Storage, arguments: ForgetArguments, table: PipelineTable) -> None:
        self.storage, self.arguments, self.table = storage, arguments, table
        self.root = arguments.data_root.rstrip("/") + "/"
        self.prefix = table.prefixes["erasure"]

    def read(self, name: str) -> Any:
        found = self.storage.read_if_there(f"{self.root}{self.prefix}{name}.json")
        return json.loads(found[0]) if found else None

    def write(self, name: str, content: Any) -> None:
        self.storage.write(f"{self.root}{self.prefix}{name}.json", json.dumps(content, indent=2).encode())

    def request(self) -> dict[str, str]:
        return self._needed("request", "this job is run by make forget")

    def person(self) -> dict[str, Any]:
        return self._needed("person", "the step search comes first")

    def _needed(self, name: str, hint: str) -> dict[str, Any]:
        found = self.read(name)
        if found is None:
            raise BadArguments(f"{self.root}{self.prefix}{name}.json doesn't exist; {hint}")
        return found

    def values(self) -> Values:
        return Values(tuple(self.person()["values"]))

    def note(self, report: str, path: str, **what: Any) -> None:
        """Before the file is replaced: whoever goes on after a crash knows what was there."""
        line = {"key": path.removeprefix(self.root), **what}
        same = ("key", "etag_before")
        lines = [each for each in self.read(f"report-{report}") or [] if any(each[name] != line[name] for name in same)]
        self.write(f"report-{report}", [*lines, line])

    def noted(self, report: str, path: str) -> list[dict[str, Any]]:
        key = path.removeprefix(self.root)
        return [line for line in self.read(f"report-{report}") or [] if line["key"].startswith(key)]


class _Search:
    """Finds out what a person is known by, and in which versions of which objects that stands."""

    def __init__(self, work: _Work) -> None:
        self._work, self._log = work, StepLog("forget_person search")
        request = work.request()
        self._key, self._is_number = request["key"], request["kind"] == "personal_number"
        self._secret = key_from_kms(work.arguments.pseudonym_key)
        self._prefixes = sorted(set(work.table.prefixes.values()) - {work.prefix})

    def run(self) -> None:
        before = self._work.read("person")
        listed = [(self._prefix(version), version) for version in self._work.storage.versions(self._work.root)]
        searched = [version for prefix, version in listed if prefix in self._prefixes]
        values, found = set(before["values"]) if before else {self._key}, {}
        while True:
            found = self._look(searched, Values(tuple(sorted(values))))
            more = values | self._known_by(found.values())
            if more == values:
                break
            values = more
        unreadable = {version.key: each.unreadable for version, each in found.items() if each.unreadable}
        found = {version: each for version, each in found.items() if each.held}
        todo = self._todo(found, before or {"days": [], "files": []})
        if found or before:
            self._work.write("person", {"values": sorted(values), **todo})
        code = hmac.new(self._secret, f"forgotten {self._key}".encode(), "sha256").hexdigest()[:32]
        self._work.write(
            "found",
            {
                "person": code,
                **todo,
                "resumed": before is not None,
                "searched": _sums(listed, self._prefixes),
                "left_out": _sums(((p, v) for p, v in listed if p not in self._prefixes), ()),
                "unreadable": unreadable,
                "found": [{**asdict(version), "rows": found[version].rows} for version in searched if version in found],
            },
        )
        self._log.end(f"searched {len(searched):,} versions, {len(found):,} hold the person")

    def _prefix(self, version: Version) -> str:
        known = [*self._prefixes, self._work.prefix, version.key.partition("/")[0]]
        return next(each for each in known if version.key.startswith(each))

    def _look(self, versions: list[Version], values: Values) -> dict[Version, Found]:
        def look(version: Version) -> Found | None:
            with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY) as file:
                if not self._work.storage.fetch(self._work.root, version, file):
                    return None
                file.seek(0)
                return look_into(file, values, self._work.table)

        with ThreadPoolExecutor(SIDE_BY_SIDE) as threads:
            looked = zip(versions, threads.map(look, versions), strict=True)
            return {version: found for version, found in looked if found}

    def _known_by(self, found: Iterable[Found]) -> set[str]:
        """A personal number leads to the keys of its rows; a key to its row's number first."""
        pairs = {pair for each in found for pair in each.people}
        numbers = {self._key} if self._is_number else {number for number, key in pairs if key == self._key and number}
        if len(numbers) > 1:
            raise BadArguments(
                f"this unique_id stands in rows of {len(numbers)} personal numbers; run make forget with the person's "
                "personal number"
            )
        keys = {key for number, key in pairs if number in numbers and key} | ({self._key} - numbers)
        return numbers | keys | {pseudonym(self._secret, key) for key in keys}

    def _todo(self, hits: Iterable[Version], before: dict[str, Any]) -> dict[str, list[str]]:
        """The days and the files that are to be rewritten, with those that an earlier run has found."""
        days, files = set(before["days"]), set(before["files"])
        prefixes = self._work.table.prefixes
        for version in hits:
            if not version.latest or version.key.startswith(prefixes["scratch"]):
                continue
            day = DAY.search(version.key)
            if version.key.startswith(prefixes["incoming"]) or (version.key.startswith(prefixes["raw"]) and not day):
                files.add(self._work.root + version.key)
            elif day:
                days.add(day[1] or day[2])
        return {"days": sorted(days), "files": sorted(files)}


def _sums(listed: Iterable[tuple[str, Version]], zeros: Iterable[str]) -> dict[str, dict[str, int]]:
    sums = {prefix: Counter(objects=0, versions=0, bytes=0) for prefix in sorted(zeros)}
    for prefix, version in listed:
        sums.setdefault(prefix, Counter()).update(objects=int(version.latest), versions=1, bytes=version.size)
    return {prefix: dict(counted) for prefix, counted in sums.items()}


def _forget_day(work: _Work) -> None:
    held = [*(dataset.name for dataset in work.table.datasets), TRUSTED]
    with running(JUDGEMENT, "forget_person", work.arguments, also=held) as job:
        values, day = work.values(), job.places.day
        for file in job.storage.files(work.root + job.table.prefixes["raw"]):
            named = DAY.search(file.path)
            if named and named[2] == day:
                _cut(work, file.path, day, values, job.lock.check)
                job.log.step(f"searched {file.path}")
        parts = [job.places.clean(), job.places.quarantine]
        parts += [job.places.staging(dataset.name) for dataset in job.table.datasets]
        parts += [job.places.trusted(table.name) for table in job.table.trusted]
        for file in (file for part in parts for file in parquet_files(job.storage, part)):
            if cut := _cut(work, file.path, day, values, job.lock.check):
                job.log.step(f"took {cut[0] - cut[1]:,} of {cut[0]:,} rows out of {file.path}")
        _mend_metrics(work, job)
    job.log.end("forgot the person")


def _cut(
    work: _Work, path: str, report: str, values: Values, check: Callable[[], None] = lambda: None
) -> tuple[int, int] | None:
    """Puts in the file's place what is left of it without the person; all else in it stays as it is, in its order.

    Gives the rows before and after; None where nothing of the person is in it. `check` is called before it is replaced.
    """
    found = work.storage.read_if_there(path)
    if found is None or not holds(found[0], values, work.table):
        return None
    content, etag = found
    if path.endswith(".parquet"):
        rest, before, after = without_rows(content, values.pattern)
    else:
        rest, before, after = _text_without(path, content, values, len(work.table.raw_columns))
    work.note(
        report,
        path,
        rows_before=before,
        rows_after=after,
        etag_before=etag,
        sha256_before=hashlib.sha256(content).hexdigest(),
        sha256_after=hashlib.sha256(rest).hexdigest(),
    )
    check()
    try:
        work.storage.write(path, rest, etag=etag)
    except Conflict:
        raise JobError(f"{path} was replaced while it was cut; nothing of it was written. Run again") from None
    return before, after


def _text_without(path: str, content: bytes, values: Values, columns: int) -> tuple[bytes, int, int]:
    zipped = path.endswith(".gz")
    cut = without(io.BytesIO(gzip.decompress(content) if zipped else content), values, columns)
    if cut is None:
        raise JobError(f"{path}: without the person's lines, stray quotes would join others'. Mend the quotes by hand")
    lines, going, staying = cut
    rest = b"".join(lines)
    return gzip.compress(rest, mtime=0) if zipped else rest, going + staying, staying


def _mend_metrics(work: _Work, job: Job) -> None:
    """Makes the day's metrics say what its files hold now, so that the day is whole for whoever compares them."""
    path = job.places.metrics(JUDGEMENT)
    before = read_judgement(job.storage, path)
    clean = parquet_files(job.storage, job.places.clean())
    # Where the clean rows have expired, any staging table has their keys.
    staged = [parquet_files(job.storage, job.places.staging(dataset.name)) for dataset in job.table.datasets]
    keys = next(filter(None, [clean, *staged]), None)
    if before is None or keys is None:
        return
    rows, mark = fingerprint(job.keys(keys), job.table.key.name)
    quarantined, reasons = _quarantined(work, job, before)
    after = replace(
        before,
        raw_etag=_raw_etag(work, job, before),
        raw_rows=rows + quarantined,
        clean_rows=rows,
        quarantined_rows=quarantined,
        reasons=reasons,
        unique_id_fingerprint=mark,
    )
    if after == before:
        return
    after = replace(after, judgement=content_id(asdict(after)))
    shown = None
    if clean and rows:
        shown = in_few_steps(clean_rows(job, clean, job.table.raw_columns), sum(file.size for file in clean))
    departments = {table.name: table for table in job.table.trusted}
    for name in [*(dataset.name for dataset in job.table.datasets), *departments]:
        found = job.storage.read_if_there(job.places.metrics(name))
        metrics = json.loads(found[0]) if found else {}
        if metrics.get("judgement") != before.judgement:
            continue  # of another judgement before, or mended by a run that ended early
        metrics |= {"judgement": after.judgement, "staged_rows": rows, "unique_id_fingerprint": mark}
        if name in departments:
            anonymous = anonymity_of(shown, departments[name], job.table.raw_columns) if shown else {}
            metrics |= {"content": content_id(metrics), "anonymity": anonymous}
        job.lock.check()
        job.storage.write(job.places.metrics(name), (json.dumps(metrics, indent=2) + "\n").encode())
    job.lock.check()
    write_metrics(job.storage, path, after)
    job.log.step(f"mended the metrics: {after.clean_rows:,} clean rows, {after.quarantined_rows:,} quarantined")


def _quarantined(work: _Work, job: Job, before: Judgement) -> tuple[int, dict[str, int]]:
    """The quarantined rows and their reasons, if the quarantine is the judgement's own: it may have expired, or be that
    of a newer file which was refused."""
    files = parquet_files(job.storage, job.places.quarantine)
    noted = work.noted(job.places.day, job.places.quarantine)
    removed = sum(line["rows_before"] - line["rows_after"] for line in noted)
    if files:
        reasons, number = count_reasons(job.rows(files, "reason string"))
        if number + removed == before.quarantined_rows:
            return number, reasons
    return before.quarantined_rows, before.reasons


def _raw_etag(work: _Work, job: Job, before: Judgement) -> str:
    """The raw file's, if it is the one that was judged."""
    now = job.storage.find(before.raw_file)
    judged = {line["etag_before"] for line in work.noted(job.places.day, before.raw_file)}
    return now.etag if now and before.raw_etag in judged else before.raw_etag
