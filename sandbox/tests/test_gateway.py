"""What the front passes on, mends and says itself."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.aws import service_of

from .conftest import BUCKET, REGION, ROLE, Sandbox


def test_large_objects_pass_whole_in_parts_and_ranges(sandbox: Sandbox) -> None:
    content = os.urandom(20 * 1024 * 1024)
    sandbox.s3.upload_fileobj(io.BytesIO(content), BUCKET, "large.bin")  # multipart
    got = sandbox.s3.get_object(Bucket=BUCKET, Key="large.bin")
    assert hashlib.sha256(got["Body"].read()).digest() == hashlib.sha256(content).digest()
    assert sandbox.s3.head_object(Bucket=BUCKET, Key="large.bin")["ContentLength"] == len(content)
    part = sandbox.s3.get_object(Bucket=BUCKET, Key="large.bin", Range="bytes=5-9")["Body"].read()
    assert part == content[5:10]


def test_keys_and_encodings_pass_unchanged(sandbox: Sandbox) -> None:
    key = "a b/run_date=2024-09-15/ä+%41.csv.gz"
    content = gzip.compress(b"x,y\n")
    sandbox.s3.put_object(Bucket=BUCKET, Key=key, Body=content, ContentEncoding="gzip")
    got = sandbox.s3.get_object(Bucket=BUCKET, Key=key)
    assert (got["Body"].read(), got["ContentEncoding"]) == (content, "gzip")
    listed = sandbox.s3.list_objects_v2(Bucket=BUCKET, Prefix="a b/")["Contents"]
    assert [each["Key"] for each in listed] == [key]
    with pytest.raises(ClientError, match="NoSuchKey"):
        sandbox.s3.get_object(Bucket=BUCKET, Key="absent")


def test_a_client_may_use_the_front_as_its_http_proxy(sandbox: Sandbox) -> None:
    scope = f"AWS4-HMAC-SHA256 Credential=test/20240915/{REGION}/airflow/aws4_request, SignedHeaders=host, Signature=0"
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({"http": sandbox.settings.endpoint}))
    request = urllib.request.Request("http://api.aws.sandbox.test/environments", headers={"Authorization": scope})
    with opener.open(request, timeout=5) as answer:
        assert b"Environments" in answer.read()


@pytest.mark.parametrize(
    ("headers", "path", "service"),
    [
        ({"Authorization": "AWS4-HMAC-SHA256 Credential=AK/20240915/eu-central-1/glue/aws4_request, x"}, "/", "glue"),
        ({}, "/b/k?X-Amz-Credential=AK%2F20240915%2Feu-central-1%2Fs3%2Faws4_request&X-Amz-Date=1", "s3"),
        ({"X-Amz-Target": "AWSGlue.GetJob"}, "/", "glue"),
        ({"X-Amz-Target": "AmazonAthena.GetQueryExecution"}, "/", "athena"),
        ({}, "/bucket/key", ""),
    ],
)
def test_the_service_is_read_off_the_request(headers: dict[str, str], path: str, service: str) -> None:
    assert service_of(headers, path) == service


def test_catalog_entries_say_what_glues_do(sandbox: Sandbox) -> None:
    """Trino fails over a null, and over a storage without its defaults."""
    sandbox.glue.create_database(DatabaseInput={"Name": "told"})
    sandbox.table("told", "t", [("a", "int")], f"s3://{BUCKET}/told/", keys=[("d", "string")])
    sandbox.partition("told", "t", ["1"], f"s3://{BUCKET}/told/")
    table = sandbox.glue.get_table(DatabaseName="told", Name="t")["Table"]
    listed = sandbox.glue.get_tables(DatabaseName="told")["TableList"][0]
    of_partition = {"DatabaseName": "told", "TableName": "t"}
    one = sandbox.glue.get_partition(**of_partition, PartitionValues=["1"])["Partition"]
    several = sandbox.glue.batch_get_partition(**of_partition, PartitionsToGet=[{"Values": ["1"]}])["Partitions"][0]
    for entry in (table, listed, one, several, sandbox.glue.get_partitions(**of_partition)["Partitions"][0]):
        told = entry["StorageDescriptor"]
        assert (told["NumberOfBuckets"], told["Compressed"], told["StoredAsSubDirectories"]) == (0, False, False)
        assert None not in entry.values()
    assert "Description" not in table


def test_a_jobs_tags_and_settings_are_echoed(sandbox: Sandbox) -> None:
    command = {"Name": "glueetl", "ScriptLocation": f"s3://{BUCKET}/x.py"}
    sandbox.glue.create_job(
        Name="mended",
        Role=ROLE,
        Command=command,
        Tags={"owner": "finance"},
        ExecutionProperty={"MaxConcurrentRuns": 4},
        ExecutionClass="STANDARD",
    )
    job = sandbox.glue.get_job(JobName="mended")["Job"]
    assert (job["ExecutionProperty"], job["ExecutionClass"]) == ({"MaxConcurrentRuns": 4}, "STANDARD")
    assert _tags(sandbox, "job/mended") == {"owner": "finance"}
    sandbox.glue.update_job(
        JobName="mended", JobUpdate={"Role": ROLE, "Command": command, "ExecutionProperty": {"MaxConcurrentRuns": 2}}
    )
    assert sandbox.glue.get_job(JobName="mended")["Job"]["ExecutionProperty"] == {"MaxConcurrentRuns": 2}
    sandbox.glue.delete_job(JobName="mended")
    sandbox.glue.create_job(Name="mended", Role=ROLE, Command=command)
    assert sandbox.glue.get_job(JobName="mended")["Job"]["ExecutionProperty"] == {"MaxConcurrentRuns": 1}


def test_a_crawlers_tags_are_echoed(sandbox: Sandbox) -> None:
    targets = {"S3Targets": [{"Path": f"s3://{BUCKET}/x/"}]}
    sandbox.glue.create_crawler(Name="mended", Role=ROLE, DatabaseName="db", Targets=targets, Tags={"a": "b"})
    assert _tags(sandbox, "crawler/mended") == {"a": "b"}


def test_an_environments_settings_are_echoed(sandbox: Sandbox) -> None:
    mwaa = sandbox.client("mwaa")
    given: dict[str, Any] = {
        "RequirementsS3Path": "requirements.txt",
        "StartupScriptS3Path": "startup.sh",
        "WeeklyMaintenanceWindowStart": "SAT:09:00",
        "EndpointManagement": "SERVICE",
    }
    mwaa.create_environment(
        Name="mended",
        DagS3Path="dags",
        ExecutionRoleArn=ROLE,
        SourceBucketArn=f"arn:aws:s3:::{BUCKET}",
        NetworkConfiguration={"SubnetIds": ["subnet-1", "subnet-2"], "SecurityGroupIds": ["sg-1"]},
        **given,
    )
    found = mwaa.get_environment(Name="mended")["Environment"]
    assert {name: found.get(name) for name in given} == given
    mwaa.update_environment(Name="mended", WeeklyMaintenanceWindowStart="SUN:10:00")
    assert mwaa.get_environment(Name="mended")["Environment"]["WeeklyMaintenanceWindowStart"] == "SUN:10:00"


def test_an_egress_rule_keeps_its_text_and_tags(sandbox: Sandbox) -> None:
    ec2 = sandbox.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    group = ec2.create_security_group(GroupName="g", Description="d", VpcId=vpc)["GroupId"]
    everything = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0", "Description": "All out"}]}
    tags = [{"ResourceType": "security-group-rule", "Tags": [{"Key": "Name", "Value": "out"}]}]
    ec2.authorize_security_group_egress(GroupId=group, IpPermissions=[everything], TagSpecifications=tags)
    rules = ec2.describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [group]}])["SecurityGroupRules"]
    assert [(rule["Description"], rule["Tags"]) for rule in rules if rule["IsEgress"]] == [
        ("All out", [{"Key": "Name", "Value": "out"}])
    ]


def test_an_endpoints_groups_private_dns_and_policy_are_echoed(sandbox: Sandbox) -> None:
    ec2 = sandbox.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.8.0.0/16")["Vpc"]["VpcId"]
    endpoint = ec2.create_vpc_endpoint(
        VpcId=vpc,
        VpcEndpointType="Interface",
        ServiceName=f"com.amazonaws.{REGION}.glue",
        SecurityGroupIds=["sg-1"],
        PrivateDnsEnabled=True,
        PolicyDocument='{"Statement": [{"Effect": "Allow", "Resource": "a&b"}]}',
    )["VpcEndpoint"]["VpcEndpointId"]
    ec2.modify_vpc_endpoint(VpcEndpointId=endpoint, AddSecurityGroupIds=["sg-2"], RemoveSecurityGroupIds=["sg-1"])
    found = ec2.describe_vpc_endpoints(VpcEndpointIds=[endpoint])["VpcEndpoints"][0]
    assert found["PrivateDnsEnabled"] is True
    assert [group["GroupId"] for group in found["Groups"]] == ["sg-2"]
    assert found["PolicyDocument"] == '{"Statement": [{"Effect": "Allow", "Resource": "a&b"}]}'
    ec2.modify_vpc_endpoint(VpcEndpointId=endpoint, ResetPolicy=True)
    assert "PolicyDocument" not in ec2.describe_vpc_endpoints(VpcEndpointIds=[endpoint])["VpcEndpoints"][0]


def test_an_objects_key_isnt_told_over_http(sandbox: Sandbox) -> None:
    """Spark's S3 client would take it along to a copy, and refuse to send it."""
    key = f"arn:aws:kms:{REGION}:000000000000:key/1"
    sandbox.s3.put_object(Bucket=BUCKET, Key="encrypted", Body=b"x", ServerSideEncryption="aws:kms", SSEKMSKeyId=key)
    found = sandbox.s3.head_object(Bucket=BUCKET, Key="encrypted")
    assert "ServerSideEncryption" not in found
    assert "SSEKMSKeyId" not in found
    sandbox.s3.put_object(Bucket=BUCKET, Key="plain", Body=b"x", ServerSideEncryption="AES256")
    assert sandbox.s3.head_object(Bucket=BUCKET, Key="plain")["ServerSideEncryption"] == "AES256"


def test_an_alarm_is_described_as_it_was_put_to_a_client_that_speaks_xml(sandbox: Sandbox) -> None:
    scope = (
        f"AWS4-HMAC-SHA256 Credential=test/20240915/{REGION}/monitoring/aws4_request, SignedHeaders=host, Signature=0"
    )

    def call(**fields: str) -> str:
        body = urllib.parse.urlencode({"Version": "2010-08-01", **fields}).encode()
        request = urllib.request.Request(sandbox.settings.endpoint, body, {"Authorization": scope})
        with urllib.request.urlopen(request, timeout=5) as answer:
            return answer.read().decode()

    put = {
        "AlarmName": "late",
        "AlarmDescription": "the day's late & <red>",
        "Namespace": "n",
        "MetricName": "m",
        "Statistic": "Maximum",
        "Period": "120",
        "EvaluationPeriods": "1",
        "Threshold": "1",
        "ComparisonOperator": "LessThanThreshold",
        "TreatMissingData": "ignore",
        "ActionsEnabled": "true",
        "AlarmActions.member.1": "arn:aws:sns:eu-central-1:000000000000:t",
        "Dimensions.member.1.Name": "Environment",
        "Dimensions.member.1.Value": "e",
        "Tags.member.1.Key": "owner",
        "Tags.member.1.Value": "ops",
    }
    call(Action="PutMetricAlarm", **put)
    told = call(**{"Action": "DescribeAlarms", "AlarmNames.member.1": "late"})
    for part in (
        "<AlarmDescription>the day's late &amp; &lt;red&gt;</AlarmDescription>",
        "<Statistic>Maximum</Statistic>",
        "<Period>120</Period>",
        "<TreatMissingData>ignore</TreatMissingData>",
        "<ActionsEnabled>true</ActionsEnabled>",
        "<AlarmActions><member>arn:aws:sns:eu-central-1:000000000000:t</member></AlarmActions><OKActions></OKActions>",
        "<Dimensions><member><Name>Environment</Name><Value>e</Value></member></Dimensions>",
    ):
        assert part in told
    arn = f"arn:aws:cloudwatch:{REGION}:000000000000:alarm:late"
    tags = sandbox.client("cloudwatch").list_tags_for_resource(ResourceARN=arn)["Tags"]
    assert tags == [{"Key": "owner", "Value": "ops"}]


def test_an_error_of_ours_reads_like_awss(sandbox: Sandbox) -> None:
    with pytest.raises(ClientError) as error:
        sandbox.glue.get_job_run(JobName="absent", RunId="jr_1")
    assert error.value.response["Error"]["Code"] == "EntityNotFoundException"
    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


def _tags(sandbox: Sandbox, resource: str) -> dict[str, str]:
    arn = f"arn:aws:glue:{REGION}:000000000000:{resource}"
    return sandbox.glue.get_tags(ResourceArn=arn)["Tags"]
