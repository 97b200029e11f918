"""What a deployment is called on AWS, from its synthesised stack: no state and no Terraform is needed."""

import re
from dataclasses import dataclass

from ops.errors import CommandError
from ops.project import Stack


@dataclass(frozen=True)
class Deployment:
    stack: str
    region: str
    environment: str  # the MWAA environment's name
    dag: str
    dags: str  # the prefix of the DAG folder in the bucket
    bucket: str
    database: str
    workgroup: str

    @classmethod
    def of(cls, stack: Stack) -> "Deployment":
        document = stack.document
        environments = document.get("resource", {}).get("aws_mwaa_environment", {})
        if len(environments) != 1:
            raise CommandError(
                f"The stack '{stack.name}' has {len(environments)} Airflow environments.", "run 'make synth'."
            )
        (environment,) = environments.values()
        outputs = {name: _resolved(stack, each["value"]) for name, each in document["output"].items()}
        return cls(
            stack=stack.name,
            region=stack.region,
            environment=environment["name"],
            dag=outputs["dag"],
            dags=environment["dag_s3_path"].strip("/") + "/",
            bucket=outputs["bucket"],
            database=outputs["database"],
            workgroup=outputs["workgroup"],
        )


def _resolved(stack: Stack, value: str) -> str:
    """A name that another resource of the stack gives."""
    reference = re.fullmatch(r"\$\{(\w+)\.(\w+)\.(\w+)\}", value)
    if not reference:
        return value
    kind, name, attribute = reference.groups()
    return stack.document["resource"].get(kind, {}).get(name, {}).get(attribute, value)
