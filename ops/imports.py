"""Finds what AWS already has of what a plan would create, and writes import blocks for it beside the stack.

Terraform itself is asked: each resource that a plan would create and that has a name of ours gets an import block;
those that AWS doesn't have are dropped again. Nothing is changed by that.
"""

import json
import re
from collections.abc import Collection, Iterable, Mapping
from types import MappingProxyType
from typing import Any

from ops import changes, lookup
from ops.diagnose import TerraformError
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
_ABSENT = re.compile(
    r"non-existent remote object|couldn't find resource|not found|NotFound|NoSuch|empty result|"
    r"does not exist",
    re.IGNORECASE,
)


Apart = Mapping[str, Collection[str]]


def find_existing(
    terraform: Terraform, found: dict[str, str], only: frozenset[str] | None = None, apart: Apart = MappingProxyType({})
) -> dict[str, str]:
    """Address and import id of what exists already; import blocks for all of it are written into IMPORTS_FILE.

    found: what is known to exist; only: look for these addresses, not for everything that would be created; apart: ids
    that aren't to be found, by address.
    """
    before = blocks(terraform.stack)
    try:
        return _search(terraform, dict(found), only, apart)[0]
    except BaseException:
        write(terraform.stack, before)
        raise


def existing(terraform: Terraform, addresses: frozenset[str]) -> dict[str, set[str]]:
    """Of these addresses, which a plan creates, the ids of what AWS has already; the import blocks stay as they are."""
    known = blocks(terraform.stack)
    try:
        found, looked_up = _search(terraform, dict(known), addresses, {})
        named = {address: {identifier} for address, identifier in found.items() if address not in known}
        return {**named, **looked_up}
    finally:
        write(terraform.stack, known)


def _search(
    terraform: Terraform, found: dict[str, str], only: frozenset[str] | None, apart: Apart
) -> tuple[dict[str, str], dict[str, set[str]]]:
    """What find_existing returns, and all ids that were looked up by tags."""
    write(terraform.stack, found)
    document = _plan(terraform, only or ())
    looked_up: dict[str, set[str]] = {}
    if only:
        looked_up = lookup.ids(document, only - found.keys(), _ids(document))
        for address, ids in looked_up.items():
            # Of several it can't be told which one it is.
            if len(ours := ids - set(apart.get(address, ()))) == 1:
                found[address] = ours.pop()
    absent = set[str]()
    # What is found can make further names known: a policy's, for example, through its role.
    while candidates := _candidates(document, {*found, *absent}, only):
        not_ours = {address for address, identifier in candidates.items() if identifier in apart.get(address, ())}
        absent |= not_ours
        asked = {address: identifier for address, identifier in candidates.items() if address not in not_ours}
        if not asked:
            continue
        existing, document = _existing(terraform, found, asked)
        absent |= asked.keys() - existing.keys()
        found |= existing
    write(terraform.stack, found)
    return found, looked_up


def _existing(
    terraform: Terraform, found: dict[str, str], candidates: dict[str, str]
) -> tuple[dict[str, str], dict[str, Any]]:
    """The candidates that AWS has, and the plan that imports them.

    All are asked for at once; then again without those that Terraform says it can't find.
    """
    asked = dict(candidates)
    while True:
        write(terraform.stack, {**found, **asked})
        try:
            return asked, _plan(terraform)
        except TerraformError as error:
            gone = _absent(error.said, asked)
            if not gone:
                raise
            asked = {address: each for address, each in asked.items() if address not in gone}


def _absent(errors: str, asked: dict[str, str]) -> set[str]:
    """Those of the addresses asked for that error blocks of the kind 'not found' are about.

    Most blocks name the address; the others have the kind of resource and its id, like 'Athena WorkGroup (name)'.
    """
    gone: set[str] = set()
    for block in re.split(r"^Error: ", errors, flags=re.MULTILINE)[1:]:
        if not _ABSENT.search(block):
            continue
        words = re.sub(r"\s+", " ", block)
        named = set(re.findall(r"(?:with|to) \"?([a-z0-9_]+\.[\w-]+)\"?,", words))
        kind = re.sub(r"[^a-z0-9]", "", words.partition("(")[0].lower())
        for address, identifier in asked.items():
            wanted = address.partition(".")[0].removeprefix("aws_").replace("_", "")
            if not named and f"({identifier})" in words and kind.endswith(wanted):
                gone.add(address)
        gone |= named & asked.keys()
    return gone


def _candidates(document: dict[str, Any], known: set[str], only: frozenset[str] | None = None) -> dict[str, str]:
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
        if "None" not in identifier and not identifier.startswith(":"):
            result[each["address"]] = identifier
    return result


def _account(document: dict[str, Any]) -> str:
    """The account id that the stack's aws_caller_identity data source read, or nothing."""
    identities = [each for each in changes.before(document) if each["type"] == "aws_caller_identity"]
    return identities[0]["values"]["account_id"] if identities else ""


def _ids(document: dict[str, Any]) -> set[str]:
    """The ids of the resources in the state."""
    return {each["values"].get("id", "") for each in changes.before(document) if each["mode"] == "managed"}


def _plan(terraform: Terraform, look_up: Iterable[str] = ()) -> dict[str, Any]:
    """A plan's JSON. look_up: addresses to ask AWS for by their tags."""
    stack = terraform.stack
    saved, sources = stack.data_dir / "import.tfplan", stack.directory / lookup.LOOKUP_FILE
    try:
        lookup.write(stack, look_up)
        return terraform.plan(saved, "-refresh=false")
    finally:
        saved.unlink(missing_ok=True)
        sources.unlink(missing_ok=True)


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
