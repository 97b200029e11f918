"""driven-data from bootstrap to destroy. The tests build on each other, in order."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import Any

import pytest

from ops.tests.front import Front, Workspace

STACK = "driven-data"
BUCKET = "driven-data-bucket"


@pytest.fixture(scope="module")
def platform(front: Front, synthesised: Path, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    workspace = Workspace(tmp_path_factory.mktemp("platform"), front)
    for name in (STACK, f"{STACK}-state"):
        workspace.add_synthesised(synthesised / name)
    return workspace


def test_plan_without_state_bucket(platform: Workspace) -> None:
    """plan names the missing state bucket and how to make it"""
    output = platform.run("plan", STACK, expect=1)
    assert "doesn't exist" in output
    assert f"make bootstrap STACK={STACK}" in output


def test_bootstrap(platform: Workspace, front: Front) -> None:
    """bootstrap makes the state bucket and keeps its state in it"""
    platform.run("bootstrap", STACK)
    s3, bucket = front.client("s3"), "driven-data-terraform-state"
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
    assert all(s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"].values())
    assert "aws:SecureTransport" in s3.get_bucket_policy(Bucket=bucket)["Policy"]
    encryption = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]
    assert encryption["Rules"][0]["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
    assert s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
    state = json.loads(s3.get_object(Bucket=bucket, Key=f"{STACK}/state-bucket.tfstate")["Body"].read())
    assert "aws_s3_bucket" in {each["type"] for each in state["resources"]}


def test_bootstrap_again(platform: Workspace) -> None:
    """bootstrap a second time changes nothing"""
    assert "nothing to do" in platform.run("bootstrap", STACK)


def test_plan(platform: Workspace) -> None:
    """plan saves a plan that creates everything, with its summaries"""
    output = platform.run("plan", STACK, own_provider=True)
    print(output)
    assert "0 to change, 0 to replace, 0 to delete" in output
    summary = (platform.build / "plans" / STACK / "summary.md").read_text()
    assert "`aws_mwaa_environment.airflow`" in summary
    assert "**Cost: +" in summary and "(0.00 to" in summary


def test_interrupted_apply(platform: Workspace) -> None:
    """apply, terminated halfway, saves what it has made"""
    process = platform.start("apply", STACK)
    assert process.stdout
    made = 0
    for line in process.stdout:
        made += "Creation complete" in line
        if made == 10:
            process.send_signal(signal.SIGTERM)
            break
    rest, _ = process.communicate(timeout=1200)
    assert process.returncode != 0, rest
    assert "finishes what it has begun" in rest


def test_finish(platform: Workspace) -> None:
    """a new plan and apply finish the interrupted one"""
    output = platform.run("plan", STACK)
    assert "0 to delete" in output
    assert "DATA AT RISK" not in output
    output = platform.run("apply", STACK)
    assert "airflow_webserver_url" in output


def test_plan_after_apply(platform: Workspace) -> None:
    """the plan after an apply is empty"""
    platform.run("plan", STACK)
    assert platform.addresses(STACK) == []


def test_no_drift(platform: Workspace) -> None:
    """drift right after an apply: none"""
    assert "none" in platform.run("drift", STACK)


def test_drift(platform: Workspace, front: Front) -> None:
    """drift lists each of six changes behind Terraform's back"""
    glue, s3, ec2, iam = (front.client(service) for service in ("glue", "s3", "ec2", "iam"))
    glue.update_crawler(Name="staging_dim_date", Schedule="cron(0 1 * * ? *)")
    job = glue.get_job(JobName="staging_dim_person")["Job"]
    changed = {name: job[name] for name in ("Role", "Command", "WorkerType", "GlueVersion", "Timeout", "MaxRetries")}
    arguments = {"DefaultArguments": job["DefaultArguments"], "ExecutionProperty": job["ExecutionProperty"]}
    glue.update_job(JobName="staging_dim_person", JobUpdate={**changed, **arguments, "NumberOfWorkers": 9})
    s3.delete_object(Bucket=BUCKET, Key="dags/driven_data_pipeline.py")
    kms = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}
    s3.put_bucket_encryption(Bucket=BUCKET, ServerSideEncryptionConfiguration={"Rules": [kms]})
    group = _security_group(platform)
    ssh = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[ssh])
    role, policy = _role_policy(platform)
    everything = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    iam.put_role_policy(RoleName=role, PolicyName=policy, PolicyDocument=json.dumps(everything))

    output = platform.run("drift", STACK, expect=2)
    print(output)
    rows = {(row[0], row[1], row[2]) for row in (line.split() for line in output.splitlines()) if len(row) > 2}
    assert ("aws_glue_crawler.dim_date", "schedule", "changed") in rows
    assert ("aws_glue_job.dim_person", "number_of_workers", "changed") in rows
    assert ("aws_s3_object.dag_driven_data_pipeline", "-", "deleted") in rows
    algorithm = "rule.apply_server_side_encryption_by_default.sse_algorithm"
    assert ("aws_s3_bucket_server_side_encryption_configuration.data_lake", algorithm, "changed") in rows
    assert ("aws_security_group.airflow", "ingress", "changed") in rows
    assert ("aws_iam_role_policy.glue", "policy", "changed") in rows
    report = (platform.build / "drift" / STACK / "drift.md").read_text()
    assert "| `aws_glue_crawler.dim_date` | `schedule` | changed |" in report


def test_repair(platform: Workspace, front: Front) -> None:
    """plan tells of the drift, and its apply repairs it"""
    output = platform.run("plan", STACK)
    assert "Changed outside Terraform" in output
    platform.run("apply", STACK)
    assert front.client("glue").get_job(JobName="staging_dim_person")["Job"]["NumberOfWorkers"] == 2
    platform.run("plan", STACK)
    assert platform.addresses(STACK) == []


def test_destroy_needs_confirmation(platform: Workspace) -> None:
    """destroy without CONFIRM shows what would go and stops"""
    output = platform.run("destroy", STACK, expect=1)
    assert "aws_s3_bucket.data_lake  <-- with every object" in output
    assert f"CONFIRM={STACK}" in output


def test_destroy(platform: Workspace, front: Front) -> None:
    """destroy empties the bucket and leaves nothing behind"""
    s3 = front.client("s3")
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    for body in (b"1", b"2"):
        s3.put_object(Bucket=BUCKET, Key="data/raw/raw_batch_data_2024-09-15.csv", Body=body)
    s3.delete_object(Bucket=BUCKET, Key="data/raw/raw_batch_data_2024-09-15.csv")
    assert "is destroyed" in platform.run("destroy", STACK, CONFIRM=STACK)
    assert _left(front) == {}


def _state(platform: Workspace) -> dict[str, dict[str, Any]]:
    s3 = platform.front.client("s3")
    raw = s3.get_object(Bucket="driven-data-terraform-state", Key=f"{STACK}/terraform.tfstate")["Body"].read()
    resources = json.loads(raw)["resources"]
    return {f"{each['type']}.{each['name']}": each["instances"][0]["attributes"] for each in resources}


def _security_group(platform: Workspace) -> str:
    return _state(platform)["aws_security_group.airflow"]["id"]


def _role_policy(platform: Workspace) -> tuple[str, str]:
    attributes = _state(platform)["aws_iam_role_policy.glue"]
    return attributes["role"], attributes["name"]


def _left(front: Front) -> dict[str, list[str]]:
    """What the emulator still holds besides what an empty account has and the state bucket."""
    glue, ec2, iam, kms = (front.client(service) for service in ("glue", "ec2", "iam", "kms"))
    buckets = [each["Name"] for each in front.client("s3").list_buckets()["Buckets"]]
    groups = front.client("athena").list_work_groups()["WorkGroups"]
    keys = [kms.describe_key(KeyId=each["KeyId"])["KeyMetadata"] for each in kms.list_keys()["Keys"]]
    gateways = [each for each in ec2.describe_nat_gateways()["NatGateways"] if each["State"] != "deleted"]
    found = {
        "buckets": [name for name in buckets if not name.endswith("-terraform-state")],
        "databases": [each["Name"] for each in glue.get_databases()["DatabaseList"] if each["Name"] != "default"],
        "jobs": [each["Name"] for each in glue.get_jobs()["Jobs"]],
        "crawlers": [each["Name"] for each in glue.get_crawlers()["Crawlers"]],
        "classifiers": glue.get_classifiers()["Classifiers"],
        "environments": front.client("mwaa").list_environments()["Environments"],
        "roles": [each["RoleName"] for each in iam.list_roles()["Roles"] if not each["Path"].startswith("/aws-")],
        "policies": [each["PolicyName"] for each in iam.list_policies(Scope="Local")["Policies"]],
        "keys": [each["KeyId"] for each in keys if each["KeyState"] != "PendingDeletion"],
        "vpcs": [each["VpcId"] for each in ec2.describe_vpcs()["Vpcs"] if not each["IsDefault"]],
        "addresses": [each["AllocationId"] for each in ec2.describe_addresses()["Addresses"]],
        "gateways": [each["NatGatewayId"] for each in gateways],
        "logs": [each["logGroupName"] for each in front.client("logs").describe_log_groups()["logGroups"]],
        "workgroups": [each["Name"] for each in groups if each["Name"] != "primary"],
    }
    return {kind: names for kind, names in found.items() if names}
