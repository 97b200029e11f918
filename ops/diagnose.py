"""Turns Terraform's and AWS's error output into one message with the next step."""

from __future__ import annotations

import re
from typing import NamedTuple

from ops.errors import OpsError
from ops.project import Stack


class Cause(NamedTuple):
    """A known cause of failure, and what is told about it.

    pattern: what the output holds; what and next_step: the message, with {stack}, {bucket} and the like
    filled in.
    """

    name: str
    pattern: str
    what: str
    next_step: str


# The first cause that fits is told: the ones further down are named in the output of the ones above as well.
CAUSES = (
    Cause(
        "lock held",
        r"Error acquiring the state lock",
        "The state of '{stack}' is locked{holder}.",
        "wait for that run, or, when it is certain that it is dead: make unlock STACK={stack} LOCK_ID={lock_id}",
    ),
    Cause(
        "stale plan",
        r"Saved plan is stale|does not match the current state|created by a different Terraform version|"
        r"Saved plan does not match",
        "The saved plan of '{stack}' is older than its state: something was applied since.",
        "review a new plan (make plan STACK={stack}), then apply it.",
    ),
    Cause(
        "no credentials",
        r"No valid credential sources found|no EC2 IMDS role found|failed to refresh cached credentials|"
        r"static credentials are empty|failed to get shared config profile",
        "There are no AWS credentials for '{stack}'.",
        "sign in (for example 'aws sso login' and AWS_PROFILE=<profile>), or set AWS_ACCESS_KEY_ID and "
        "AWS_SECRET_ACCESS_KEY.",
    ),
    Cause(
        "expired token",
        r"ExpiredToken|security token included in the request is expired|token has expired|"
        r"SSO session (?:has expired|token)|RequestExpired|Signature expired",
        "The AWS session has expired.",
        "sign in again (for example 'aws sso login'), then run the command again.",
    ),
    Cause(
        "invalid credentials",
        r"InvalidClientTokenId|UnrecognizedClientException|InvalidAccessKeyId|SignatureDoesNotMatch|"
        r"AuthFailure",
        "AWS doesn't accept the credentials.",
        "check AWS_PROFILE or the access key; 'aws sts get-caller-identity' must work.",
    ),
    Cause(
        "wrong account",
        r"AWS account ID not allowed: (?P<account>\d+)|"
        r"account ID \"?(?P<account_b>\d+)\"? (?:is )?not allowed",
        "The credentials belong to account {account}, which isn't the one that config/{deployment}.yaml pins "
        "(account_id).",
        "switch to the right profile (AWS_PROFILE), or correct account_id.",
    ),
    Cause(
        "missing state bucket",
        r"S3 bucket \"[^\"]+\" does not exist|Error: error loading state: NoSuchBucket|NoSuchBucket",
        "The state bucket '{bucket}' doesn't exist in {region}.",
        "make it with 'make bootstrap STACK={deployment}'; or correct state.bucket and the account.",
    ),
    Cause(
        "wrong region",
        r"BucketRegionError|PermanentRedirect|MovedPermanently|requested bucket from|"
        r"AuthorizationHeaderMalformed|"
        r"incorrect region|StatusCode: 301",
        "The state bucket '{bucket}' lies in another region than {region}.",
        "correct state.region in config/{deployment}.yaml, then make synth.",
    ),
    Cause(
        "state bucket denied",
        r"(?:Unable to (?:list objects|access object \S+) in S3 bucket|Failed to get existing workspaces|"
        r"ListObjectsV2|"
        r"HeadBucket)[\s\S]*?(?:AccessDenied|Forbidden|StatusCode: 403)",
        "The state bucket '{bucket}' answers 403: it belongs to another account, or these credentials may not use it.",
        "check the account (aws sts get-caller-identity), or choose another state.bucket: names are global.",
    ),
    Cause(
        "lock file",
        r"Provider dependency changes detected|doesn't match any of the\s*(?:│\s*)?checksums|"
        r"cached package .* does not match|Inconsistent dependency lock file|"
        r"locked provider .* does not match configured version",
        "The provider doesn't agree with the kept lock file of '{stack}'.",
        "make it again for every platform (make provider-lock STACK={stack}), review the change and commit it.",
    ),
    Cause(
        "no registry",
        r"Failed to query available provider packages|Could not retrieve the list of available versions|"
        r"could not connect to registry|Failed to install provider|registry\.terraform\.io[\s\S]{0,200}"
        r"(?:no such host|timeout|refused|unreachable)|provider registry .* does not have",
        "Terraform can't get the provider ({source}).",
        "check the network or proxy, or name a filesystem mirror: TF_PLUGIN_MIRROR=<folder with "
        "registry.terraform.io/hashicorp/aws>; docs/terraform.md tells how to make one.",
    ),
    Cause(
        "Terraform too old",
        r"Unsupported Terraform Core version",
        "The installed Terraform doesn't meet the stack's required_version.",
        "upgrade Terraform (https://developer.hashicorp.com/terraform/install).",
    ),
    Cause(
        "protected by prevent_destroy",
        r"Instance cannot be destroyed",
        "The plan of '{stack}' would destroy {address}, which is protected (prevent_destroy).",
        "undo the change that replaces it; or set destroyable: true in config/{deployment}.yaml, make synth, "
        "and take responsibility for what it holds.",
    ),
    Cause(
        "already exists",
        r"AlreadyExists|BucketAlreadyOwnedByYou|already exists|InvalidPermission\.Duplicate",
        "Something that '{stack}' would create is there already: made by hand, or by an apply that was killed.",
        "take it over instead of creating it: make import STACK={stack}, review the plan, make apply.",
    ),
    Cause(
        "not initialised",
        r"Backend initialization required|Required plugins are not installed|Module not installed",
        "The folder of '{stack}' isn't initialised.",
        "run 'make plan STACK={stack}', which does that.",
    ),
    Cause(
        "no connection to AWS",
        r"dial tcp .*?(?:no such host|connection refused|i/o timeout)|request send failed|"
        r"Could not connect to the endpoint",
        "AWS can't be reached.",
        "check the network and proxy (HTTPS_PROXY), and the region in config/{deployment}.yaml.",
    ),
    Cause(
        "access denied",
        r"AccessDenied|UnauthorizedOperation|not authorized to perform",
        "AWS refused a call: {first}",
        "give the role that permission (docs/terraform.md lists the plan and apply roles), or use another profile.",
    ),
)


def explain(output: str, stack: Stack, command: str) -> TerraformError:
    """The error to raise for a failed command. What Terraform itself said is kept below the message."""
    text = _plain(output)
    for cause in CAUSES:
        found = re.search(cause.pattern, text)
        if found:
            values = _values(text, stack, found)
            next_step = cause.next_step.format_map(values)
            return TerraformError(cause.name, cause.what.format_map(values), next_step, _errors(text))
    return TerraformError(
        "unknown",
        f"terraform {command} failed for '{stack.name}'.",
        "read Terraform's message above; nothing else is known about this failure.",
        _errors(text) or text.strip(),
    )


class TerraformError(OpsError):
    """A failed Terraform command. cause: the CAUSES entry's name; said: Terraform's own error text."""

    def __init__(self, cause: str, what: str, next_step: str, said: str) -> None:
        super().__init__(what, next_step)
        self.cause = cause
        self.said = said
        self.shown = False  # whether the user has seen it already, while it came

    def __str__(self) -> str:
        if self.shown:
            return super().__str__()
        said = "\n".join(f"  | {line}" for line in self.said.splitlines())
        return f"{said}\n{super().__str__()}" if said else super().__str__()


def _values(text: str, stack: Stack, found: re.Match[str]) -> dict[str, str]:
    lock = _lock_info(text)
    groups = found.groupdict()
    return {
        "stack": stack.name,
        "deployment": stack.deployment,
        "bucket": stack.backend().get("bucket", "?"),
        "region": stack.backend().get("region", "?"),
        "source": _between(text, r"Finding (.*?)\.\.\.") or "hashicorp/aws",
        "account": next((value for value in groups.values() if value), "?"),
        "address": _between(text, r"Resource (\S+)") or "a protected resource",
        "first": _between(text, r"Error: (.*)") or "access denied",
        "lock_id": lock.get("ID", "<id>"),
        "holder": f" by {lock['Who']} since {lock.get('Created', '?')} ({lock.get('Operation', '?')})"
        if lock.get("Who")
        else "",
    }


def _lock_info(text: str) -> dict[str, str]:
    """The fields of Terraform's Lock Info block."""
    _, _, block = text.partition("Lock Info:")
    return {match[1]: match[2].strip() for match in re.finditer(r"^\s*(\w+):[ ]+(.+)$", block, re.MULTILINE)}


def _errors(text: str) -> str:
    """Terraform's error blocks, without its progress lines and warnings."""
    blocks = re.split(r"\n(?=(?:Error|Warning): )", "\n" + text)
    return "\n".join(block.strip() for block in blocks[1:] if block.startswith("Error: "))


def _plain(output: str) -> str:
    """The text without Terraform's boxes (used when it isn't asked for -no-color) and colours."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", output)
    return re.sub(r"^[│╷╵] ?", "", text, flags=re.MULTILINE)


def _between(text: str, pattern: str) -> str:
    found = re.search(pattern, text)
    return found[1].strip() if found else ""
