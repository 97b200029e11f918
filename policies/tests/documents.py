"""The policies as the stack fills them, with sample values, and the matching of their patterns."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[1]
_PLACEHOLDER = re.compile(r"\$\{(\w+)}")
_VALUES = {
    "partition": ["aws"],
    "region": ["eu-central-1"],
    "aws_account_id": ["123456789012"],
    "company": ["acme"],
    "deployment": ["acme"],
    "bucket": ["acme-lake"],
    "buckets": ["acme-lake", "acme-lake-access-logs"],
    "state_bucket": ["acme-state"],
    "state_key": ["acme/terraform.tfstate"],
    "environment": ["acme_airflow"],
    "database": ["acme_db"],
    "workgroups": ["acme", "acme_finance"],
    "group_workgroups": ["acme_finance"],
    "group_roles": ["acme_finance"],
    "seen_group_roles": ["acme_finance"],
    "group_boundary": ["acme_group_boundary"],
    "queried_prefixes": ["data/raw/", "data/staging/", "data/trusted/", "data/quarantine/"],
    "results_prefix": ["athena-results/"],
    "boundary": ["acme_execution_boundary"],
    "job_names": ["forget_person", "judge_raw_data", "staging_a"],
    "daily_job_names": ["judge_raw_data", "staging_a"],
    "erasure_job": ["forget_person"],
    "erasure_prefix": ["data/erasure/"],
    "crawler_names": ["raw_acme", "staging_a"],
    "table_names": ["raw", "a", "quarantine"],
    "raw_prefix": ["data/raw/"],
    "lineage_prefix": ["data/metrics/lineage/"],
    "incoming_prefix": ["data/incoming/"],
    "metrics_prefix": ["data/metrics/"],
    "written_prefixes": ["data/clean/", "data/staging/", "data/metrics/", "data/erasure/"],
    "read_prefixes": ["data/raw/", "data/incoming/", "data/clean/", "data/staging/", "data/metrics/", "data/erasure/"],
    "written_folders": ["data", "data/clean", "data/staging"],
    "uploaded_prefixes": ["dags/", "artifacts/"],
    "data_key": ["arn:aws:kms:eu-central-1:123456789012:key/11111111-1111-1111-1111-111111111111"],
    "encrypted_log_groups": ["/aws-glue/jobs/acme", "/aws-glue/crawlers"],
    "pseudonym_key": ["arn:aws:kms:eu-central-1:123456789012:key/00000000-0000-0000-0000-000000000000"],
    "glue_log_group": ["/aws-glue/jobs/acme"],
    "log_groups": ["/aws-glue/jobs/acme", "airflow-acme_airflow-"],
    "metrics_namespace": ["DrivenData/acme"],
    "event_bus": ["default"],
    "alert_topic": ["acme_alerts"],
    "alert_keys": ["key/*"],
    "alert_rules": ["acme_job_failed"],
    "alarms": ["acme_day_late"],
    "dashboard": ["acme_day"],
    "deadline": ["acme_deadline"],
    "service_roles": ["acme_airflow", "acme_glue", "acme_deadline"],
    "workflow_roles": ["acme_plan", "acme_apply"],
    "shared_network": ["vpc/vpc-1", "subnet/subnet-1"],
}
# The documents of each role.
ROLES = {
    "airflow": ["airflow-policy"],
    "glue": ["glue-policy"],
    "deadline": ["deadline-policy"],
    "plan": ["cicd-plan-policy"],
    "apply": ["cicd-plan-policy", "cicd-apply-policy"],
    "erasure": ["erasure-policy"],
}


@dataclass(frozen=True)
class Statement:
    file: str
    sid: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    but_resources: tuple[str, ...]
    conditions: tuple[tuple[str, str, tuple[str, ...]], ...]

    def grants(self, action: str) -> bool:
        return any(matches(pattern, action) for pattern in self.actions)

    def condition(self, key: str) -> tuple[str, ...]:
        """The values that a key must have, or none."""
        return tuple(value for _, name, values in self.conditions for value in values if name == key)


def of_groups() -> dict[str, list[Statement]]:
    """What the stack grants to each group of the driven-data deployment, as it is synthesised."""
    resources = json.loads((FOLDER.parent / "main.tf.json.snapshot").read_text())["resource"]
    granted = {}
    for name, each in resources["aws_iam_role_policy"].items():
        if name.startswith("group_"):
            text = each["policy"].replace("${data.aws_partition.partition.partition}", "aws")
            text = re.sub(r"\$\{aws_s3_bucket\.\w+\.bucket}", resources["aws_s3_bucket"]["data_lake"]["bucket"], text)
            document = json.loads(re.sub(r"\$\{data\.aws_caller_identity\.\w+\.account_id}", "123456789012", text))
            assert "${" not in text.replace("${data.aws_caller_identity", ""), text
            group = name.removeprefix("group_")
            granted[group] = [_statement(f"group {group}", each) for each in document["Statement"]]
    return granted


def names() -> list[str]:
    return sorted(path.stem for path in FOLDER.glob("*.json"))


def statements(name: str) -> list[Statement]:
    document = json.loads((FOLDER / f"{name}.json").read_text())
    return [_statement(name, each) for each in document["Statement"]]


def of_role(role: str) -> list[Statement]:
    return [statement for name in ROLES[role] for statement in statements(name)]


def matches(pattern: str, text: str) -> bool:
    """IAM's patterns: * and ?, and nothing else; actions are compared as if in lower case."""
    escaped = re.sub(r"\[", "[[]", pattern)
    return fnmatchcase(text.lower(), escaped.lower())


def _statement(name: str, document: dict[str, Any]) -> Statement:
    assert document["Effect"] == "Allow", f"{name}: {document['Sid']}: only Allow is checked here"
    conditions = [
        (operator, key, tuple(_filled(value)))
        for operator, keys in document.get("Condition", {}).items()
        for key, value in keys.items()
    ]
    return Statement(
        name,
        document["Sid"],
        tuple(_filled(document["Action"])),
        tuple(_filled(document.get("Resource", []))),
        tuple(_filled(document.get("NotResource", []))),
        tuple(conditions),
    )


def _filled(texts: str | list[str]) -> Iterator[str]:
    for text in [texts] if isinstance(texts, str) else texts:
        found = list(dict.fromkeys(_PLACEHOLDER.findall(text)))
        for values in itertools.product(*(_VALUES[placeholder] for placeholder in found)):
            filled = text
            for placeholder, value in zip(found, values, strict=True):
                filled = filled.replace(f"${{{placeholder}}}", value)
            yield filled
