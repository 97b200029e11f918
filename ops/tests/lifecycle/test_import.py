"""A team that followed the console walkthrough by hand adopts the platform without rebuilding."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ops.tests.front import REGION, Front, Workspace

STACK = "driven-data"
BUCKET = "driven-data-bucket"
DATABASE = "driven_data_db"
ENVIRONMENT = "driven_data_airflow_environment"
JOBS = (
    "staging_dim_address",
    "staging_dim_date",
    "staging_dim_finance",
    "staging_dim_person",
    "staging_fact_network_usage",
)
CRAWLERS = ("raw_driven_data", *JOBS)


@pytest.fixture(scope="module")
def by_hand(front: Front, synthesised: Path, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """The walkthrough's resources, made by AWS calls, and the synthesised stack that knows nothing of them."""
    workspace = Workspace(tmp_path_factory.mktemp("import"), front)
    workspace.add_synthesised(synthesised / STACK)
    front.make_bucket("driven-data-terraform-state")
    front.make_bucket(BUCKET)
    front.client("s3").put_object(Bucket=BUCKET, Key="batch_2024-09-14.csv", Body=b"kept")
    role = _role(front)
    network = _network(front)
    # Its group stays behind: an environment moves to the stack's own one in place.
    group = front.client("ec2").create_security_group(
        VpcId=network["aws_vpc.vpc"], GroupName="airflow-security-group-console", Description="Made by the console"
    )
    front.client("mwaa").create_environment(
        Name=ENVIRONMENT,
        AirflowVersion="3.3.1",
        EnvironmentClass="mw1.small",
        SourceBucketArn=f"arn:aws:s3:::{BUCKET}",
        DagS3Path="dags",
        ExecutionRoleArn=role,
        NetworkConfiguration={
            "SecurityGroupIds": [group["GroupId"]],
            "SubnetIds": [network["aws_subnet.private_1"], network["aws_subnet.private_2"]],
        },
        EndpointManagement="SERVICE",
        WebserverAccessMode="PRIVATE_ONLY",
        # As the stack tags it: the emulator can't tag an environment that is there.
        Tags={"deployment": STACK, "managed-by": "terraform"},
    )
    glue = front.client("glue")
    glue.create_database(DatabaseInput={"Name": DATABASE})
    for name in JOBS:
        script = {"Name": "glueetl", "ScriptLocation": f"s3://{BUCKET}/scripts/{name}.py", "PythonVersion": "3"}
        glue.create_job(Name=name, Role=role, Command=script, GlueVersion="4.0", WorkerType="G.1X", NumberOfWorkers=10)
    for name in CRAWLERS:
        target = {"S3Targets": [{"Path": f"s3://{BUCKET}/data/"}]}
        glue.create_crawler(Name=name, Role=role, DatabaseName=DATABASE, Targets=target)
    workspace.imports.mkdir()
    (workspace.imports / f"{STACK}.json").write_text(json.dumps(network))
    return workspace


def test_import_of_the_walkthrough(by_hand: Workspace) -> None:
    """import plans to create and replace nothing that the walkthrough made"""
    print(by_hand.run("import", STACK))
    changes = by_hand.planned(STACK)
    created = {_name(each) for each in changes if "create" in each["change"]["actions"]}
    assert created.isdisjoint({("aws_s3_bucket", BUCKET), ("aws_glue_catalog_database", DATABASE)})
    assert created.isdisjoint(("aws_glue_job", name) for name in JOBS)
    assert created.isdisjoint(("aws_glue_crawler", name) for name in CRAWLERS)
    assert ("aws_mwaa_environment", ENVIRONMENT) not in created
    assert not [each["address"] for each in changes if "delete" in each["change"]["actions"]]


def test_apply_of_the_import(by_hand: Workspace, front: Front) -> None:
    """its apply takes them over; the data stays"""
    assert "imported" in by_hand.run("apply", STACK)
    body = front.client("s3").get_object(Bucket=BUCKET, Key="batch_2024-09-14.csv")["Body"].read()
    assert body == b"kept"
    assert front.client("glue").get_job(JobName=JOBS[0])["Job"]["GlueVersion"] == "5.0"
    assert not (by_hand.stacks / STACK / "imports.tf.json").exists()


def _name(change: dict[str, Any]) -> tuple[str, str]:
    after = change["change"]["after"] or {}
    return change["type"], after.get("bucket" if change["type"] == "aws_s3_bucket" else "name", "")


def _role(front: Front) -> str:
    trust = {"Effect": "Allow", "Principal": {"Service": "glue.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    role = front.client("iam").create_role(RoleName="AWSGlueServiceRole-console", AssumeRolePolicyDocument=document)
    return role["Role"]["Arn"]


def _network(front: Front) -> dict[str, str]:
    """As 'Create MWAA VPC' makes it: the ids that AWS chose, by the addresses that they get."""
    ec2 = front.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.192.0.0/16")["Vpc"]["VpcId"]
    found = {"aws_vpc.vpc": vpc}
    for number, (zone, block) in enumerate((("a", "10.192.48.0/20"), ("b", "10.192.64.0/20")), start=1):
        subnet = ec2.create_subnet(VpcId=vpc, CidrBlock=block, AvailabilityZone=f"{REGION}{zone}")["Subnet"]
        found[f"aws_subnet.private_{number}"] = subnet["SubnetId"]
    return found
