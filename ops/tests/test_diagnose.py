"""Messages for errors that can't be provoked here, from Terraform's and AWS's wording of them.

Those that can be are in lifecycle/test_failures.py, with the real Terraform.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ops import diagnose
from ops.tests import builders

BACKEND = json.dumps({"terraform": {"backend": {"s3": {"bucket": "our-state", "region": "eu-central-1"}}}})

SAMPLES = {
    "expired token": "Error: validating provider credentials: retrieving caller identity from STS: "
    "operation error "
    "STS: GetCallerIdentity, https response error StatusCode: 403, api error ExpiredToken: The security "
    "token "
    "included in the request is expired",
    "wrong account": "Error: AWS account ID not allowed: 210987654321",
    "wrong region": "Error: Failed to get existing workspaces: Unable to list objects in S3 bucket "
    '"our-state": '
    "operation error S3: ListObjectsV2, https response error StatusCode: 301, api error PermanentRedirect: "
    "The "
    "bucket you are attempting to access must be addressed using the specified endpoint.",
    "state bucket denied": "Error: Failed to get existing workspaces: Unable to list objects in S3 bucket "
    '"our-state": operation error S3: ListObjectsV2, https response error StatusCode: 403, api error '
    "AccessDenied: "
    "Access Denied",
    "invalid credentials": "Error: validating provider credentials: operation error STS: "
    "GetCallerIdentity, https "
    "response error StatusCode: 403, api error InvalidClientTokenId: The security token included in the "
    "request is "
    "invalid.",
    "no registry": "Error: Failed to query available provider packages\n\nCould not retrieve the list of "
    "available "
    "versions for provider hashicorp/aws: could not connect to registry.terraform.io",
    "Terraform too old": "Error: Unsupported Terraform Core version",
    "protected by prevent_destroy": "Error: Instance cannot be destroyed\n\nResource aws_s3_bucket.state has "
    "lifecycle.prevent_destroy set",
    "stale plan": "Error: Saved plan is stale\n\nThe given plan file can no longer be applied",
    "already exists": "Error: creating IAM Role (x): EntityAlreadyExists: Role with name x already exists.",
    "access denied": "Error: creating Glue Job (x): AccessDeniedException: not authorized to perform: glue:CreateJob",
}


@pytest.mark.parametrize("cause", SAMPLES)
def test_each_failure_has_its_message_and_next_step(tmp_path: Path, cause: str) -> None:
    error = diagnose.explain(SAMPLES[cause], builders.stack(tmp_path, BACKEND), "plan")
    assert error.cause == cause
    assert error.next_step
    assert "{" not in error.what + error.next_step
    assert SAMPLES[cause] in error.said


def test_the_account_and_the_address_are_named(tmp_path: Path) -> None:
    stack = builders.stack(tmp_path, BACKEND)
    assert "210987654321" in diagnose.explain(SAMPLES["wrong account"], stack, "plan").what
    assert "aws_s3_bucket.state" in diagnose.explain(SAMPLES["protected by prevent_destroy"], stack, "plan").what


def test_boxes_and_colours_do_not_hide_the_cause(tmp_path: Path) -> None:
    boxed = "\x1b[31m╷\x1b[0m\n│ Error: Saved plan is stale\n│\n│ The given plan file can no longer\n╵\n"
    assert diagnose.explain(boxed, builders.stack(tmp_path), "apply").cause == "stale plan"


def test_an_unknown_failure_keeps_terraforms_words(tmp_path: Path) -> None:
    error = diagnose.explain("Error: something new", builders.stack(tmp_path), "plan")
    assert error.cause == "unknown"
    assert "something new" in str(error)
