"""The front's judge, asked as anybody would: by calls signed as one role or another."""

from __future__ import annotations

import io
import json
import uuid
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from sandbox.aws import Access
from sandbox.tests.conftest import BUCKET, OPEN_CSV, REGION, Sandbox, document, ended, make_role

ACCOUNT = "000000000000"
USERS = {"AWS": f"arn:aws:iam::{ACCOUNT}:user/administrator"}
Clients = Callable[[str], Any]


def allow(actions: Any, resources: Any, **more: Any) -> dict[str, Any]:
    return {"Sid": "Given", "Effect": "Allow", "Action": actions, "Resource": resources, **more}


def objects(*keys: str) -> list[str]:
    return [f"arn:aws:s3:::{BUCKET}/{key}" for key in keys]


def acting(sandbox: Sandbox, *statements: dict[str, Any], boundary: str = "") -> Clients:
    """Clients of a new role that has these statements, assumed by STS."""
    name = f"role-{uuid.uuid4().hex[:8]}"
    role = make_role(sandbox, name, *statements, trusted=USERS, boundary=boundary)
    keys = sandbox.client("sts").assume_role(RoleArn=role, RoleSessionName="tester")["Credentials"]
    access = Access(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])
    return lambda service: sandbox.client(service, access)


def refused(call: Callable[..., Any], **arguments: Any) -> str:
    """The message of a call that must be refused."""
    with pytest.raises(ClientError) as error:
        call(**arguments)
    assert error.value.response["Error"]["Code"] in ("AccessDenied", "AccessDeniedException"), error.value
    return error.value.response["Error"]["Message"]


def hint(sandbox: Sandbox, message: str) -> str:
    """What the sandbox itself says of a refusal."""
    (found,) = [each["hint"] for each in sandbox.status()["refused"] if each["message"] == message]
    return found


@pytest.fixture
def held(sandbox: Sandbox) -> Sandbox:
    for key in ("in/a", "in/b", "secret/a"):
        sandbox.s3.put_object(Bucket=BUCKET, Key=key, Body=b"x")
    return sandbox


# --- S3 ---


def test_s3_refuses_in_awss_words_and_the_sandbox_says_what_was_needed(held: Sandbox) -> None:
    s3 = acting(held, allow("s3:GetObject", objects("in/*")))("s3")
    assert s3.get_object(Bucket=BUCKET, Key="in/a")["Body"].read() == b"x"
    message = refused(s3.get_object, Bucket=BUCKET, Key="secret/a")
    assert message.startswith(f"User: arn:aws:sts::{ACCOUNT}:assumed-role/role-")
    assert message.endswith(
        f'/tester is not authorized to perform: s3:GetObject on resource: "arn:aws:s3:::{BUCKET}/secret/a" '
        "because no identity-based policy allows the s3:GetObject action"
    )
    said = hint(held, message)
    assert f'{{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::{BUCKET}/secret/a"}}' in said
    assert "it stands in Given, for other resources" in said


def test_head_of_a_refused_object_is_a_bare_403(held: Sandbox) -> None:
    s3 = acting(held, allow("s3:GetObject", objects("in/*")))("s3")
    with pytest.raises(ClientError) as error:
        s3.head_object(Bucket=BUCKET, Key="secret/a")
    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403


def test_a_listing_is_judged_with_its_prefix(held: Sandbox) -> None:
    within = {"StringLike": {"s3:prefix": "in/*"}}
    s3 = acting(held, allow("s3:ListBucket", f"arn:aws:s3:::{BUCKET}", Condition=within))("s3")
    assert s3.list_objects_v2(Bucket=BUCKET, Prefix="in/")["KeyCount"] == 2
    assert "s3:ListBucket" in refused(s3.list_objects_v2, Bucket=BUCKET, Prefix="secret/")
    assert "s3:ListBucket" in refused(s3.list_objects_v2, Bucket=BUCKET)


def test_a_copy_needs_its_source_and_its_target(held: Sandbox) -> None:
    s3 = acting(held, allow("s3:PutObject", objects("out/*")), allow("s3:GetObject", objects("in/*")))("s3")
    s3.copy_object(Bucket=BUCKET, Key="out/a", CopySource=f"{BUCKET}/in/a")
    from_secret = {"Key": "out/b", "CopySource": f"{BUCKET}/secret/a"}
    assert "s3:GetObject on" in refused(s3.copy_object, Bucket=BUCKET, **from_secret)
    into_in = {"Key": "in/c", "CopySource": f"{BUCKET}/in/a"}
    assert "s3:PutObject on" in refused(s3.copy_object, Bucket=BUCKET, **into_in)


def test_a_tagged_object_is_copied_with_its_tags(held: Sandbox) -> None:
    held.s3.put_object(Bucket=BUCKET, Key="in/tagged", Body=b"x", Tagging="a=b")
    copies = {"Bucket": BUCKET, "Key": "out/tagged", "CopySource": f"{BUCKET}/in/tagged"}
    plain = [allow("s3:PutObject", objects("out/*")), allow("s3:GetObject", objects("in/*"))]
    assert "s3:GetObjectTagging" in refused(acting(held, *plain)("s3").copy_object, **copies)
    reading = allow("s3:GetObjectTagging", objects("in/*"))
    assert "s3:PutObjectTagging" in refused(acting(held, *plain, reading)("s3").copy_object, **copies)
    acting(held, *plain, reading, allow("s3:PutObjectTagging", objects("out/*")))("s3").copy_object(**copies)


def test_several_objects_are_deleted_each_by_its_key(held: Sandbox) -> None:
    s3 = acting(held, allow("s3:DeleteObject", objects("in/*")))("s3")
    answer = s3.delete_objects(Bucket=BUCKET, Delete={"Objects": [{"Key": "in/a"}, {"Key": "secret/a"}]})
    assert [each["Key"] for each in answer["Deleted"]] == ["in/a"]
    assert [(each["Key"], each["Code"]) for each in answer["Errors"]] == [("secret/a", "AccessDenied")]
    s3.delete_objects(Bucket=BUCKET, Delete={"Objects": [{"Key": "in/b"}]})
    left = held.s3.list_objects_v2(Bucket=BUCKET, Prefix="in/").get("Contents", [])
    assert not {"in/a", "in/b"} & {each["Key"] for each in left}
    assert held.s3.head_object(Bucket=BUCKET, Key="secret/a")


def test_of_several_versions_those_are_deleted_that_are_told(held: Sandbox) -> None:
    held.bucket("versioned")
    held.s3.put_bucket_versioning(Bucket="versioned", VersioningConfiguration={"Status": "Enabled"})
    kept, gone = (held.s3.put_object(Bucket="versioned", Key=key, Body=b"x")["VersionId"] for key in ("a", "b"))
    s3 = acting(held, allow("s3:DeleteObjectVersion", "arn:aws:s3:::versioned/b"))("s3")
    which = [{"Key": "a", "VersionId": kept}, {"Key": "b", "VersionId": gone}]
    answer = s3.delete_objects(Bucket="versioned", Delete={"Objects": which})
    assert [(each["Key"], each["VersionId"]) for each in answer["Deleted"]] == [("b", gone)]
    assert [(each["Key"], each["VersionId"]) for each in answer["Errors"]] == [("a", kept)]
    left = held.s3.list_object_versions(Bucket="versioned")
    assert [each["Key"] for each in left["Versions"]] == ["a"]
    assert "DeleteMarkers" not in left


def test_an_upload_in_parts_needs_what_putting_needs(held: Sandbox) -> None:
    s3 = acting(held, allow("s3:PutObject", objects("out/*")))("s3")
    s3.upload_fileobj(io.BytesIO(bytes(9 * 1024 * 1024)), BUCKET, "out/large")
    begun = s3.create_multipart_upload(Bucket=BUCKET, Key="out/other")["UploadId"]
    assert "s3:AbortMultipartUpload" in refused(
        s3.abort_multipart_upload, Bucket=BUCKET, Key="out/other", UploadId=begun
    )
    assert "s3:PutObject" in refused(s3.create_multipart_upload, Bucket=BUCKET, Key="in/other")


def test_a_key_is_judged_as_it_is_named(held: Sandbox) -> None:
    s3 = acting(held, allow("s3:*Object", objects("out/a b/ä+%41")))("s3")
    s3.put_object(Bucket=BUCKET, Key="out/a b/ä+%41", Body=b"x")
    assert "s3:PutObject" in refused(s3.put_object, Bucket=BUCKET, Key="out/a b/ä+A", Body=b"x")


def test_a_bucket_policys_deny_holds_for_everybody(held: Sandbox) -> None:
    bucket = f"denying-{uuid.uuid4().hex[:8]}"
    held.bucket(bucket)
    held.s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    denied = {"Sid": "Locked", "Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}
    held.s3.put_bucket_policy(Bucket=bucket, Policy=document(denied))
    message = refused(held.s3.get_object, Bucket=bucket, Key="k")
    assert message.endswith("with an explicit deny in a resource-based policy")
    assert f"denied by the statement Locked of the policy of bucket {bucket}" in hint(held, message)
    held.s3.delete_bucket_policy(Bucket=bucket)
    assert held.s3.get_object(Bucket=bucket, Key="k")


# --- Glue, Airflow, Logs, IAM ---


def glue(kind: str) -> str:
    return f"arn:aws:glue:{REGION}:{ACCOUNT}:{kind}"


def test_a_tables_partition_needs_the_table_its_database_and_the_catalog(sandbox: Sandbox) -> None:
    name = f"judged_{uuid.uuid4().hex[:8]}"
    storage = {"Columns": [{"Name": "a", "Type": "int"}], "Location": f"s3://{BUCKET}/{name}/"}
    sandbox.glue.create_database(DatabaseInput={"Name": name})
    for table in ("open", "closed"):
        sandbox.table(name, table, [("a", "int")], storage["Location"], keys=[("d", "string")])
    resources = [glue("catalog"), glue(f"database/{name}"), glue(f"table/{name}/open")]
    client = acting(sandbox, allow(["glue:GetTable", "glue:CreatePartition"], resources))("glue")
    client.get_table(DatabaseName=name, Name="open")
    partition = {"Values": ["1"], "StorageDescriptor": storage}
    client.create_partition(DatabaseName=name, TableName="open", PartitionInput=partition)
    message = refused(client.create_partition, DatabaseName=name, TableName="closed", PartitionInput=partition)
    assert f"glue:CreatePartition on resource: {glue(f'table/{name}/closed')}" in message
    without = acting(sandbox, allow("glue:GetTable", resources[2]))("glue")
    assert f"on resource: {glue('catalog')}" in refused(without.get_table, DatabaseName=name, Name="open")


def test_a_job_is_known_by_the_tags_that_it_was_made_with(sandbox: Sandbox) -> None:
    ours = {"StringEquals": {"aws:ResourceTag/deployment": "ours"}}
    boundary = sandbox.client("iam").create_policy(
        PolicyName=f"boundary-{uuid.uuid4().hex[:8]}",
        PolicyDocument=document(allow("glue:GetJobRun", glue("job/*"), Condition=ours)),
    )["Policy"]["Arn"]
    client = acting(sandbox, allow("glue:*", "*"), boundary=boundary)("glue")
    own = sandbox.job(f"own-{uuid.uuid4().hex[:8]}", "", Tags={"deployment": "ours"})
    other = sandbox.job(f"other-{uuid.uuid4().hex[:8]}", "", Tags={"deployment": "theirs"})
    with pytest.raises(ClientError, match="EntityNotFoundException"):  # judged, and not there
        client.get_job_run(JobName=own, RunId="jr_1")
    message = refused(client.get_job_run, JobName=other, RunId="jr_1")
    assert message.endswith("because no permissions boundary allows the glue:GetJobRun action")
    sandbox.glue.tag_resource(ResourceArn=glue(f"job/{other}"), TagsToAdd={"deployment": "ours"})
    with pytest.raises(ClientError, match="EntityNotFoundException"):
        client.get_job_run(JobName=other, RunId="jr_1")


def test_a_role_is_passed_only_to_the_service_it_is_meant_for(sandbox: Sandbox) -> None:
    passed = f"arn:aws:iam::{ACCOUNT}:role/glue"
    command = {"Name": "glueetl", "ScriptLocation": f"s3://{BUCKET}/x.py"}
    making = allow("glue:CreateJob", glue("job/*"))

    def passing(service: str) -> dict[str, Any]:
        return allow("iam:PassRole", passed, Condition={"StringEquals": {"iam:PassedToService": service}})

    for statements in ([making], [making, passing("airflow.amazonaws.com")]):
        client = acting(sandbox, *statements)("glue")
        message = refused(client.create_job, Name="passing", Role=passed, Command=command)
        assert f"iam:PassRole on resource: {passed}" in message
    acting(sandbox, making, passing("glue.amazonaws.com"))("glue").create_job(
        Name=f"passing-{uuid.uuid4().hex[:8]}", Role=passed, Command=command
    )


def test_logs_and_other_services_are_judged_too(sandbox: Sandbox) -> None:
    as_role = acting(sandbox, allow("logs:CreateLogGroup", f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/ours/*"))
    as_role("logs").create_log_group(logGroupName=f"/ours/{uuid.uuid4().hex}")
    assert "logs:CreateLogGroup on resource" in refused(as_role("logs").create_log_group, logGroupName="/theirs/x")
    assert "iam:GetRole on resource" in refused(as_role("iam").get_role, RoleName="glue")
    assert "airflow:GetEnvironment" in refused(as_role("mwaa").get_environment, Name="x")
    assert "s3:ListAllMyBuckets because" in refused(as_role("s3").list_buckets)
    with pytest.raises(ClientError, match=r"UnauthorizedOperation.*ec2:DescribeVpcs"):
        as_role("ec2").describe_vpcs()
    assert as_role("sts").get_caller_identity()["Arn"].endswith("/tester")  # needs no permission


def test_a_change_of_a_policy_holds_at_once(held: Sandbox) -> None:
    s3 = acting(held, allow("s3:GetObject", objects("in/*")))("s3")
    role = refused(s3.get_object, Bucket=BUCKET, Key="secret/a").split("assumed-role/")[1].split("/")[0]
    wider = document(allow("s3:GetObject", objects("*")))
    held.client("iam").put_role_policy(RoleName=role, PolicyName="wider", PolicyDocument=wider)
    assert s3.get_object(Bucket=BUCKET, Key="secret/a")


# --- Who calls ---


def test_a_role_is_assumed_only_by_whom_it_trusts(sandbox: Sandbox) -> None:
    untrusting = make_role(sandbox, f"role-{uuid.uuid4().hex[:8]}", allow("*", "*"))
    message = refused(sandbox.client("sts").assume_role, RoleArn=untrusting, RoleSessionName="someone")
    assert message.endswith("because no role trust policy allows the sts:AssumeRole action")
    of_account = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
    role = make_role(sandbox, f"role-{uuid.uuid4().hex[:8]}", allow("*", "*"), trusted=of_account)
    sandbox.client("sts").assume_role(RoleArn=role, RoleSessionName="someone")
    # The account's trust leaves it to the caller's own permissions.
    someone = acting(sandbox, allow("s3:*", "*"))("sts")
    assert f"sts:AssumeRole on resource: {role}" in refused(
        someone.assume_role, RoleArn=role, RoleSessionName="someone"
    )


@pytest.mark.parametrize("service", ["s3", "glue", "iam"])
def test_an_unknown_key_is_refused(sandbox: Sandbox, service: str) -> None:
    client = boto3.Session("AKIAUNKNOWN", "x", region_name=REGION).client(
        service, endpoint_url=sandbox.settings.endpoint, config=Config(proxies={}, s3={"addressing_style": "path"})
    )
    asked = {"s3": "list_buckets", "glue": "get_databases", "iam": "list_roles"}[service]
    with pytest.raises(ClientError, match=r"InvalidAccessKeyId|UnrecognizedClientException|InvalidClientTokenId"):
        getattr(client, asked)()


def test_a_job_acts_as_its_role(held: Sandbox) -> None:
    script = (
        "from pyspark.sql import SparkSession\nimport boto3\n"
        f"boto3.client('s3').put_object(Bucket='{BUCKET}', Key='out/boto', Body=b'x')\n"
        f"rows = SparkSession.builder.getOrCreate().range(3)\nrows.write.mode('overwrite').parquet('s3://{BUCKET}/out/p')\n"
        f"print('rows', SparkSession.builder.getOrCreate().read.parquet('s3://{BUCKET}/out/p').count())\n"
        f"rows.write.mode('overwrite').parquet('s3://{BUCKET}/secret/p')\n"
    )
    name = f"job-{uuid.uuid4().hex[:8]}"
    make_role(
        held,
        name,
        allow("s3:*", [f"arn:aws:s3:::{BUCKET}", *objects("out/*", "jobs/*")]),
        allow("logs:*", "*"),
    )
    run = held.run(held.job(name, script, Role=name))
    assert run["JobRunState"] == "FAILED"
    assert "403" in run["ErrorMessage"]
    assert held.s3.head_object(Bucket=BUCKET, Key="out/boto")
    assert "rows 3" in "\n".join(held.log("/aws-glue/jobs/output", run["Id"]))
    session = f"assumed-role/{name}/GlueJobRunnerSession"
    assert [each for each in held.status()["refused"] if session in each["message"] and "/secret/p" in each["message"]]


def test_glue_runs_no_job_whose_role_it_may_not_assume(sandbox: Sandbox) -> None:
    name = f"job-{uuid.uuid4().hex[:8]}"
    make_role(sandbox, name, allow("*", "*"), trusted={"Service": "lambda.amazonaws.com"})
    run = sandbox.run(sandbox.job(name, "print(1)", Role=name))
    assert run["JobRunState"] == "FAILED"
    assert "no role trust policy allows the sts:AssumeRole action" in run["ErrorMessage"]


# --- Athena ---


@pytest.fixture
def asked(held: Sandbox) -> tuple[Sandbox, str]:
    """A database with a table that all may read, one that few may, and a view of the second."""
    name = f"asked_{uuid.uuid4().hex[:8]}"
    held.glue.create_database(DatabaseInput={"Name": name})
    athena = held.client("athena")
    athena.create_work_group(
        Name=name, Configuration={"ResultConfiguration": {"OutputLocation": f"s3://{BUCKET}/results/{name}/"}}
    )
    for table in ("open", "closed"):
        held.s3.put_object(Bucket=BUCKET, Key=f"{name}/{table}/f", Body=f"{table}\n".encode())
        held.table(name, table, [("a", "string")], f"s3://{BUCKET}/{name}/{table}/", form=OPEN_CSV)
    assert query(held.client("athena"), name, "CREATE VIEW through AS SELECT * FROM closed")[0] == "SUCCEEDED"
    return held, name


def query(athena: Any, name: str, sql: str) -> tuple[str, str, str]:
    """The query's state, why, and its id."""
    context = {"Database": name}
    query_id = athena.start_query_execution(QueryString=sql, WorkGroup=name, QueryExecutionContext=context)[
        "QueryExecutionId"
    ]
    status = ended(athena, query_id)["Status"]
    return status["State"], status.get("StateChangeReason", ""), query_id


def reader(name: str, *tables: str) -> list[dict[str, Any]]:
    """What a reader of these tables is given."""
    bucket = f"arn:aws:s3:::{BUCKET}"
    databases = [glue("database/default"), glue(f"database/{name}")]
    entries = [glue("catalog"), *databases, *(glue(f"table/{name}/{table}") for table in tables)]
    return [
        allow("athena:*", f"arn:aws:athena:{REGION}:{ACCOUNT}:workgroup/{name}"),
        allow(["glue:GetTable", "glue:GetTables", "glue:GetDatabase", "glue:GetPartitions"], entries),
        allow(["s3:ListBucket", "s3:GetBucketLocation"], bucket),
        allow("s3:GetObject", objects(*(f"{name}/{table}/*" for table in tables))),
        allow(["s3:GetObject", "s3:PutObject"], objects(f"results/{name}/*")),
    ]


def test_a_query_reads_with_its_callers_permissions(asked: tuple[Sandbox, str]) -> None:
    sandbox, name = asked
    athena = acting(sandbox, *reader(name, "open"))("athena")
    state, why, query_id = query(athena, name, "SELECT a FROM open")
    assert state == "SUCCEEDED", why
    rows = athena.get_query_results(QueryExecutionId=query_id)["ResultSet"]["Rows"]
    assert [row["Data"][0]["VarCharValue"] for row in rows] == ["a", "open"]
    for sql in (
        "SELECT a FROM closed",
        "SELECT a FROM through",
        "SELECT o.a FROM open o, closed c",
        "SHOW PARTITIONS closed",
    ):
        state, why, query_id = query(athena, name, sql)
        assert state == "FAILED", sql
        assert "Insufficient permissions to execute the query. User: " in why
        assert "glue:GetTable on resource" in why
    with pytest.raises(ClientError, match="did not finish successfully"):
        athena.get_query_results(QueryExecutionId=query_id)


def test_an_entry_of_the_catalog_is_no_permission_for_its_files(asked: tuple[Sandbox, str]) -> None:
    sandbox, name = asked
    statements = [
        each for each in reader(name, "open", "closed", "through") if f"{name}/open" not in str(each["Resource"])
    ]
    statements += [reader(name, "open")[1], reader(name, "closed", "through")[1], reader(name, "open")[3]]
    athena = acting(sandbox, *statements)("athena")
    for sql in ("SELECT a FROM closed", "SELECT a FROM through"):
        state, why, _ = query(athena, name, sql)
        assert (state, f'"arn:aws:s3:::{BUCKET}/{name}/closed/f"' in why) == ("FAILED", True), why


def test_a_tables_partitions_are_listed_with_the_catalogs_permissions_alone(asked: tuple[Sandbox, str]) -> None:
    sandbox, name = asked
    sandbox.table(name, "daily", [("a", "string")], f"s3://{BUCKET}/{name}/daily/", keys=[("day", "string")])
    catalog = [each for each in reader(name, "daily") if each["Action"] != "s3:GetObject"]
    athena = acting(sandbox, *catalog)("athena")
    sql = 'SELECT * FROM "daily$partitions"'
    assert query(athena, name, sql)[0] == "SUCCEEDED"
    catalog[1] = {**catalog[1], "Action": ["glue:GetTable", "glue:GetDatabase"]}
    state, why, _ = query(acting(sandbox, *catalog)("athena"), name, sql)
    assert (state, "glue:GetPartitions" in why) == ("FAILED", True), why


def test_results_and_work_groups_of_others_are_out_of_reach(asked: tuple[Sandbox, str]) -> None:
    sandbox, name = asked
    _, _, theirs = query(sandbox.client("athena"), name, "SELECT a FROM closed")
    within = reader(name, "open")
    athena = acting(sandbox, *within[:4])("athena")
    assert "s3:GetObject on" in refused(athena.get_query_results, QueryExecutionId=theirs)
    other = acting(sandbox, *within[1:])("athena")
    message = refused(other.start_query_execution, QueryString="SELECT 1", WorkGroup=name)
    assert f"athena:StartQueryExecution on resource: arn:aws:athena:{REGION}:{ACCOUNT}:workgroup/{name}" in message
    assert "athena:GetQueryExecution" in refused(other.get_query_execution, QueryExecutionId=theirs)
    state, why, _ = query(athena, name, "SELECT a FROM open")
    assert (state, "s3:PutObject" in why) == ("FAILED", True), why


def test_a_view_is_made_only_by_whom_the_catalog_lets(asked: tuple[Sandbox, str]) -> None:
    sandbox, name = asked
    athena = acting(sandbox, *reader(name, "open", "mine"))("athena")
    state, why, _ = query(athena, name, "CREATE OR REPLACE VIEW mine AS SELECT * FROM open")
    assert (state, "glue:CreateTable" in why) == ("FAILED", True), why
    with pytest.raises(ClientError, match="EntityNotFoundException"):
        sandbox.glue.get_table(DatabaseName=name, Name="mine")


def test_what_was_called_is_recorded(held: Sandbox) -> None:
    s3 = acting(held, allow("s3:GetObject", objects("in/*")))("s3")
    s3.get_object(Bucket=BUCKET, Key="in/a")
    counts = {caller: count for caller, count in held.status()["calls"].items() if caller.endswith("/tester")}
    assert counts
    assert json.dumps(counts)


def test_a_key_is_known_by_its_tags(sandbox: Sandbox) -> None:
    kms = sandbox.client("kms")
    keys = {}
    for owner in ("ours", "theirs"):
        tags = [{"TagKey": "deployment", "TagValue": owner}]
        made = kms.create_key(KeyUsage="GENERATE_VERIFY_MAC", KeySpec="HMAC_256", Tags=tags)
        keys[owner] = made["KeyMetadata"]["Arn"]
    ours = {"StringEquals": {"aws:ResourceTag/deployment": "ours"}}
    resource = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/*"
    client = acting(sandbox, allow("kms:GenerateMac", resource, Condition=ours))("kms")
    asked = {"Message": b"x", "MacAlgorithm": "HMAC_SHA_256"}
    client.generate_mac(KeyId=keys["ours"], **asked)
    assert f"kms:GenerateMac on resource: {keys['theirs']}" in refused(
        client.generate_mac, KeyId=keys["theirs"], **asked
    )
