"""A stack as it is synthesised, deployed into the emulator as far as jobs and queries need it, without Terraform."""

from __future__ import annotations

import io
import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from sandbox import aws
from sandbox.airflow import Airflow
from sandbox.lifecycle import Service
from sandbox.settings import ACCOUNT_ID, ROOT
from sandbox.tests.conftest import ENVIRONMENT, REGION, ROLE, Sandbox

NAME = "people-data"
TAGS = {"deployment": NAME}  # of everything, by the provider's default_tags
DAY = "2024-09-17"
_EXPRESSION = re.compile(r"\$\{(?:data\.)?(\w+)\.(\w+)\.(\w+)}")
_GLUE_NAMES = {"ser_de_info": "SerdeInfo"}


class Deployed:
    """driven-data under names of its own, so that it can stand beside what other tests make."""

    def __init__(self, sandbox: Sandbox, folder: Path) -> None:
        self.sandbox = sandbox
        self.service = Service(sandbox.settings, REGION, "test", 0)
        self._directory = synthesised(folder)
        self.resources = json.loads((self._directory / "cdk.tf.json").read_text())["resource"]
        key = sandbox.client("kms").create_key(KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")
        self.resources = json.loads(filled(json.dumps(self.resources), self.resources, key["KeyMetadata"]["Arn"]))
        self.document = {"resource": self.resources}
        self.bucket = self.resources["aws_s3_bucket"]["data_lake"]["bucket"]
        self.database = self.resources["aws_glue_catalog_database"]["database"]["name"]
        self._store()
        self._catalog()
        self._groups()

    def run_day(self, raw: bytes) -> None:
        """The day's jobs, and what the DAG does behind the gate."""
        self.make_jobs()
        raw_key = f"data/raw/raw_batch_data_{DAY}.csv"
        self.sandbox.s3.put_object(Bucket=self.bucket, Key=raw_key, Body=raw)
        given = {"--run_date": DAY, "--raw_file": f"s3://{self.bucket}/{raw_key}", "--run_id": "test"}
        judge = "judge_raw_data"
        # No day runs the job that forgets a person.
        jobs = self.resources["aws_glue_job"]
        names = [each["name"] for key, each in jobs.items() if key != "forget_person"]
        for name in sorted(names, key=lambda name: name != judge):
            run = self.sandbox.run(name, Arguments=given)
            assert run["JobRunState"] == "SUCCEEDED", f"{name}: {run.get('ErrorMessage')}"
        for name, table in self.resources["aws_glue_catalog_table"].items():
            if table.get("partition_keys") and name != "quarantine":
                location = table["storage_descriptor"]["location"]
                self.sandbox.partition(self.database, name, [DAY], f"{location}run_date={DAY}/")

    def airflow(self) -> Airflow:
        """Airflow as for its environment, with the role that the stack gives it; and what its DAG runs."""
        made = Airflow(self.sandbox.settings, self.service, NAME)
        migrating = made.begin_migration()
        role = self._role("airflow", self._policy("execution_boundary"))
        self.make_jobs()
        for each in self.resources["aws_glue_crawler"].values():
            policy = each["schema_change_policy"]
            self.sandbox.glue.create_crawler(
                Name=each["name"],
                Role=ROLE,
                DatabaseName=self.database,
                Targets={"S3Targets": [{"Path": target["path"]} for target in each["s3_target"]]},
                SchemaChangePolicy={
                    "UpdateBehavior": policy["update_behavior"],
                    "DeleteBehavior": policy["delete_behavior"],
                },
                RecrawlPolicy={"RecrawlBehavior": each["recrawl_policy"]["recrawl_behavior"]},
                Tags=TAGS,
            )
        (environment,) = self.resources["aws_mwaa_environment"].values()
        self.sandbox.client("mwaa").create_environment(
            Name=environment["name"],
            AirflowVersion=environment["airflow_version"],
            AirflowConfigurationOptions=environment["airflow_configuration_options"],
            SourceBucketArn=environment["source_bucket_arn"],
            DagS3Path=environment["dag_s3_path"],
            PluginsS3Path=environment["plugins_s3_path"],
            StartupScriptS3Path=environment["startup_script_s3_path"],
            ExecutionRoleArn=role,
            NetworkConfiguration={"SubnetIds": ["subnet-1", "subnet-2"], "SecurityGroupIds": ["sg-1"]},
        )
        made.finish_migration(migrating)
        return made

    def objects(self, prefix: str = "") -> list[str]:
        """Their keys."""
        return [each["Key"] for each in aws.objects(self.sandbox.s3, self.bucket, prefix)]

    def clean_rows(self) -> list[dict[str, Any]]:
        read = map(self.read, self.objects(f"data/clean/run_date={DAY}/"))
        return [row for body in read for row in pq.read_table(io.BytesIO(body)).to_pylist()]

    def read(self, key: str, s3: Any = None) -> bytes:
        """An object, as whoever the client is of."""
        return (s3 or self.sandbox.s3).get_object(Bucket=self.bucket, Key=key)["Body"].read()

    def _store(self) -> None:
        """The bucket with what is uploaded."""
        self.sandbox.bucket(self.bucket)
        for each in self.resources["aws_s3_object"].values():
            file = self._directory / each["source"].removeprefix("${path.module}/")
            self.sandbox.s3.put_object(Bucket=self.bucket, Key=each["key"], Body=file.read_bytes())

    def make_jobs(self) -> None:
        """In the place of other tests' jobs of the same names."""
        for each in self.resources["aws_glue_job"].values():
            command = {"Name": "glueetl", "ScriptLocation": each["command"]["script_location"], "PythonVersion": "3"}
            self.sandbox.glue.delete_job(JobName=each["name"])
            self.sandbox.glue.create_job(
                Name=each["name"],
                Role=ROLE,
                Command=command,
                GlueVersion=each["glue_version"],
                DefaultArguments=each["default_arguments"],
                ExecutionProperty={"MaxConcurrentRuns": 1},
                Tags=TAGS,
            )

    def _catalog(self) -> None:
        self.sandbox.glue.create_database(DatabaseInput={"Name": self.database})
        parts = ("name", "table_type", "parameters", "partition_keys", "storage_descriptor", "view_original_text")
        for each in self.resources["aws_glue_catalog_table"].values():
            given = _as_glue({part: each[part] for part in (*parts, "view_expanded_text") if part in each})
            self.sandbox.glue.create_table(DatabaseName=self.database, TableInput=given)

    def _groups(self) -> None:
        """Their workgroups, and their roles within their boundary."""
        athena, boundary = self.sandbox.client("athena"), self._policy("group_boundary")
        for key, workgroup in self.resources["aws_athena_workgroup"].items():
            output = workgroup["configuration"]["result_configuration"]["output_location"]
            athena.create_work_group(
                Name=workgroup["name"],
                Configuration={
                    "EnforceWorkGroupConfiguration": True,
                    "ResultConfiguration": {"OutputLocation": output},
                },
            )
            if key in self.resources["aws_iam_role"]:
                self._role(key, boundary)

    def _policy(self, key: str) -> str:
        given = self.resources["aws_iam_policy"][key]
        made = self.sandbox.client("iam").create_policy(
            PolicyName=given["name"], Path=given["path"], PolicyDocument=given["policy"]
        )
        return made["Policy"]["Arn"]

    def _role(self, key: str, boundary: str) -> str:
        role, policy = (self.resources[kind][key] for kind in ("aws_iam_role", "aws_iam_role_policy"))
        made = self.sandbox.client("iam").create_role(
            RoleName=role["name"],
            AssumeRolePolicyDocument=role["assume_role_policy"],
            PermissionsBoundary=boundary,
        )
        self.grant(role["name"], policy["name"], policy["policy"])
        return made["Role"]["Arn"]

    def grant(self, role: str, name: str, policy: str) -> None:
        self.sandbox.client("iam").put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=policy)


def filled(text: str, resources: dict[str, Any], key: str) -> str:
    """The text with what its Terraform expressions stand for. key: the ARN of the deployed key."""
    known = {"aws_partition": "aws", "aws_caller_identity": ACCOUNT_ID, "aws_kms_key": key}

    def value(found: re.Match[str]) -> str:
        kind, name, attribute = found.groups()
        return known.get(kind) or resources.get(kind, {}).get(name, {}).get(attribute, found[0])

    return _EXPRESSION.sub(value, text)


def synthesised(folder: Path) -> Path:
    """The stack's folder, as synth writes it."""
    (folder / "config").mkdir()
    text = (ROOT / "config" / "driven-data.yaml").read_text()
    for name, instead in (("driven_data", "people_data"), ("driven-data-bucket", "people-data-bucket")):
        assert name in text
        text = text.replace(name, instead)
    assert "\nmonitoring:\n" in text
    text = text.replace("\nmonitoring:\n", "\nmonitoring:\n  lineage: bucket\n")
    (folder / "config" / f"{NAME}.yaml").write_text(text)
    command = [ROOT / "bin" / "synth", "--config", folder / "config", "--out", folder / "out"]
    done = subprocess.run([str(part) for part in command], env=ENVIRONMENT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "out" / "stacks" / NAME


def _as_glue(value: Any, key: str = "") -> Any:
    """Terraform's names of a table's parts as Glue's API has them."""
    if isinstance(value, list):
        return [_as_glue(each) for each in value]
    if not isinstance(value, dict) or key == "parameters":
        return value
    named = {each: _GLUE_NAMES.get(each) or "".join(map(str.capitalize, each.split("_"))) for each in value}
    return {named[each]: _as_glue(part, each) for each, part in value.items()}
