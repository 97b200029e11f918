"""The API: executions, result files, pages, work groups, cancellation."""

from __future__ import annotations

import asyncio

import pytest

from sandbox.athena.results import read_rows
from sandbox.athena.service import AthenaService
from sandbox.aws_error import AwsError

BUCKET = "driven-data-bucket"


def _group(warehouse, name, **configuration):
    warehouse.athena.create_work_group(Name=name, Configuration=configuration)
    return name


def test_other_operations_are_left_to_the_emulator(warehouse):
    assert warehouse.call("GetWorkGroup", WorkGroup="primary") is None
    assert "GetWorkGroup" not in AthenaService.OPERATIONS


def test_an_execution_describes_itself(warehouse):
    execution = warehouse.execute("SELECT iban FROM dim_finance")
    assert execution["Query"] == "SELECT iban FROM dim_finance"
    assert execution["StatementType"] == "DML"
    assert execution["QueryExecutionContext"] == {"Database": "driven_data_db", "Catalog": "awsdatacatalog"}
    assert execution["WorkGroup"] == "primary"
    status, statistics = execution["Status"], execution["Statistics"]
    assert status["CompletionDateTime"] >= status["SubmissionDateTime"] > 1e9
    assert statistics["TotalExecutionTimeInMillis"] >= statistics["EngineExecutionTimeInMillis"] > 0


def test_result_file_and_metadata_are_written_as_athena_writes_them(warehouse):
    execution = warehouse.execute("SELECT 1 AS a, 'say \"hi\", you' AS b, CAST(NULL AS varchar) AS c, '' AS d")
    location = execution["ResultConfiguration"]["OutputLocation"]
    assert location == f"s3://{BUCKET}/athena-results/{execution['QueryExecutionId']}.csv"
    key = location.removeprefix(f"s3://{BUCKET}/")
    body = warehouse.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read().decode()
    assert body == '"a","b","c","d"\n"1","say ""hi"", you",,""\n'
    assert list(read_rows(body))[1] == ["1", 'say "hi", you', None, ""]
    metadata = warehouse.s3.get_object(Bucket=BUCKET, Key=f"{key}.metadata")["Body"].read()
    assert metadata.startswith(b"\n$" + execution["QueryExecutionId"].encode())
    assert b"\n\x04hive\x22\x01a\x2a\x01a\x32\x07integer" in metadata


def test_pages_carry_the_header_first_and_the_types(warehouse):
    execution = warehouse.execute("SELECT n FROM (VALUES 1, 2, 3) AS t (n) ORDER BY n")
    given = {"QueryExecutionId": execution["QueryExecutionId"], "MaxResults": 2}
    first = warehouse.call("GetQueryResults", **given)
    second = warehouse.call("GetQueryResults", **given, NextToken=first["NextToken"])
    texts = [[row["Data"][0]["VarCharValue"] for row in page["ResultSet"]["Rows"]] for page in (first, second)]
    assert texts == [["n", "1"], ["2", "3"]]
    assert "NextToken" not in second
    info = first["ResultSet"]["ResultSetMetadata"]["ColumnInfo"][0]
    assert (info["Name"], info["Type"], info["Precision"]) == ("n", "integer", 10)


def test_types_in_the_metadata(warehouse):
    sql = (
        "SELECT count(*) AS a, 1.25 AS b, 1e0 AS c, 'x' AS d, true AS e, DATE '2024-01-01' AS f,"
        " TIMESTAMP '2024-01-01 00:00:00' AS g, now() AS h, ARRAY[1] AS i, run_date AS j"
        " FROM dim_date GROUP BY run_date"
    )
    execution = warehouse.execute(sql)
    answer = warehouse.call("GetQueryResults", QueryExecutionId=execution["QueryExecutionId"])
    types = [c["Type"] for c in answer["ResultSet"]["ResultSetMetadata"]["ColumnInfo"]]
    wanted = [
        "bigint",
        "decimal",
        "double",
        "varchar",
        "boolean",
        "date",
        "timestamp",
        "timestamp with time zone",
        "array",
    ]
    assert types == [*wanted, "date"]


def test_results_of_a_failed_query_are_refused(warehouse):
    execution = warehouse.execute("SELECT 1 / 0")
    assert execution["Status"]["AthenaError"]["ErrorMessage"] == "DIVISION_BY_ZERO: Division by zero"
    with pytest.raises(AwsError, match=r"Query did not finish successfully. Final query state: FAILED"):
        warehouse.call("GetQueryResults", QueryExecutionId=execution["QueryExecutionId"])


def test_unknown_executions(warehouse):
    with pytest.raises(AwsError, match="QueryExecution nope was not found"):
        warehouse.call("GetQueryExecution", QueryExecutionId="nope")
    answer = warehouse.call("BatchGetQueryExecution", QueryExecutionIds=["nope"])
    assert answer["UnprocessedQueryExecutionIds"][0]["ErrorCode"] == "INVALID_QUERY_EXECUTION_ID"


def test_executions_are_listed_by_work_group_newest_first(warehouse):
    _group(warehouse, "listed")
    ids = [warehouse.execute("SELECT 1", WorkGroup="listed")["QueryExecutionId"] for _ in range(3)]
    first = warehouse.call("ListQueryExecutions", WorkGroup="listed", MaxResults=2)
    rest = warehouse.call("ListQueryExecutions", WorkGroup="listed", NextToken=first["NextToken"])
    assert first["QueryExecutionIds"] + rest["QueryExecutionIds"] == ids[::-1]


def test_a_token_starts_a_query_once(warehouse):
    token = "t" * 32
    first = warehouse.execute("SELECT 1", ClientRequestToken=token)
    again = warehouse.execute("SELECT 1", ClientRequestToken=token)
    assert first["QueryExecutionId"] == again["QueryExecutionId"]
    with pytest.raises(AwsError, match="Idempotent parameters do not match"):
        warehouse.execute("SELECT 2", ClientRequestToken=token)


def test_execution_parameters(warehouse):
    assert warehouse.rows("SELECT 'a' || ?", ExecutionParameters=["'b'"]) == [["ab"]]
    assert "Incorrect number of parameters: expected 1 but found 0" in warehouse.error("SELECT ?")


def test_an_unknown_or_disabled_work_group_is_refused(warehouse):
    with pytest.raises(AwsError, match=r"WorkGroup nope is not found\.") as caught:
        warehouse.execute("SELECT 1", WorkGroup="nope")
    assert caught.value.code == "InvalidRequestException"
    warehouse.athena.update_work_group(WorkGroup=_group(warehouse, "closed"), State="DISABLED")
    with pytest.raises(AwsError, match=r"WorkGroup closed is disabled\."):
        warehouse.execute("SELECT 1", WorkGroup="closed")


def test_an_enforced_location_wins_over_the_clients(warehouse):
    own = {
        "OutputLocation": f"s3://{BUCKET}/enforced/",
        "EncryptionConfiguration": {"EncryptionOption": "SSE_S3"},
    }
    name = _group(warehouse, "enforcing", EnforceWorkGroupConfiguration=True, ResultConfiguration=own)
    execution = warehouse.execute("SELECT 1", WorkGroup=name)
    assert execution["ResultConfiguration"]["OutputLocation"].startswith(f"s3://{BUCKET}/enforced/")
    assert execution["ResultConfiguration"]["EncryptionConfiguration"] == {"EncryptionOption": "SSE_S3"}
    key = execution["ResultConfiguration"]["OutputLocation"].removeprefix(f"s3://{BUCKET}/")
    assert warehouse.s3.head_object(Bucket=BUCKET, Key=key)["ServerSideEncryption"] == "AES256"


def test_an_unenforced_location_yields_to_the_clients(warehouse):
    own = {"OutputLocation": f"s3://{BUCKET}/unenforced/"}
    name = _group(warehouse, "yielding", EnforceWorkGroupConfiguration=False, ResultConfiguration=own)
    theirs = warehouse.execute("SELECT 1", WorkGroup=name)["ResultConfiguration"]["OutputLocation"]
    assert theirs.startswith(f"s3://{BUCKET}/athena-results/")
    unset = warehouse.execute("SELECT 1", WorkGroup=name, ResultConfiguration={})
    assert unset["ResultConfiguration"]["OutputLocation"].startswith(f"s3://{BUCKET}/unenforced/")


def test_no_location_at_all_is_refused(warehouse):
    name = _group(warehouse, "homeless", EnforceWorkGroupConfiguration=False)
    with pytest.raises(AwsError, match="No output location provided"):
        warehouse.execute("SELECT 1", WorkGroup=name, ResultConfiguration={})


def test_the_scan_limit_cancels(warehouse):
    rows = "\n".join(f"{n},{'some text to scan ' * 60}" for n in range(10_000)).encode()
    assert len(rows) > 10_485_760
    warehouse.put("data/large/f.csv", rows)
    warehouse.csv_table("large", [("n", "string"), ("text", "string")], "data/large/")
    name = _group(warehouse, "limited", BytesScannedCutoffPerQuery=10_485_760)
    execution = warehouse.execute("SELECT count(*) FROM large", WorkGroup=name)
    assert execution["Status"]["State"] == "CANCELLED"
    assert execution["Status"]["StateChangeReason"] == "Bytes scanned limit was exceeded"
    assert warehouse.rows("SELECT count(*) FROM large") == [["10000"]]
    assert warehouse.execute("SELECT count(*) FROM dim_date", WorkGroup=name)["Status"]["State"] == "SUCCEEDED"


def test_a_running_query_can_be_stopped(warehouse):
    numbers = "(VALUES " + ", ".join(map(str, range(300))) + ")"
    joined = ", ".join(f"{numbers} AS t{n} (n)" for n in range(5))

    async def run():
        warehouse.service._slots = None
        started = await warehouse.service.handle(
            "StartQueryExecution",
            {
                "QueryString": f"SELECT sum(t0.n + t1.n * t2.n + t3.n * t4.n) FROM {joined}",
                "ResultConfiguration": {"OutputLocation": f"s3://{BUCKET}/athena-results/"},
            },
        )
        for step in range(4000):
            answer = (await warehouse.service.handle("GetQueryExecution", started))["QueryExecution"]["Status"]
            if answer["State"] not in ("QUEUED", "RUNNING"):
                return answer
            if step > 50 and step % 50 == 0:
                await warehouse.service.handle("StopQueryExecution", started)
            await asyncio.sleep(0.01)
        raise TimeoutError

    status = asyncio.run(run())
    assert (status["State"], status["StateChangeReason"]) == ("CANCELLED", "Query cancelled by user")


def test_queries_run_side_by_side(warehouse):
    async def run():
        warehouse.service._slots = None
        payload = {
            "QueryString": "SELECT count(*) FROM pii_data",
            "QueryExecutionContext": {"Database": "driven_data_db"},
            "ResultConfiguration": {"OutputLocation": f"s3://{BUCKET}/athena-results/"},
        }
        started = [await warehouse.service.handle("StartQueryExecution", payload) for _ in range(8)]
        for _ in range(3000):
            found = await warehouse.service.handle(
                "BatchGetQueryExecution", {"QueryExecutionIds": [s["QueryExecutionId"] for s in started]}
            )
            states = [e["Status"]["State"] for e in found["QueryExecutions"]]
            if not {"QUEUED", "RUNNING"} & set(states):
                return states
            await asyncio.sleep(0.01)
        raise TimeoutError

    assert asyncio.run(run()) == ["SUCCEEDED"] * 8
