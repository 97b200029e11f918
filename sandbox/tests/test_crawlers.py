"""Crawlers register partitions of declared tables, and never touch a declared schema."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pytest
from botocore.exceptions import ClientError

from .conftest import BUCKET, OPEN_CSV, ROLE, Sandbox, awaited, parquet

LOGS = {"UpdateBehavior": "LOG", "DeleteBehavior": "LOG"}


class CrawledLake:
    """One database with tables, files and crawlers."""

    def __init__(self, sandbox: Sandbox, database: str) -> None:
        self.sandbox, self.database = sandbox, database
        self.glue, self.s3 = sandbox.glue, sandbox.s3
        self.glue.create_database(DatabaseInput={"Name": database})

    def parquet_table(self, name: str) -> None:
        columns = [("unique_id", "string"), ("speed", "int")]
        self.sandbox.table(self.database, name, columns, self._location(name), keys=[("run_date", "date")])

    def csv_table(self, name: str) -> None:
        columns, header = [("unique_id", "string"), ("address", "string")], {"skip.header.line.count": "1"}
        self.sandbox.table(self.database, name, columns, self._location(name), form=OPEN_CSV, **header)

    def put(self, key: str, **columns: Any) -> None:
        self.put_bytes(key, parquet(pa.table(columns)))

    def put_bytes(self, key: str, content: bytes) -> None:
        self.s3.put_object(Bucket=BUCKET, Key=f"{self.database}/{key}", Body=content)

    def crawler(self, table: str, recrawl: str = "CRAWL_NEW_FOLDERS_ONLY", policy: dict[str, str] = LOGS) -> str:
        name = f"{self.database}-{table}"
        self.glue.create_crawler(
            Name=name,
            Role=ROLE,
            DatabaseName=self.database,
            Targets={"S3Targets": [{"Path": self._location(table)}]},
            RecrawlPolicy={"RecrawlBehavior": recrawl},
            SchemaChangePolicy=policy,
        )
        return name

    def crawl(self, crawler: str) -> dict[str, Any]:
        self.glue.start_crawler(Name=crawler)
        return awaited(lambda: self.idle(crawler), f"the end of {crawler}", 30, pause=0.05)["LastCrawl"]

    def idle(self, crawler: str) -> dict[str, Any] | None:
        """The crawler when it isn't at work."""
        found = self.glue.get_crawler(Name=crawler)["Crawler"]
        return found if found["State"] == "READY" else None

    def partitions(self, table: str) -> dict[str, dict[str, Any]]:
        found = self.glue.get_partitions(DatabaseName=self.database, TableName=table)["Partitions"]
        return {each["Values"][0]: each for each in found}

    def table(self, name: str) -> dict[str, Any]:
        return self.glue.get_table(DatabaseName=self.database, Name=name)["Table"]

    def _location(self, table: str) -> str:
        return f"s3://{BUCKET}/{self.database}/{table}/"


@pytest.fixture
def lake(sandbox: Sandbox, request: pytest.FixtureRequest) -> Iterator[CrawledLake]:
    yield CrawledLake(sandbox, f"db{abs(hash(request.node.name))}")


def test_many_crawl_at_a_time(lake: CrawledLake) -> None:
    """Each waits for the front, which judges its calls meanwhile."""
    names = [f"fact_{number}" for number in range(24)]
    for name in names:
        lake.parquet_table(name)
        lake.put(f"{name}/run_date=2024-09-14/part-0.parquet", unique_id=["a"], speed=pa.array([1], pa.int32()))
    crawlers = [lake.crawler(name) for name in names]
    for crawler in crawlers:
        lake.glue.start_crawler(Name=crawler)
    for crawler in crawlers:
        assert awaited(lambda name=crawler: lake.idle(name), crawler, 20)["LastCrawl"]["Status"] == "SUCCEEDED"


def test_new_folders_become_partitions_like_their_table(lake: CrawledLake) -> None:
    lake.parquet_table("fact")
    before = lake.table("fact")
    lake.put("fact/run_date=2024-09-14/part-0.parquet", unique_id=["a"], speed=pa.array([1], pa.int32()))
    lake.put("fact/run_date=2024-09-15/part-0.parquet", unique_id=["b"], speed=pa.array([2], pa.int32()))
    lake.put("fact/_temporary/run_date=2024-09-16/part-0.parquet", unique_id=["c"], speed=pa.array([3], pa.int32()))
    crawler = lake.crawler("fact")
    assert lake.crawl(crawler)["Status"] == "SUCCEEDED"
    partitions = lake.partitions("fact")
    assert sorted(partitions) == ["2024-09-14", "2024-09-15"]
    storage = partitions["2024-09-15"]["StorageDescriptor"]
    assert storage["Location"] == f"s3://{BUCKET}/{lake.database}/fact/run_date=2024-09-15/"
    assert storage["Columns"] == before["StorageDescriptor"]["Columns"]
    assert lake.table("fact") == before
    metrics = lake.glue.get_crawler_metrics(CrawlerNameList=[crawler])["CrawlerMetricsList"][0]
    assert (metrics["TablesCreated"], metrics["TablesUpdated"]) == (0, 1)


def test_a_second_crawl_adds_only_what_is_new(lake: CrawledLake) -> None:
    lake.parquet_table("fact")
    crawler = lake.crawler("fact")
    lake.put("fact/run_date=2024-09-14/part-0.parquet", unique_id=["a"], speed=pa.array([1], pa.int32()))
    lake.crawl(crawler)
    first = lake.partitions("fact")["2024-09-14"]
    lake.put("fact/run_date=2024-09-15/part-0.parquet", unique_id=["b"], speed=pa.array([2], pa.int32()))
    lake.crawl(crawler)
    partitions = lake.partitions("fact")
    assert sorted(partitions) == ["2024-09-14", "2024-09-15"]
    assert partitions["2024-09-14"] == first
    lake.crawl(crawler)
    metrics = lake.glue.get_crawler_metrics(CrawlerNameList=[crawler])["CrawlerMetricsList"][0]
    assert metrics["TablesUpdated"] == 0


def test_a_file_of_another_schema_is_logged_and_changes_nothing(lake: CrawledLake) -> None:
    lake.parquet_table("fact")
    before = lake.table("fact")
    lake.put("fact/run_date=2024-09-15/part-0.parquet", unique_id=["a"], speed=["fast"], extra=[1])
    crawler = lake.crawler("fact")
    last = lake.crawl(crawler)
    assert last["Status"] == "SUCCEEDED"
    log = " ".join(lake.sandbox.log(last["LogGroup"], last["LogStream"]))
    assert "column speed is string, declared int" in log
    assert "column extra (int64) isn't declared" in log
    assert lake.table("fact") == before
    assert "column speed" in lake.sandbox.status()["crawler_warnings"][crawler][0]


def test_a_policy_that_would_change_the_schema_fails_the_crawl(lake: CrawledLake) -> None:
    lake.parquet_table("fact")
    before = lake.table("fact")
    lake.put("fact/run_date=2024-09-15/part-0.parquet", unique_id=["a"], speed=["fast"])
    updates = {"UpdateBehavior": "UPDATE_IN_DATABASE", "DeleteBehavior": "LOG"}
    last = lake.crawl(lake.crawler("fact", policy=updates))
    assert last["Status"] == "FAILED"
    assert "UPDATE_IN_DATABASE" in last["ErrorMessage"]
    assert lake.table("fact") == before
    assert lake.partitions("fact") == {}


def test_what_isnt_parquet_fails_the_crawl(lake: CrawledLake) -> None:
    lake.parquet_table("fact")
    lake.put_bytes("fact/run_date=2024-09-15/part-0.parquet", b"a,b,c\n1,2,3\n")
    last = lake.crawl(lake.crawler("fact"))
    assert last["Status"] == "FAILED"
    assert "part-0.parquet: not a Parquet file" in last["ErrorMessage"]


def test_csv_is_left_to_the_job_that_judges_it(lake: CrawledLake) -> None:
    lake.csv_table("raw")
    lake.put_bytes("raw/day_1.csv", b'unique_id,address\na,"Street 1, Town"\n')
    crawler = lake.crawler("raw", recrawl="CRAWL_EVERYTHING")
    assert lake.crawl(crawler)["Status"] == "SUCCEEDED"
    assert crawler not in lake.sandbox.status()["crawler_warnings"]


@pytest.mark.parametrize(("behaviour", "left"), [("LOG", ["2024-09-14"]), ("DELETE_FROM_DATABASE", [])])
def test_a_vanished_folder_follows_the_delete_policy(lake: CrawledLake, behaviour: str, left: list[str]) -> None:
    lake.parquet_table("fact")
    lake.put("fact/run_date=2024-09-14/part-0.parquet", unique_id=["a"], speed=pa.array([1], pa.int32()))
    crawler = lake.crawler("fact", "CRAWL_EVERYTHING", {"UpdateBehavior": "LOG", "DeleteBehavior": behaviour})
    lake.crawl(crawler)
    lake.s3.delete_object(Bucket=BUCKET, Key=f"{lake.database}/fact/run_date=2024-09-14/part-0.parquet")
    lake.crawl(crawler)
    assert sorted(lake.partitions("fact")) == left


def test_a_crawler_without_a_declared_table_fails(lake: CrawledLake) -> None:
    last = lake.crawl(lake.crawler("nothing"))
    assert last["Status"] == "FAILED"
    assert "No table of the database" in last["ErrorMessage"]


@pytest.mark.parametrize(
    ("targets", "named"),
    [
        ({"S3Targets": [{"Path": "s3://lake/x/", "Exclusions": ["**"]}]}, "Exclusions of s3://lake/x/"),
        ({"CatalogTargets": [{"DatabaseName": "d", "Tables": ["t"]}]}, "CatalogTargets"),
    ],
    ids=["exclusions", "catalogue"],
)
def test_targets_that_arent_known_are_refused(lake: CrawledLake, targets: dict[str, Any], named: str) -> None:
    crawler = lake.crawler("odd")
    lake.glue.update_crawler(Name=crawler, Targets=targets)
    last = lake.crawl(crawler)
    assert last["Status"] == "FAILED"
    assert last["ErrorMessage"] == f"The sandbox's crawlers know whole S3 targets alone, not {named}."


def test_a_running_crawler_cant_be_started_and_an_idle_one_not_stopped(lake: CrawledLake) -> None:
    lake.parquet_table("fact")
    crawler = lake.crawler("fact")
    lake.glue.start_crawler(Name=crawler)
    with pytest.raises(ClientError, match="CrawlerRunningException"):
        lake.glue.start_crawler(Name=crawler)
    awaited(lambda: lake.idle(crawler), "the crawl's end")
    with pytest.raises(ClientError, match="CrawlerNotRunningException"):
        lake.glue.stop_crawler(Name=crawler)
    with pytest.raises(ClientError, match="EntityNotFoundException"):
        lake.glue.start_crawler(Name="absent")
