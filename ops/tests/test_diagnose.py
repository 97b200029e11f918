"""Messages for errors that can't be provoked here, from Terraform's and AWS's wording of them.

Those that can be are in lifecycle/test_failures.py, with the real Terraform.
"""

from __future__ import annotations

import json
import textwrap
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


# What AWS and the provider say elsewhere: (output, cause, what the message must name). Where the words come from:
# hashicorp/terraform-provider-aws#15148, #5171, #2942; terraform-aws-modules/terraform-aws-vpc#429;
# LBHackney-IT/Data-Platform#1764; onceiwasadev/aws-mwaa-terraform#4; 094459/innovateaiml-airflow#1;
# github-aws-runners/terraform-aws-github-runner#104; amplify-education/serverless-domain-manager#112;
# mattclay/aws-terminator#211; hashicorp/terraform#3579; the APIs' lists of errors for the rest.
QUOTED = {
    "the lake bucket is somebody else's": (
        "Error: reading S3 Bucket (our-lake): operation error S3: HeadBucket, https response error StatusCode: 403, "
        "RequestID: FP1R5P1M7J4WBY6M, HostID: CHffxt, api error Forbidden: Forbidden\n\n  with "
        "aws_s3_bucket.data_lake,",
        "bucket denied",
        "'our-lake'",
    ),
    "a setting of the lake bucket": (
        "Error: reading S3 Bucket Versioning (our-lake): operation error S3: GetBucketVersioning, https response error "
        "StatusCode: 403, RequestID: X, HostID: Y, api error AccessDenied: Access Denied",
        "bucket denied",
        "'our-lake'",
    ),
    "the lake bucket beside a good state": (
        "Acquiring state lock. This may take a few moments...\nError: creating S3 Bucket (our-lake): operation error "
        "S3: "
        "HeadBucket, https response error StatusCode: 403, api error Forbidden: Forbidden",
        "bucket denied",
        "'our-lake'",
    ),
    "an action on the lake bucket that IAM refuses": (
        "Error: putting S3 Bucket (our-lake) Policy: operation error S3: PutBucketPolicy, https response error "
        "StatusCode: 403, api error AccessDenied: User: arn:aws:sts::123456789012:assumed-role/apply/ci is not "
        "authorized "
        'to perform: s3:PutBucketPolicy on resource: "arn:aws:s3:::our-lake"',
        "access denied",
        "s3:PutBucketPolicy",
    ),
    "a missing lake bucket": (
        "Error: uploading S3 Object (dags/dag.py) to Bucket (our-lake): operation error S3: PutObject, https response "
        "error StatusCode: 404, api error NoSuchBucket: The specified bucket does not exist",
        "unknown",
        "",
    ),
    "the state, while planning": (
        'Error: Error loading state: Unable to access object "x/terraform.tfstate" in S3 bucket "our-state": operation '
        "error S3: HeadObject, https response error StatusCode: 403, api error Forbidden: Forbidden",
        "state bucket denied",
        "'our-state'",
    ),
    "the state's lock may not be written": (
        "Error: Error acquiring the state lock\n\nError message: operation error S3: PutObject, https response error "
        "StatusCode: 403, RequestID: X, HostID: Y, api error AccessDenied: Access Denied\nunable to retrieve file "
        "from S3 "
        "bucket 'our-state' with key 'x.tflock'",
        "state bucket denied",
        "'our-state'",
    ),
    "somebody holds the state's lock": (
        "Error: Error acquiring the state lock\n\nError message: operation error S3: PutObject, https response error "
        "StatusCode: 412, api error PreconditionFailed: At least one of the pre-conditions you specified did not hold\n"
        "Lock Info:\n  ID:        6f2a\n  Who:       ann@desk\n  Created:   2026-01-02\n",
        "lock held",
        "ann@desk",
    ),
    "a session that ends before the lock": (
        "Error: Error acquiring the state lock\n\nError message: operation error S3: PutObject, https response error "
        "StatusCode: 400, RequestID: X, HostID: Y, api error ExpiredToken: The provided token has expired.\n\n"
        "Terraform acquires a state lock to protect the state from being written by multiple users at the same time.",
        "expired token",
        "expired",
    ),
    "a network that ends before the lock": (
        "Error: Error acquiring the state lock\n\nError message: operation error S3: PutObject, exceeded maximum "
        'number of attempts, 5, request send failed, Put "https://our-state.s3.amazonaws.com/x.tflock": dial tcp: '
        "lookup x: no such host",
        "no connection to AWS",
        "",
    ),
    "a clock that is wrong, to S3": (
        'Error: Failed to get existing workspaces: Unable to list objects in S3 bucket "our-state": operation error '
        "S3: ListObjectsV2, https response error StatusCode: 403, RequestID: X, HostID: Y, api error "
        "RequestTimeTooSkewed: The difference between the request time and the current time is too large.",
        "wrong clock",
        "RequestTimeTooSkewed",
    ),
    "a clock that is wrong, to STS": (
        "Error: validating provider credentials: operation error STS: GetCallerIdentity, https response error "
        "StatusCode: 403, RequestID: X, api error SignatureDoesNotMatch: Signature expired: 20260101T100000Z is now "
        "earlier than 20260101T110000Z",
        "wrong clock",
        "Signature expired",
    ),
    "a failure of AWS's own": (
        "Error: reading Glue Job (x): operation error Glue: GetJob, exceeded maximum number of attempts, 5, https "
        "response error StatusCode: 500, RequestID: X, InternalServiceException: null",
        "failure of AWS's own",
        "GetJob",
    ),
    "a service-linked role may not be made (EC2)": (
        "Error: creating EC2 VPC Endpoint (x): operation error EC2: CreateVpcEndpoint, https response error "
        "StatusCode: "
        "400, AuthFailure.ServiceLinkedRoleCreationNotPermitted: The provided credentials do not have permission to "
        "create the service-linked role for EC2 Spot Instances.",
        "service-linked role",
        "EC2 Spot Instances",
    ),
    "a service-linked role may not be made (MWAA)": (
        "Error: creating MWAA Environment (our_airflow): operation error MWAA: CreateEnvironment, https response error "
        "StatusCode: 403, AccessDeniedException: User: arn:aws:iam::123456789012:user/ann is not authorized to "
        "perform: "
        "iam:CreateServiceLinkedRole on resource: "
        "arn:aws:iam::123456789012:role/aws-service-role/airflow.amazonaws.com/"
        "AWSServiceRoleForAmazonMWAA",
        "service-linked role",
        "AWSServiceRoleForAmazonMWAA",
    ),
    "a service-linked role may not be made (others)": (
        "Error: AccessDeniedException: Caller does not have permissions to create a Service Linked Role.",
        "service-linked role",
        "Service Linked Role",
    ),
    "bad credentials": (
        "Error: creating EC2 VPC: operation error EC2: CreateVpc, https response error StatusCode: 401, api error "
        "AuthFailure: AWS was not able to validate the provided access credentials",
        "invalid credentials",
        "",
    ),
    "MWAA fails": (
        "Error: waiting for MWAA Environment (our_airflow) create: unexpected state 'CREATE_FAILED', wanted target "
        "'AVAILABLE'. last error: INCORRECT_CONFIGURATION: You may need to check the execution role permissions policy "
        "for your environment, and that each of the VPC networking components required by the environment are "
        "configured "
        "to allow traffic. AccessDenied. Troubleshooting: https://docs.aws.amazon.com/mwaa/latest/userguide/"
        "troubleshooting.html\n\n  with aws_mwaa_environment.airflow,\n  on cdk.tf.json line 12, in resource: {",
        "Airflow environment failed",
        "INCORRECT_CONFIGURATION",
    ),
    "MWAA hangs": (
        "Error: waiting for MWAA Environment (our_airflow) create: timeout while waiting for state to become "
        "'AVAILABLE' (last state: 'CREATING', timeout: 2h0m0s)",
        "Airflow environment stuck",
        "2h0m0s",
    ),
    "MWAA refuses": (
        "Error: creating MWAA Environment (our_airflow): operation error MWAA: CreateEnvironment, https response error "
        "StatusCode: 400, RequestID: X, ValidationException: Invalid request provided: Provided bucket does not have "
        "BlockPublicAccess set for s3 bucket our-lake",
        "Airflow environment refused",
        "BlockPublicAccess",
    ),
    "no VPC left": (
        "Error: creating EC2 VPC: operation error EC2: CreateVpc, https response error StatusCode: 400, RequestID: "
        "X, api "
        "error VpcLimitExceeded: The maximum number of VPCs has been reached.",
        "quota",
        "VpcLimitExceeded",
    ),
    "no address left": (
        "Error: creating EC2 EIP: operation error EC2: AllocateAddress, https response error StatusCode: 400, api "
        "error "
        "AddressLimitExceeded: The maximum number of addresses has been reached.",
        "quota",
        "AddressLimitExceeded",
    ),
    "IAM's quota": (
        "Error: creating IAM Role (x): operation error IAM: CreateRole, https response error StatusCode: 409, "
        "LimitExceeded: Cannot exceed quota for RolesPerAccount: 1000",
        "quota",
        "RolesPerAccount",
    ),
    "Glue's quota": (
        "Error: creating Glue Job (x): operation error Glue: CreateJob, https response error StatusCode: 400, "
        "ResourceNumberLimitExceededException: Failed to create job due to limit",
        "quota",
        "ResourceNumberLimitExceededException",
    ),
    "a quota of the kind that most APIs know": (
        "Error: creating X: ResourceLimitExceeded: You have exceeded the limit",
        "quota",
        "ResourceLimitExceeded",
    ),
    "S3's quota": (
        "Error: creating S3 Bucket (our-lake): operation error S3: CreateBucket, https response error StatusCode: 400, "
        "api error TooManyBuckets: You have attempted to create more buckets than allowed",
        "quota",
        "TooManyBuckets",
    ),
    "throttled": (
        "Error: reading Glue Job (x): operation error Glue: GetJob, exceeded maximum number of attempts, 25, https "
        "response error StatusCode: 400, api error ThrottlingException: Rate exceeded",
        "throttled",
        "Rate exceeded",
    ),
    "throttled by EC2": (
        "Error: reading EC2 VPC (vpc-1): operation error EC2: DescribeVpcs, https response error StatusCode: 503, api "
        "error RequestLimitExceeded: Request limit exceeded.",
        "throttled",
        "RequestLimitExceeded",
    ),
    "a bucket's name that is taken": (
        "Error: creating S3 Bucket (our-lake): operation error S3: CreateBucket, https response error StatusCode: 409, "
        "RequestID: X, HostID: Y, BucketAlreadyExists:",
        "bucket name taken",
        "'our-lake'",
    ),
}


@pytest.mark.parametrize("what", QUOTED)
def test_what_aws_says_is_told_for_what_it_is(tmp_path: Path, what: str) -> None:
    output, cause, named = QUOTED[what]
    error = diagnose.explain(output, builders.stack(tmp_path, BACKEND), "apply")
    assert error.cause == cause
    assert named in error.what
    assert "{" not in error.what + error.next_step


@pytest.mark.parametrize("what", QUOTED)
def test_terraforms_line_breaks_do_not_hide_the_cause(tmp_path: Path, what: str) -> None:
    output, cause, _ = QUOTED[what]
    head, *rest = output.split("\n")
    wrapped = "\n".join([textwrap.fill(head, 78, break_long_words=False), *rest])
    assert diagnose.explain(wrapped, builders.stack(tmp_path, BACKEND), "apply").cause == cause


def test_the_message_about_the_airflow_environment_ends_with_awss_own_words(tmp_path: Path) -> None:
    error = diagnose.explain(QUOTED["MWAA fails"][0], builders.stack(tmp_path, BACKEND), "apply")
    assert error.what.endswith("troubleshooting.html")
    for part in ("NAT gateway", "endpoints", "security group", "versioning on", "public access blocked"):
        assert part in error.next_step


def test_each_error_is_judged_by_itself(tmp_path: Path) -> None:
    """a denied object and a good look into the state's bucket make no denied state"""
    output = (
        'Error: Invalid value\n\nin S3 bucket "our-state"\n\n'
        "Error: uploading S3 Object (x) to Bucket (our-lake): https response error StatusCode: 403, AccessDenied: no"
    )
    assert diagnose.explain(output, builders.stack(tmp_path, BACKEND), "apply").cause == "bucket denied"


def test_a_403_without_words_is_the_states_while_only_the_state_is_asked(tmp_path: Path) -> None:
    output = "Error: operation error S3: ListObjectsV2, https response error StatusCode: 403, Forbidden"
    stack = builders.stack(tmp_path, BACKEND)
    assert diagnose.explain(output, stack, "init").cause == "state bucket denied"
    assert diagnose.explain(output, stack, "apply").cause != "state bucket denied"


@pytest.mark.parametrize(("name", "again"), [("small", "plan STACK=small"), ("small-state", "bootstrap STACK=small")])
def test_who_writes_an_unsaved_state_is_the_command_that_works_in_its_folder(
    tmp_path: Path, name: str, again: str
) -> None:
    output = (
        "Error: Failed to save state\n\nError saving state: failed to upload state: api error ExpiredToken: expired"
    )
    error = diagnose.explain(output, builders.stack(tmp_path, BACKEND, name), "apply")
    assert error.cause == "state not saved"
    assert f"then make {again} here" in error.next_step


def test_a_role_that_may_not_be_taken_on_is_no_matter_of_the_states_bucket(tmp_path: Path) -> None:
    output = (
        "Error: failed to retrieve credentials: operation error STS: AssumeRole, https response error StatusCode: 403, "
        "RequestID: X, api error AccessDenied: User: arn:aws:iam::123456789012:user/ann is not authorized to perform: "
        "sts:AssumeRole on resource: arn:aws:iam::123456789012:role/deploy"
    )
    error = diagnose.explain(output, builders.stack(tmp_path, BACKEND), "init")
    assert error.cause == "access denied"
    assert "sts:AssumeRole" in error.what


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
