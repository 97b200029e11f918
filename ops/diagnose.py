"""Turns Terraform's and AWS's error output into one message with the next step."""

import re
from typing import NamedTuple

from ops.errors import CommandError
from ops.project import Stack


class Cause(NamedTuple):
    """A known cause of failure, and what is told about it.

    pattern: what an error holds, its line breaks read as blanks; what and next_step: the message, with {stack},
    {bucket} and the pattern's named groups filled in; of_state: only of errors about the state's bucket.
    """

    name: str
    pattern: str
    what: str
    next_step: str
    of_state: bool = False


# Where a provider's own words in an error block end.
_END = r"(?: with [a-z0-9_]+\.[\w-]+,| on \S+ line \d|$)"
# Commands that speak with the state's bucket alone, and the words of its backend in other ones.
_STATE_COMMANDS = ("init", "state", "force-unlock", "workspace")
_STATE_WORDS = re.compile(
    r"Failed to get existing workspaces|[Ee]rror (?:loading|refreshing|saving) (?:the )?state|state lock|"
    r"Failed to (?:save|load|persist) (?:the )?state|(?:list objects|access object \S+|file) (?:in|from) S3 bucket"
)

# The first cause that fits is told: the ones further down are named in the output of the ones above as well.
CAUSES = (
    Cause(
        "state not saved",
        r"Failed to save state Error saving state: (?P<reason>.*)",
        "The state of '{stack}' couldn't be written: {reason}\n  What was made is noted in {unsaved} alone.",
        "mend that (sign in, or wait for the network), then make {again} here, which writes it first.",
    ),
    Cause(
        "state overtaken",
        r"cannot import state with (?:serial|lineage)",
        "{unsaved} notes what a command made that couldn't write the state of '{stack}', and the state was written "
        "since: {error}",
        "move that file away; then make import STACK={stack} finds what it names and the state lacks.",
    ),
    Cause(
        "lock held",
        # Terraform tells whose it is when it could read that.
        r"Error acquiring the state lock.*(?:PreconditionFailed|Lock Info:)",
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
        # https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html; STS and others speak of the signature.
        "wrong clock",
        r"RequestTimeTooSkewed|RequestInTheFuture|Probable clock skew|Signature (?:expired|not yet current)",
        "This machine's clock differs from AWS's by minutes: {error}",
        "set it right (compare 'date -u'), then run the command again.",
    ),
    Cause(
        "expired token",
        r"ExpiredToken|security token included in the request is expired|token has expired|"
        r"SSO session (?:has expired|token)|RequestExpired",
        "The AWS session has expired.",
        "sign in again (for example 'aws sso login'), then run the command again.",
    ),
    Cause(
        # https://docs.aws.amazon.com/IAM/latest/UserGuide/using-service-linked-roles.html
        "service-linked role",
        r"ServiceLinkedRoleCreationNotPermitted|(?:permissions? to create|authorized (?:to )?perform:?)[^.]{0,20}"
        r"(?:service-linked role|Service Linked Role|iam:CreateServiceLinkedRole)",
        "AWS may not make the role by which its own service works in this account (a service-linked role): {error}",
        "let somebody with iam:CreateServiceLinkedRole make it, once for the account: 'aws iam create-service-linked-"
        "role --aws-service-name airflow.amazonaws.com' (Airflow's; a message about another one names its service). "
        "Then run the command again.",
    ),
    Cause(
        "invalid credentials",
        r"InvalidClientTokenId|UnrecognizedClientException|InvalidAccessKeyId|SignatureDoesNotMatch|"
        r"AuthFailure(?!\.)",
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
        of_state=True,
    ),
    Cause(
        "wrong region",
        r"BucketRegionError|PermanentRedirect|MovedPermanently|requested bucket from|"
        r"AuthorizationHeaderMalformed|"
        r"incorrect region|StatusCode: 301",
        "The state bucket '{bucket}' lies in another region than {region}.",
        "correct state.region in config/{deployment}.yaml, then make synth.",
        of_state=True,
    ),
    Cause(
        "state bucket denied",
        r"AccessDenied|Forbidden|StatusCode: 403|AllAccessDisabled",
        "The state bucket '{bucket}' answers 403: it belongs to another account, or these credentials may not use it.",
        "check the account (aws sts get-caller-identity), or choose another state.bucket: names are global.",
        of_state=True,
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
        # The wording: https://github.com/LBHackney-IT/Data-Platform/pull/1764; what is to be checked:
        # https://docs.aws.amazon.com/mwaa/latest/userguide/t-create-update-environment.html
        "Airflow environment failed",
        r"MWAA Environment \((?P<name>[^)]*)\)[^:]*: unexpected state '(?P<state>\w+)'.*?last error: (?P<reason>.*?)"
        + _END,
        "AWS could not set up the Airflow environment '{name}' ({state}): {reason}",
        "check, in this order: the private subnets' way out (network: a NAT gateway with its route, or all endpoints "
        "in the environment's subnets); the security group, which must let itself in and everything out; the bucket "
        "(versioning on, public access blocked); the execution role (policies/airflow-policy.json). Then make plan "
        "STACK={stack} ALLOW_REPLACE=aws_mwaa_environment.airflow: a failed environment can only be made anew.",
    ),
    Cause(
        # https://github.com/onceiwasadev/aws-mwaa-terraform/issues/4
        "Airflow environment stuck",
        r"MWAA Environment \((?P<name>[^)]*)\)[^:]*: timeout while waiting for state to become '\w+' "
        r"\(last state: '(?P<state>\w+)', timeout: (?P<reason>[^)]*)\)",
        "The Airflow environment '{name}' was still {state} after {reason}.",
        "its containers can't reach what they need: check the private subnets' routes and endpoints, and that the "
        "security group lets itself in and everything out; AWS fails or finishes it by itself: see its status with "
        "'aws mwaa get-environment --name {name}', then make plan STACK={stack}.",
    ),
    Cause(
        # https://github.com/094459/innovateaiml-airflow/issues/1
        "Airflow environment refused",
        r"(?:creating|updating) MWAA Environment \((?P<name>[^)]*)\).*?ValidationException: (?P<reason>.*?)" + _END,
        "AWS refuses the Airflow environment '{name}': {reason}",
        "the bucket must have versioning on and public access blocked, the execution role must read it, and the "
        "subnets must be two private ones in two zones; correct config/{deployment}.yaml, make plan STACK={stack}.",
    ),
    Cause(
        # https://github.com/hashicorp/terraform-provider-aws/issues/5171 and 2942; S3 says SlowDown.
        "throttled",
        r"Throttl(?:ing|ed)|RequestLimitExceeded|TooManyRequests|SlowDown|Rate exceeded|StatusCode: (?:429|503)",
        "AWS takes no more calls of this kind for the moment: {error}",
        "wait some minutes, then make plan STACK={stack} and make apply: that goes on from where it stopped. When it "
        "happens again: fewer calls at once, TF_CLI_ARGS_apply=-parallelism=3.",
    ),
    Cause(
        "failure of AWS's own",
        r"StatusCode: 5\d\d|InternalError|InternalFailure|InternalServer\w*|ServiceUnavailable",
        "AWS failed at a call: {error}",
        "mostly that passes (health.aws.amazon.com): make plan STACK={stack} and make apply go on from there.",
    ),
    Cause(
        # VpcLimitExceeded, AddressLimitExceeded: https://github.com/terraform-aws-modules/terraform-aws-vpc/issues/429;
        # LimitExceeded (IAM), ResourceNumberLimitExceededException (Glue), TooManyBuckets (S3): the APIs' references.
        "quota",
        r"(?P<code>\w*LimitExceeded(?:Exception|Fault)?|ServiceQuotaExceeded\w*|TooManyBuckets|QuotaExceeded\w*)",
        "The account's quota is used up ({code}): {error}",
        "delete what isn't needed any more (addresses of NAT gateways and VPCs of former trials are usual), or ask for "
        "more under Service Quotas in the console, in this region; then make plan STACK={stack}.",
    ),
    Cause(
        "bucket name taken",
        r"S3 Bucket \((?P<name>[^)]*)\).*BucketAlreadyExists",
        "The bucket name '{name}' is taken by another AWS account: bucket names are global.",
        "choose another one in config/{deployment}.yaml (storage.bucket, state.bucket), then make plan STACK={stack}.",
    ),
    Cause(
        "already exists",
        r"(?<!Bucket)AlreadyExists|BucketAlreadyOwnedByYou|already exists|InvalidPermission\.Duplicate",
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
        # HeadBucket's 403 has no text: https://github.com/hashicorp/terraform-provider-aws/issues/15148
        "bucket denied",
        r"\bBucket[\w ]* \((?P<name>[^),]*)[^)]*\).*(?:Forbidden|AccessDenied(?!: User:))",
        "The bucket '{name}' answers 403: it belongs to another account, or these credentials may not use it.",
        "check the account (aws sts get-caller-identity) and the bucket's own policy; if the bucket is another "
        "company's, choose another storage.bucket in config/{deployment}.yaml: names are global.",
    ),
    Cause(
        "access denied",
        r"AccessDenied|UnauthorizedOperation|not authorized to perform",
        "AWS refused a call: {error}",
        "give the role that permission (docs/permissions.md lists the plan and apply roles), or use another profile.",
    ),
)


def explain(output: str, stack: Stack, command: str) -> "TerraformError":
    """The error to raise for a failed command. What Terraform itself said is kept below the message."""
    text = _plain(output)
    said = "\n".join(_blocks(text))
    blocks = [re.sub(r"\s+", " ", block) for block in _blocks(text) or [text]]
    for cause in CAUSES:
        for block in blocks:
            found = re.search(cause.pattern, block)
            if found and (not cause.of_state or _about_state(block, stack, command)):
                values = _values(text, block, stack, found)
                next_step = cause.next_step.format_map(values)
                return TerraformError(cause.name, cause.what.format_map(values), next_step, said)
    return TerraformError(
        "unknown",
        f"terraform {command} failed for '{stack.name}'.",
        "read Terraform's message above; nothing else is known about this failure.",
        said or text.strip(),
    )


def _about_state(block: str, stack: Stack, command: str) -> bool:
    """Whether an error is about the state's bucket: these commands touch no other, the words are its backend's."""
    if "operation error STS" in block:  # whose credentials they are, and whether they may take on a role
        return False
    bucket = re.escape(stack.backend().get("bucket", ""))
    named = bool(bucket) and re.search(rf"S3 [Bb]ucket[\w ]* (?:\"{bucket}\"|\({bucket}[,)])", block)
    return command in _STATE_COMMANDS or bool(named or _STATE_WORDS.search(block))


class TerraformError(CommandError):
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


def _values(text: str, block: str, stack: Stack, found: re.Match[str]) -> dict[str, str]:
    lock = _lock_info(text)
    groups = {name: value for name, value in found.groupdict().items() if value}
    return {
        "stack": stack.name,
        "deployment": stack.deployment,
        "bucket": stack.backend().get("bucket", "?"),
        "region": stack.backend().get("region", "?"),
        "again": f"plan STACK={stack.name}"
        if stack.name == stack.deployment
        else f"bootstrap STACK={stack.deployment}",
        "unsaved": str(stack.directory / "errored.tfstate"),
        "source": _between(text, r"Finding (.*?)\.\.\.") or "hashicorp/aws",
        "address": _between(block, r"Resource (\S+)") or "a protected resource",
        "error": _between(block, r"Error: (.*?)" + _END) or block.strip(),
        "lock_id": lock.get("ID", "<id>"),
        "holder": f" by {lock['Who']} since {lock.get('Created', '?')} ({lock.get('Operation', '?')})"
        if lock.get("Who")
        else "",
        "account": groups.pop("account_b", "?"),
        **groups,
    }


def _lock_info(text: str) -> dict[str, str]:
    """The fields of Terraform's Lock Info block."""
    _, _, block = text.partition("Lock Info:")
    return {match[1]: match[2].strip() for match in re.finditer(r"^\s*(\w+):[ ]+(.+)$", block, re.MULTILINE)}


def _blocks(text: str) -> list[str]:
    """Terraform's error blocks, without its progress lines and warnings."""
    blocks = re.split(r"\n(?=(?:Error|Warning): )", "\n" + text)
    return [block.strip() for block in blocks[1:] if block.startswith("Error: ")]


def _plain(output: str) -> str:
    """The text without Terraform's boxes (used when it isn't asked for -no-color) and colours."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", output)
    return re.sub(r"^[│╷╵] ?", "", text, flags=re.MULTILINE)


def _between(text: str, pattern: str) -> str:
    found = re.search(pattern, text)
    return found[1].strip() if found else ""
