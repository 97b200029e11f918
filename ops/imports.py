"""Finds what AWS already has of what a plan would create, and writes import blocks for it beside the stack.

Terraform itself is asked (``probe``) for each resource that a plan would create and that has a name of ours.
"""

import json
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
    terraform: Terraform, found: dict[str, str], only: frozenset[str] | None = None, apart: Apart = _NONE
) -> dict[str, str]:
    """Address and import id of what exists already; import blocks for all of it are written into IMPORTS_FILE.

    found: what is known to exist; only: look for these addresses, not for everything that would be created; apart: ids
    that aren't to be found, by address.
    """
    before = blocks(terraform.stack)
    try:
        return _search(terraform, _plan(terraform, found), found, only, apart)[0]
    except BaseException:
        write(terraform.stack, before)
        raise


def existing(terraform: Terraform, plan: dict[str, Any], addresses: frozenset[str]) -> dict[str, set[str]]:
    """Of these addresses, which the plan creates, the ids of what AWS has already.

    The import blocks stay as they are.
    """
    known = blocks(terraform.stack)
    try:
        found, looked_up = _search(terraform, plan, known, addresses, {})
        named = {address: {identifier} for address, identifier in found.items() if address not in known}
        return {**named, **looked_up}
    finally:
        write(terraform.stack, known)


def _search(
    terraform: Terraform, document: dict[str, Any], known: dict[str, str], only: frozenset[str] | None, apart: Apart
) -> tuple[dict[str, str], dict[str, set[str]]]:
    """What find_existing returns, and all ids that were looked up by tags. document: a plan with what is known."""
    found, looked_up, tried = dict(known), dict[str, set[str]](), set(known)
    by_tags = (only or frozenset()) - known.keys()
    sources = lookup.sources(terraform.stack, by_tags)
    while (asked := _candidates(document, tried, only, apart)) or sources:
        there, answer = probe.ask(terraform, asked, sources)
        new = {address: asked[address] for address in there}
        if sources:
            looked_up, sources = lookup.ids(answer, by_tags, _ids(document)), {}
            for address, ids in looked_up.items():
                # Of several it can't be told which one it is.
                if len(ours := ids - set(apart.get(address, ()))) == 1:
                    new[address] = ours.pop()
        if not new:
            break
        found |= new
        tried |= {*asked, *new}
        # What is found can make further names known: a policy's, for example, through its role.
        document = _plan(terraform, found)
    return found, looked_up


def _candidates(
    document: dict[str, Any], known: Collection[str], only: frozenset[str] | None = None, apart: Apart = _NONE
) -> dict[str, str]:
    """Address and import id of what the plan would create, as far as a name of ours identifies it."""
    account = _account(document)
    result = {}
    for each in document.get("resource_changes", []):
        form = IDENTIFIERS.get(each["type"])
        if form is None or each["change"]["actions"] != ["create"] or each["address"] in known:
            continue
        if only is not None and each["address"] not in only:
            continue
        try:
            identifier = form.format_map({**each["change"]["after"], "account": account})
        except KeyError:
            continue  # depends on something that is yet to be created or imported: the next round knows
        if "None" in identifier or identifier.startswith(":") or identifier in apart.get(each["address"], ()):
            continue
        result[each["address"]] = identifier
    return result


def _account(document: dict[str, Any]) -> str:
    """The account id that the stack's aws_caller_identity data source read, or nothing."""
    identities = [each for each in changes.before(document) if each["type"] == "aws_caller_identity"]
    return identities[0]["values"]["account_id"] if identities else ""


def _ids(document: dict[str, Any]) -> set[str]:
    """The ids of the resources in the state."""
    return {each["values"].get("id", "") for each in changes.before(document) if each["mode"] == "managed"}


def _plan(terraform: Terraform, found: dict[str, str]) -> dict[str, Any]:
    """The JSON of a plan that imports what is found, whose import blocks stay."""
    saved = terraform.stack.data_dir / "import.tfplan"
    write(terraform.stack, found)
    try:
        return terraform.plan(saved, "-refresh=false")
    finally:
        saved.unlink(missing_ok=True)


def write(stack: Stack, found: dict[str, str]) -> None:
    """Replaces the import blocks beside the stack."""
    path = stack.directory / IMPORTS_FILE
    if not found:
        path.unlink(missing_ok=True)
        return
    blocks = [{"to": address, "id": identifier} for address, identifier in sorted(found.items())]
    path.write_text(json.dumps({"import": blocks}, indent=2) + "\n", encoding="utf-8")


def blocks(stack: Stack) -> dict[str, str]:
    """The import blocks that lie beside the stack: address and id."""
    path = stack.directory / IMPORTS_FILE
    if not path.is_file():
        return {}
    return {each["to"]: each["id"] for each in json.loads(path.read_text(encoding="utf-8"))["import"]}
