"""The API: executions, result files, types, errors, pages, work groups, cancellation."""

from __future__ import annotations

import os
import signal
import time

import psutil
import pytest
from botocore.exceptions import ClientError

from sandbox import processes
from sandbox.athena.engine import Query
from sandbox.athena.results import read_rows
from sandbox.tests.conftest import OPEN_CSV

BUCKET = "driven-data-bucket"


def _group(warehouse, name, **configuration):
    warehouse.athena.create_work_group(Name=name, Configuration=configuration)
    return name


def test_an_execution_describes_itself(warehouse):
    execution = warehouse.execute("SELECT iban FROM dim_finance")
    assert execution["Query"] == "SELECT iban FROM dim_finance"
    assert execution["StatementType"] == "DML"
    assert execution["QueryExecutionContext"] == {"Database": "driven_data_db", "Catalog": "awsdatacatalog"}
    assert execution["WorkGroup"] == "primary"
    status, statistics = execution["Status"], execution["Statistics"]
    assert status["CompletionDateTime"] >= status["SubmissionDateTime"]
    assert statistics["TotalExecutionTimeInMillis"] >= statistics["EngineExecutionTimeInMillis"] > 0
    assert statistics["DataScannedInBytes"] > 0


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


def test_many_rows_come_in_pages_with_the_header_first(warehouse):
    sql = "SELECT a + 1000 * b AS n FROM UNNEST(sequence(0, 999)) AS t (a), UNNEST(sequence(0, 2)) AS u (b) ORDER BY n"
    assert warehouse.rows(sql) == [[str(n)] for n in range(3000)]
    execution = warehouse.execute("SELECT n FROM (VALUES 1, 2, 3) AS t (n) ORDER BY n")
    given = {"QueryExecutionId": execution["QueryExecutionId"], "MaxResults": 2}
    first = warehouse.athena.get_query_results(**given)
    second = warehouse.athena.get_query_results(**given, NextToken=first["NextToken"])
    texts = [[row["Data"][0]["VarCharValue"] for row in page["ResultSet"]["Rows"]] for page in (first, second)]
    assert texts == [["n", "1"], ["2", "3"]]
    assert "NextToken" not in second


def test_an_empty_result_has_its_columns(warehouse):
    execution = warehouse.succeed("SELECT iban FROM dim_finance WHERE false")
    answer = warehouse.results(execution)
    assert [cell["VarCharValue"] for cell in answer["Rows"][0]["Data"]] == ["iban"]
    assert [column["Name"] for column in answer["ResultSetMetadata"]["ColumnInfo"]] == ["iban"]


@pytest.mark.parametrize(
    ("expression", "kind", "shown"),
    [
        ("1", "integer", "1"),
        ("BIGINT '9223372036854775807'", "bigint", "9223372036854775807"),
        ("DECIMAL '1.50'", "decimal", "1.50"),
        ("1e10", "double", "1.0E10"),
        ("nan()", "double", "NaN"),
        ("REAL '1.1'", "float", "1.1"),
        ("'x'", "varchar", "x"),
        ("true", "boolean", "true"),
        ("DATE '2024-01-01'", "date", "2024-01-01"),
        ("TIMESTAMP '2024-01-01 00:00:00'", "timestamp", "2024-01-01 00:00:00.000"),
        ("from_unixtime(0)", "timestamp with time zone", "1970-01-01 00:00:00.000 UTC"),
        ("X'0aff'", "varbinary", "0a ff"),
        ("ARRAY['a', NULL]", "array", "[a, null]"),
        ("MAP(ARRAY['k'], ARRAY[2e0])", "map", "{k=2.0}"),
        ("CAST(ROW(1, ARRAY[true]) AS ROW(a integer, b array(boolean)))", "row", "{a=1, b=[true]}"),
        ("ROW(1, 'x')", "row", "{field0=1, field1=x}"),
        ("json_parse('{\"a\": 1}')", "json", '{"a":1}'),
        ("CAST(NULL AS double)", "double", None),
    ],
)
def test_types_and_values(warehouse, expression, kind, shown):
    execution = warehouse.succeed(f"SELECT {expression} AS x")
    answer = warehouse.results(execution)
    assert answer["ResultSetMetadata"]["ColumnInfo"][0]["Type"] == kind
    assert answer["Rows"][1]["Data"][0].get("VarCharValue") == shown


def test_a_decimals_digits_are_in_the_metadata(warehouse):
    info = warehouse.results(warehouse.succeed("SELECT DECIMAL '1.50' AS x"))["ResultSetMetadata"]["ColumnInfo"][0]
    assert (info["Precision"], info["Scale"]) == (3, 2)


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("SELECT 1 / 0", "DIVISION_BY_ZERO: Division by zero"),
        ("SELECT gone FROM dim_date", "COLUMN_NOT_FOUND: line 1:8: Column 'gone' cannot be resolved"),
        (
            "SELECT * FROM gone",
            "TABLE_NOT_FOUND: line 1:15: Table 'awsdatacatalog.driven_data_db.gone' does not exist",
        ),
        ("SELECT nope(1)", "FUNCTION_NOT_FOUND: line 1:8: Function 'nope' not registered"),
        ("SELECT 'a' + 1", "TYPE_MISMATCH: line 1:12: Cannot apply operator: varchar(1) + integer"),
    ],
)
def test_a_failed_query_says_why_and_has_no_results(warehouse, sql, message):
    execution = warehouse.execute(sql)
    status = execution["Status"]
    assert (status["State"], status["StateChangeReason"]) == ("FAILED", message)
    assert (status["AthenaError"]["ErrorCategory"], status["AthenaError"]["ErrorMessage"]) == (2, message)
    with pytest.raises(ClientError, match=r"Query did not finish successfully. Final query state: FAILED"):
        warehouse.results(execution)


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("SELECT FROM", "line 1:8: mismatched input 'FROM'"),
        ("SELEC 1", "line 1:1: mismatched input 'SELEC'"),
        (" ", "Query string cannot be empty"),
    ],
)
def test_what_is_no_sql_is_refused_at_the_start(warehouse, sql, message):
    with pytest.raises(ClientError, match="InvalidRequestException") as caught:
        warehouse.start(sql)
    assert message in caught.value.response["Error"]["Message"]


def test_comments_and_a_semicolon_are_no_part_of_a_statement(warehouse):
    assert warehouse.rows("-- first\n/* second */ SELECT 1 AS x ;\n") == [["1"]]


def test_unknown_executions(warehouse):
    with pytest.raises(ClientError, match="QueryExecution nope was not found"):
        warehouse.athena.get_query_execution(QueryExecutionId="nope")
    answer = warehouse.athena.batch_get_query_execution(QueryExecutionIds=["nope"])
    assert answer["UnprocessedQueryExecutionIds"][0]["ErrorCode"] == "INVALID_QUERY_EXECUTION_ID"


def test_executions_are_listed_by_work_group_newest_first(warehouse):
    _group(warehouse, "listed")
    ids = [warehouse.execute("SELECT 1", WorkGroup="listed")["QueryExecutionId"] for _ in range(3)]
    first = warehouse.athena.list_query_executions(WorkGroup="listed", MaxResults=2)
    rest = warehouse.athena.list_query_executions(WorkGroup="listed", NextToken=first["NextToken"])
    assert first["QueryExecutionIds"] + rest["QueryExecutionIds"] == ids[::-1]


def test_a_token_starts_a_query_once(warehouse):
    token = "t" * 32
    first = warehouse.start("SELECT 1", ClientRequestToken=token)
    assert warehouse.start("SELECT 1", ClientRequestToken=token) == first
    with pytest.raises(ClientError, match="Idempotent parameters do not match"):
        warehouse.start("SELECT 2", ClientRequestToken=token)


def test_execution_parameters(warehouse):
    assert warehouse.rows("SELECT 'a''' || ?, ? + 1", ExecutionParameters=["'b'", "2"]) == [["a'b", "3"]]
    assert "Incorrect number of parameters: expected 2 but found 1" in warehouse.error(
        "SELECT ?, ?", ExecutionParameters=["1"]
    )


def test_an_unknown_or_disabled_work_group_is_refused(warehouse):
    with pytest.raises(ClientError, match=r"WorkGroup nope is not found\."):
        warehouse.start("SELECT 1", WorkGroup="nope")
    warehouse.athena.update_work_group(WorkGroup=_group(warehouse, "closed"), State="DISABLED")
    with pytest.raises(ClientError, match=r"WorkGroup closed is disabled\."):
        warehouse.start("SELECT 1", WorkGroup="closed")


def test_an_enforced_location_wins_over_the_clients(warehouse):
    own = {
        "OutputLocation": f"s3://{BUCKET}/enforced/",
        "EncryptionConfiguration": {"EncryptionOption": "SSE_S3"},
    }
    name = _group(warehouse, "enforcing", EnforceWorkGroupConfiguration=True, ResultConfiguration=own)
    execution = warehouse.succeed("SELECT 1", WorkGroup=name)
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
    with pytest.raises(ClientError, match="No output location provided"):
        warehouse.start("SELECT 1", WorkGroup=name, ResultConfiguration={})


def test_the_scan_limit_cancels(warehouse):
    rows = "\n".join(f"{n},{'some text to scan ' * 60}" for n in range(10_000)).encode()
    assert len(rows) > 10_485_760
    warehouse.put("data/large/f.csv", rows)
    warehouse.table("large", [("n", "string"), ("text", "string")], "data/large/", form=OPEN_CSV)
    name = _group(warehouse, "limited", BytesScannedCutoffPerQuery=10_485_760)
    execution = warehouse.execute("SELECT count(*) FROM large", WorkGroup=name)
    assert execution["Status"]["State"] == "CANCELLED"
    assert execution["Status"]["StateChangeReason"] == "Bytes scanned limit was exceeded"
    assert warehouse.rows("SELECT count(*) FROM large") == [["10000"]]
    assert warehouse.execute("SELECT count(*) FROM dim_date", WorkGroup=name)["Status"]["State"] == "SUCCEEDED"


ENDLESS = "SELECT sum(a * b * c) FROM {0} AS t (a), {0} AS u (b), {0} AS v (c)".format("UNNEST(sequence(1, 10000))")


def test_a_running_query_can_be_stopped(warehouse):
    query = warehouse.start(ENDLESS)
    time.sleep(0.5)
    warehouse.athena.stop_query_execution(QueryExecutionId=query)
    status = warehouse.wait(query)["Status"]
    assert (status["State"], status["StateChangeReason"]) == ("CANCELLED", "Query cancelled by user")


def test_queries_run_side_by_side(warehouse):
    started = [warehouse.start("SELECT count(*) FROM people") for _ in range(8)]
    assert [warehouse.wait(query)["Status"]["State"] for query in started] == ["SUCCEEDED"] * 8


def _engine(warehouse) -> psutil.Process:
    return next(p for p in processes.ours(warehouse.sandbox.settings.home) if "Launcher" in p.cmdline())


def test_trinos_death_is_told_and_the_next_query_starts_it_anew(warehouse):
    warehouse.rows("SELECT 1")
    engine = _engine(warehouse)
    # The pinned Java, and nothing that listens to the outside.
    assert engine.exe() == str((warehouse.sandbox.settings.java_home / "bin" / "java").resolve())
    listening = [each.laddr.ip for each in engine.net_connections("tcp") if each.status == psutil.CONN_LISTEN]
    assert {ip.removeprefix("::ffff:") for ip in listening} == {"127.0.0.1"}
    query = warehouse.start(ENDLESS)
    os.kill(engine.pid, signal.SIGKILL)
    status = warehouse.wait(query)["Status"]
    log = warehouse.sandbox.settings.logs / "trino.log"
    message = f"GENERIC_INTERNAL_ERROR: Trino ended unexpectedly (exit code -9). Its log: {log}"
    assert (status["State"], status["StateChangeReason"]) == ("FAILED", message)
    assert status["AthenaError"]["ErrorCategory"] == 1
    assert warehouse.rows("SELECT 1 AS x") == [["1"]]
    assert _engine(warehouse).pid != engine.pid


def test_trinos_death_when_a_querys_tables_are_asked_for_is_told(warehouse, monkeypatch):
    warehouse.rows("SELECT 1")
    pid, tables = _engine(warehouse).pid, Query.tables

    async def tables_of_the_dead(query):
        os.kill(pid, signal.SIGKILL)
        return await tables(query)

    monkeypatch.setattr(Query, "tables", tables_of_the_dead)
    status = warehouse.wait(warehouse.start(ENDLESS))["Status"]
    assert status["State"] == "FAILED"
    assert "Trino ended unexpectedly (exit code -9)" in status["StateChangeReason"]
