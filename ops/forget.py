"""``make forget``: removes a person from the lake, and certifies it.

The Glue job forget_person searches the lake and takes the person's rows out of a day; here it is told what to do, step
after step, and here older versions are deleted, with the caller's own permissions. The person's values are in no
argument, log or certificate: they lie under the prefix `erasure` until the person is forgotten (docs/erasure.md).
"""

import getpass
import json
import os
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from functools import partial
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from ops.airflow.deployment import Deployment
from ops.clients import clients, read_json
from ops.errors import CommandError
from ops.project import Stack

UUID4 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
PERSONAL_NUMBER = re.compile(r"[1-9]\d{2}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])\d{6}")
AGAIN = "run the same command again: it goes on where this one ended."
RUNNING = ("STARTING", "RUNNING", "STOPPING", "WAITING")
SHOWN = 10


def kind_of(key: str) -> str:
    """Raises CommandError, without the key, when it is neither."""
    if UUID4.fullmatch(key):
        return "unique_id"
    if PERSONAL_NUMBER.fullmatch(key):
        control = sum(int(digit) * int(weight) for digit, weight in zip(key, "279146358279", strict=False)) % 11
        if int(key[-1]) == (1 if control == 10 else control):
            return "personal_number"
    raise CommandError(
        "KEY is neither a unique_id (a version 4 UUID) nor a personal number (13 digits, the last one a right control "
        "digit). Nothing was searched.",
        "give one of the two: make forget KEY=…, or make forget alone, which asks for it.",
    )


class Forgetting:
    """tell: takes the lines that say what is done."""

    def __init__(
        self, deployment: Deployment, job: str, clients: Callable[[str], Any], poll: float, tell: Callable[[str], None]
    ) -> None:
        self._s3, self._glue, self._who = clients("s3"), clients("glue"), clients("sts")
        self._bucket, self._stack, self._job_name = deployment.bucket, deployment.stack, job
        self._poll, self._tell = poll, tell
        self._prefixes = self._json(f"{deployment.dags}pipeline.json")["prefixes"]

    def run(self, key: str) -> dict[str, Any]:
        """The certificate. Raises CommandError when a step fails; a run after it goes on."""
        certificate: dict[str, Any] = {
            "stack": self._stack,
            "bucket": self._bucket,
            "by": self._who.get_caller_identity()["Arn"],
            "began": _now(),
        }
        self._ask(key)
        found = self._search()
        certificate |= {name: found[name] for name in ("person", "searched", "left_out", "unreadable", "days")}
        certificate |= {"held": len(found["found"]), "rewritten": [], "deleted": {}, "found_afterwards": []}
        if found["found"] or found["resumed"]:
            for step in [["files"]] * bool(found["files"]) + [["day", day] for day in found["days"]]:
                self._run_job(*step)
                self._tell(f"Rewrote {step[-1]}.")
            certificate["deleted"] = self._delete_versions(found["found"])
            self._tell(f"Deleted {sum(certificate['deleted'].values())} versions and delete markers.")
            certificate["rewritten"] = self._reports()
            afterwards = self._search()
            certificate |= {"searched_afterwards": afterwards["searched"], "found_afterwards": afterwards["found"]}
        if not certificate["found_afterwards"]:
            self._delete(self._everything_below(self._prefixes["erasure"]))
        nothing = not (found["found"] or found["resumed"])
        result = "nothing found" if nothing else "left over" if certificate["found_afterwards"] else "forgotten"
        return certificate | {"result": result, "ended": _now()}

    def _ask(self, key: str) -> None:
        """One erasure at a time: what an earlier one has still to do can't be found by another person's key."""
        request = {"key": key, "kind": kind_of(key)}
        place = f"{self._prefixes['erasure']}request.json"
        try:
            self._s3.put_object(Bucket=self._bucket, Key=place, Body=json.dumps(request).encode(), IfNoneMatch="*")
        except ClientError as error:
            if error.response["Error"]["Code"] not in ("PreconditionFailed", "ConditionalRequestConflict"):
                raise
            if self._json(place) != request:
                raise CommandError(
                    f"Another erasure isn't finished: s3://{self._bucket}/{place} says whose.",
                    "run make forget with that KEY first; it goes on where it ended.",
                ) from error
            self._tell("Going on with the erasure that was begun.")

    def _search(self) -> dict[str, Any]:
        self._run_job("search")
        found = self._json(f"{self._prefixes['erasure']}found.json")
        versions = sum(each["versions"] for each in found["searched"].values())
        self._tell(
            f"Searched {versions:,} versions of objects: {len(found['found'])} hold the person, "
            f"in {len(found['days'])} days."
        )
        return found

    def _run_job(self, step: str, day: str = "") -> None:
        """The person is in no argument: Glue keeps these, and CloudTrail the call."""
        arguments = {"--step": step, **({"--run_date": day} if day else {})}
        try:
            run = self._glue.start_job_run(JobName=self._job_name, Arguments=arguments)["JobRunId"]
        except self._glue.exceptions.ConcurrentRunsExceededException as error:
            raise CommandError(
                f"{self._job_name} has too many runs already.", f"wait for them, then {AGAIN}"
            ) from error
        while True:
            state = self._glue.get_job_run(JobName=self._job_name, RunId=run)["JobRun"]
            if state["JobRunState"] == "SUCCEEDED":
                return
            if state["JobRunState"] not in RUNNING:
                raise CommandError(
                    f"The step {' '.join(arguments.values())} ended {state['JobRunState']}: "
                    f"{state.get('ErrorMessage') or 'see the log of run ' + run}",
                    f"mend that, or wait for the run that holds the day; then {AGAIN}",
                )
            time.sleep(self._poll)

    def _reports(self) -> list[dict[str, Any]]:
        reports = {each["Key"] for each in self._everything_below(f"{self._prefixes['erasure']}report-")}
        lines = [line for key in sorted(reports) for line in self._json(key)]
        now = {each["Key"]: each["ETag"] for each in self._everything_below("") if each["IsLatest"] and "ETag" in each}
        return [{**line, "etag_after": now.get(line["key"], "")} for line in lines]

    def _delete_versions(self, found: Iterable[dict[str, Any]]) -> dict[str, int]:
        """Versions with the person that nobody reads any more, and all of Athena's results: what a query has made of a
        row needn't hold the values that are searched for."""
        held = {(each["key"], each["id"]) for each in found}
        results, scratch = self._prefixes["athena_results"], self._prefixes["scratch"]

        def goes(each: dict[str, Any]) -> bool:
            unread = not each["IsLatest"] or each["Key"].startswith(scratch)
            return each["Key"].startswith(results) or (unread and (each["Key"], each["VersionId"]) in held)

        listed = list(self._everything_below(""))
        # A delete marker that no version is left below hides nothing.
        bare = {each["Key"] for each in listed if goes(each)}
        bare -= {each["Key"] for each in listed if "Size" in each and not goes(each)}
        going = [each for each in listed if goes(each) or ("Size" not in each and each["Key"] in bare)]
        self._delete(going)
        prefixes = sorted(self._prefixes.values())
        return dict(Counter(next(p for p in [*prefixes, ""] if each["Key"].startswith(p)) for each in going))

    def _everything_below(self, prefix: str) -> Iterator[dict[str, Any]]:
        """Versions and delete markers; these have no size."""
        for page in self._s3.get_paginator("list_object_versions").paginate(Bucket=self._bucket, Prefix=prefix):
            yield from page.get("Versions", [])
            yield from page.get("DeleteMarkers", [])

    def _delete(self, versions: Iterable[dict[str, Any]]) -> None:
        named = [{"Key": each["Key"], "VersionId": each["VersionId"]} for each in versions]
        for start in range(0, len(named), 1000):
            part = {"Objects": named[start : start + 1000], "Quiet": True}
            for error in self._s3.delete_objects(Bucket=self._bucket, Delete=part).get("Errors", []):
                raise CommandError(
                    f"s3://{self._bucket}/{error['Key']}, version {error.get('VersionId')}, can't be deleted: "
                    f"{error['Code']} {error.get('Message', '')}",
                    f"see that you may s3:DeleteObjectVersion, and that no Object Lock holds it; then {AGAIN}",
                )

    def _json(self, key: str) -> Any:
        return read_json(self._s3, self._bucket, key, f"deploy the stack, then {AGAIN}")


def text_of(certificate: dict[str, Any]) -> str:
    """The certificate for people to read."""
    lines = [
        f"Erasure of a person's data: {certificate['result']}",
        f"  person        {certificate['person']} (keyed code of the KEY)",
        f"  lake          s3://{certificate['bucket']}/ of {certificate['stack']}",
        f"  by            {certificate['by']}",
        f"  from, to      {certificate['began']}, {certificate['ended']}",
        f"  held by       {certificate['held']} versions of objects, in {len(certificate['days'])} days "
        f"{', '.join(certificate['days'])}".rstrip(),
        "Searched: objects, versions, bytes",
    ]
    for prefix, sums in (certificate.get("searched_afterwards") or certificate["searched"]).items():
        lines.append(f"  {prefix:<20} {sums['objects']:>8,} {sums['versions']:>8,} {sums['bytes']:>14,}")
    lines.append(f"Not searched, no data of the pipeline: {', '.join(certificate['left_out']) or '-'}")
    for key, why in certificate["unreadable"].items():
        lines.append(f"Searched by its bytes alone, since it can't be read: {key} ({why})")
    lines.append("Rewritten: rows before and after, SHA-256 before and after")
    for each in certificate["rewritten"]:
        rows = f"{each['rows_before']:>8,} {each['rows_after']:>8,}"
        lines += [f"  {each['key']}", f"  {rows}  {each['sha256_before']}", f"  {'':17}  {each['sha256_after']}"]
    lines.append("Versions and delete markers deleted")
    lines += [f"  {prefix:<20} {number:>8,}" for prefix, number in sorted(certificate["deleted"].items())]
    lines.append(f"Found afterwards: {len(certificate['found_afterwards'])}")
    lines += [f"  {each['key']} version {each['id']}" for each in certificate["found_afterwards"]]
    return "\n".join(lines) + "\n"


def forget(stack: Stack, poll: float) -> None:
    """KEY says whom; without it, it is asked for."""
    key = os.environ.get("KEY") or (getpass.getpass("KEY (not shown): ") if sys.stdin.isatty() else "")
    key = key.strip().lower()
    kind_of(key)
    deployment = Deployment.of(stack)
    job = stack.document["resource"]["aws_glue_job"]["forget_person"]["name"]
    try:
        forgetting = Forgetting(deployment, job, clients(deployment.region), poll, partial(print, flush=True))
        certificate = forgetting.run(key)
    except (ClientError, BotoCoreError) as error:
        raise CommandError(str(error), f"docs/erasure.md says what may be refused; then {AGAIN}") from error
    path = stack.project.build_dir / "forget" / f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.with_suffix(".json").write_text(json.dumps(certificate, indent=2) + "\n", encoding="utf-8")
    path.with_suffix(".txt").write_text(text_of(certificate), encoding="utf-8")
    print(f"\n{text_of(certificate)}\nCertificate: {os.path.relpath(path)}.json and .txt")
    if left := certificate["found_afterwards"]:
        raise CommandError(
            f"{len(left)} versions hold the person still: {', '.join(each['key'] for each in left[:SHOWN])}"
            f"{', …' if len(left) > SHOWN else ''}.",
            f"what came in between goes when you {AGAIN} What lies where no job writes, remove by hand.",
        )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
