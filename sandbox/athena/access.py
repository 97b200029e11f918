"""What a query needs besides Athena's own actions, judged as the one who asks.

On AWS Athena reads the catalogue and the objects with its caller's permissions (forward access sessions,
https://docs.aws.amazon.com/IAM/latest/UserGuide/access_forward_access_sessions.html). The sandbox's engine is one for
all callers; so the front lets it read, and a query's tables, views resolved, are judged here before any of its rows is
given out: their catalogue entries and every object at their location, also those that a filter on a partition spares.
https://docs.aws.amazon.com/athena/latest/ug/fine-grained-access-to-glue-resources.html
"""

import re
from collections.abc import Iterator

from sandbox import aws
from sandbox.athena.errors import QueryError
from sandbox.inside import Inside
from sandbox.judge.engine import Caller, Need
from sandbox.judge.judge import Refused
from sandbox.settings import ACCOUNT_ID

_VIEW = re.compile(
    r'(?P<what>CREATE|DROP)\s+(?:OR\s+REPLACE\s+)?VIEW\s+(?:IF\s+EXISTS\s+)?(?P<name>["\w.$-]+)', re.IGNORECASE
)


class Access:
    def __init__(self, inside: Inside) -> None:
        self._judge, self._region = inside.judge, inside.region
        self._glue, self._s3 = inside.emulated("glue"), inside.emulated("s3")

    def tables(self, caller: Caller, tables: list[tuple[str, str]]) -> None:
        """Raises QueryError for the first table or view, by database and name, that the caller may not read."""
        databases = dict.fromkeys(["default", *(database for database, _ in tables)])
        for database in databases if tables else ():
            self._require(caller, list(self._entry("glue:GetDatabase", database)))
        for database, name in tables:
            self._read(caller, database, name)

    def definition(self, caller: Caller, sql: str, database: str) -> None:
        """Raises QueryError when the statement makes or drops a view that the caller may not make or drop."""
        found = _VIEW.match(sql)
        if not found:
            return
        parts = [part.strip('"').lower() for part in found["name"].split(".")]
        actions = ["glue:DeleteTable"] if found["what"].upper() == "DROP" else ["glue:GetTable", "glue:CreateTable"]
        if "REPLACE" in sql[: found.end()].upper():
            actions.append("glue:UpdateTable")
        within = parts[-2] if len(parts) > 1 else database
        for action in actions:
            self._require(caller, list(self._entry(action, within, parts[-1])))

    def results(self, caller: Caller, bucket: str) -> None:
        """Raises QueryError when the caller may not ask where the bucket of the results is."""
        self._require(caller, [Need("s3:GetBucketLocation", f"arn:aws:s3:::{bucket}")], bucket)

    def _read(self, caller: Caller, database: str, name: str) -> None:
        # "<table>$partitions" reads the catalogue alone:
        # https://docs.aws.amazon.com/athena/latest/ug/querying-glue-catalog-listing-partitions.html
        name, listed, _ = name.partition("$partitions")
        self._require(caller, list(self._entry("glue:GetTable", database, name)))
        if listed:
            self._require(caller, list(self._entry("glue:GetPartitions", database, name)))
            return
        table = self._glue.get_table(DatabaseName=database, Name=name)["Table"]
        if table.get("TableType") == "VIRTUAL_VIEW":
            return
        if table.get("PartitionKeys") and table.get("Parameters", {}).get("projection.enabled") != "true":
            self._require(caller, list(self._entry("glue:GetPartitions", database, name)))
        location = table["StorageDescriptor"]["Location"].rstrip("/") + "/"
        bucket, prefix = aws.place_of(location)
        listing = Need("s3:ListBucket", f"arn:aws:s3:::{bucket}", {"s3:prefix": prefix})
        keys = (each["Key"] for each in aws.objects(self._s3, bucket, prefix))
        objects = [Need("s3:GetObject", f"arn:aws:s3:::{bucket}/{key}") for key in keys]
        self._require(caller, [listing, *objects], bucket)

    def _entry(self, action: str, database: str, table: str = "") -> Iterator[Need]:
        for resource in ("catalog", f"database/{database}", *([f"table/{database}/{table}"] if table else [])):
            yield Need(action, f"arn:aws:glue:{self._region}:{ACCOUNT_ID}:{resource}")

    def _require(self, caller: Caller, needs: list[Need], bucket: str = "") -> None:
        try:
            self._judge.require(caller, needs, bucket)
        except Refused as refused:
            raise denied(str(refused)) from None


def denied(message: str) -> QueryError:
    return QueryError("PERMISSION_DENIED", f"Insufficient permissions to execute the query. {message}")
