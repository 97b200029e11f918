"""Finds what AWS already has of what a plan would create, and writes import blocks for it beside the stack.

Terraform itself is asked (``probe``) for each resource that a plan would create and that has a name of ours.
"""

import json
import re
from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Any

from ops import changes, lookup, probe
from ops.project import Stack
from ops.terraform import Terraform

IMPORTS_FILE = "imports.tf.json"

# How each type's import id is put together from its planned values and the account.
IDENTIFIERS = {
    "aws_athena_workgroup": "{name}",
    "aws_budgets_budget": "{account}:{name}",
    "aws_cloudwatch_dashboard": "{dashboard_name}",
    "aws_cloudwatch_event_rule": "default/{name}",
    "aws_cloudwatch_log_group": "{name}",
    "aws_cloudwatch_metric_alarm": "{alarm_name}",
    "aws_glue_catalog_database": "{account}:{name}",
    "aws_glue_catalog_table": "{account}:{database_name}:{name}",
    "aws_glue_classifier": "{name}",
    "aws_glue_crawler": "{name}",
    "aws_glue_job": "{name}",
    "aws_glue_security_configuration": "{name}",
    "aws_iam_group": "{name}",
    "aws_iam_policy": "arn:aws:iam::{account}:policy{path}{name}",
    "aws_iam_role": "{name}",
    "aws_iam_role_policy": "{role}:{name}",
    "aws_iam_role_policy_attachment": "{role}/{policy_arn}",
    "aws_mwaa_environment": "{name}",
    "aws_s3_bucket": "{bucket}",
    "aws_s3_bucket_lifecycle_configuration": "{bucket}",
    "aws_s3_bucket_logging": "{bucket}",
    "aws_s3_bucket_ownership_controls": "{bucket}",
    "aws_s3_bucket_policy": "{bucket}",
    "aws_s3_bucket_public_access_block": "{bucket}",
    "aws_s3_bucket_server_side_encryption_configuration": "{bucket}",
    "aws_s3_bucket_versioning": "{bucket}",
    "aws_scheduler_schedule": "default/{name}",
}

Apart = Mapping[str, Collection[str]]
_NONE: Apart = MappingProxyType({})


def find_existing(
    terraform: Terraform, known: dict[str, str], only: frozenset[str] | None = None, apart: Apart = _NONE
) -> dict[str, str]:
    """Address and import id of what exists already; import blocks for all of it are written into IMPORTS_FILE.

    known: what is known to exist; only: look for these addresses, not for everything that would be created; apart: ids
    that aren't to be found, by address.
    """
    write(terraform.stack, known)
    with terraform.planned("-refresh=false") as (_, plan):
        found = known | _search(terraform, plan, known, only, apart)[0]
    write(terraform.stack, found)
    return found


def existing(terraform: Terraform, plan: dict[str, Any], addresses: frozenset[str]) -> dict[str, set[str]]:
    """Of these addresses, which the plan creates, the ids of what AWS has already."""
    found, looked_up = _search(terraform, plan, blocks(terraform.stack), addresses, _NONE)
    return {**{address: {identifier} for address, identifier in found.items()}, **looked_up}


def _search(
    terraform: Terraform, plan: dict[str, Any], known: dict[str, str], only: frozenset[str] | None, apart: Apart
) -> tuple[dict[str, str], dict[str, set[str]]]:
    """What there is besides what is known, and all ids that were looked up by tags."""
    asked = _candidates(plan, known, only, apart)
    by_tags = (only or frozenset()) - known.keys()
    sources = lookup.sources(plan, by_tags)
    if not asked and not sources:
        return {}, {}
    there, answer = probe.ask(terraform, asked, sources)
    found = {address: asked[address] for address in there}
    recorded = {each["values"].get("id", "") for each in changes.before(plan)}
    looked_up = lookup.ids(answer, by_tags, recorded)
    for address, ids in looked_up.items():
        # Of several it can't be told which one it is.
        if len(ours := ids - set(apart.get(address, ()))) == 1:
            found[address] = ours.pop()
    return found, looked_up


def _candidates(
    plan: dict[str, Any], known: Collection[str], only: frozenset[str] | None = None, apart: Apart = _NONE
) -> dict[str, str]:
    """Address and import id of what the plan would create, as far as a name of ours identifies it."""
    created = {
        each["address"]: each for each in plan.get("resource_changes", []) if each["change"]["actions"] == ["create"]
    }
    configured = plan.get("configuration", {}).get("root_module", {}).get("resources", [])
    expressions = {each["address"]: each.get("expressions", {}) for each in configured}
    identities = [each for each in changes.before(plan, "data") if each["type"] == "aws_caller_identity"]
    account = identities[0]["values"]["account_id"] if identities else None

    def identifier(address: str) -> str | None:
        if address not in created or not (form := IDENTIFIERS.get(created[address]["type"])):
            return None
        given = {**created[address]["change"]["after"], "account": account}
        values = {}
        for name in re.findall(r"{(\w+)}", form):
            # What is known after apply alone, such as a policy's ARN, is the import id of what is referred to.
            *_, referred = expressions.get(address, {}).get(name, {}).get("references") or [""]
            values[name] = given.get(name) or identifier(referred)
        return form.format_map(values) if all(values.values()) else None

    found = {address: identifier(address) for address in created if address not in known}
    return {
        address: each
        for address, each in found.items()
        if each and (only is None or address in only) and each not in apart.get(address, ())
    }


def write(stack: Stack, found: dict[str, str]) -> None:
    """Replaces the import blocks beside the stack."""
    path = stack.directory / IMPORTS_FILE
    if not found:
        path.unlink(missing_ok=True)
        return
    path.write_text(json.dumps({"import": probe.blocks(found)}, indent=2) + "\n", encoding="utf-8")


def blocks(stack: Stack) -> dict[str, str]:
    """The import blocks that lie beside the stack: address and id."""
    path = stack.directory / IMPORTS_FILE
    if not path.is_file():
        return {}
    return {each["to"]: each["id"] for each in json.loads(path.read_text(encoding="utf-8"))["import"]}
