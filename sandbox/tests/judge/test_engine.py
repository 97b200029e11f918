"""The judge against the examples of AWS's documentation, each with its page."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest

from sandbox.judge import engine
from sandbox.judge.engine import Caller, Need, Policy, Verdict

ACCOUNT, REGION = "222222222222", "eu-central-1"
CARLOS = Caller(f"arn:aws:iam::{ACCOUNT}:user/carlossalazar", "any")
DOCS = "https://docs.aws.amazon.com/IAM/latest/UserGuide/"


OTHERS_KEYS = {"Effect": "Allow", "Action": "kms:*", "NotResource": "arn:aws:kms:*:1:key/*"}


def policy(*statements: dict[str, Any], kind: str = "identity") -> Policy:
    return Policy(kind, kind, {"Version": "2012-10-17", "Statement": list(statements)})


def allow(action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Sid": "Given", "Effect": "Allow", "Action": action, "Resource": resource, **more}


def judged(need: Need, *policies: Policy) -> Verdict:
    return engine.judge(CARLOS, need, policies, REGION, ACCOUNT)


class TestEvaluationLogic:
    """reference_policies_evaluation-logic_policy-eval-basics.html: Carlos and his buckets"""

    own = policy(
        allow(["s3:GetBucketLocation", "s3:ListAllMyBuckets"], "arn:aws:s3:::*"),
        allow("s3:*", ["arn:aws:s3:::carlossalazar/*", "arn:aws:s3:::carlossalazar"]),
        {"Sid": "DenyS3Logs", "Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::*log*"},
    )
    logs = policy(
        {
            "Effect": "Allow",
            "Principal": {"AWS": CARLOS.arn},
            "Action": "s3:*",
            "Resource": ["arn:aws:s3:::carlossalazar-logs/*", "arn:aws:s3:::carlossalazar-logs"],
        },
        kind="resource",
    )

    def test_his_own_bucket_is_his(self) -> None:
        assert judged(Need("s3:PutObject", "arn:aws:s3:::carlossalazar/x"), self.own).allowed

    def test_by_default_nothing_is_allowed(self) -> None:
        verdict = judged(Need("s3:PutObject", "arn:aws:s3:::other/x"), self.own)
        assert verdict.reason == "because no identity-based policy allows the s3:PutObject action"
        assert '{"Effect": "Allow", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::other/x"}' in verdict.hint
        assert "it stands in Given, for other resources" in verdict.hint

    def test_an_explicit_deny_overrides_the_buckets_allow(self) -> None:
        verdict = judged(Need("s3:PutObject", "arn:aws:s3:::carlossalazar-logs/x"), self.own, self.logs)
        assert verdict.reason == "with an explicit deny in an identity-based policy"
        assert "DenyS3Logs" in verdict.hint

    def test_either_policy_suffices_within_the_account(self) -> None:
        """The same page: allowed if either of the identity's and the resource's policy allows"""
        assert judged(Need("s3:PutObject", "arn:aws:s3:::carlossalazar-logs/x"), policy(allow("ec2:*")), self.logs)
        need = Need("s3:PutObject", "arn:aws:s3:::carlossalazar-logs/x")
        assert judged(need, policy(allow("ec2:*")), self.logs).allowed

    def test_a_resource_that_names_the_account_leaves_it_to_the_identity(self) -> None:
        """reference_policies_elements_principal.html, account principals"""
        of_account = policy(
            {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "*", "Resource": "*"},
            kind="resource",
        )
        assert not judged(Need("s3:GetObject", "arn:aws:s3:::b/k"), policy(allow("ec2:*")), of_account).allowed

    def test_a_bucket_policys_deny_is_told(self) -> None:
        tls = policy(
            {
                "Sid": "TlsOnly",
                "Effect": "Deny",
                "Principal": "*",
                "Action": "s3:*",
                "Resource": "*",
                "Condition": {"Bool": {"aws:SecureTransport": "true"}},
            },
            kind="resource",
        )
        verdict = judged(Need("s3:GetObject", "arn:aws:s3:::b/k"), policy(allow("*")), tls)
        assert verdict.reason == "with an explicit deny in a resource-based policy"
        assert "TlsOnly" in verdict.hint


class TestBoundaries:
    """access_policies_boundaries.html: Shirley may manage S3, CloudWatch and EC2, and was given iam:CreateUser"""

    boundary = policy(allow(["s3:*", "cloudwatch:*", "ec2:*"]), kind="boundary")

    def test_what_the_boundary_lacks_is_refused(self) -> None:
        verdict = judged(Need("iam:CreateUser", "*"), policy(allow("iam:CreateUser")), self.boundary)
        assert verdict.reason == "because no permissions boundary allows the iam:CreateUser action"

    def test_the_boundary_alone_gives_nothing(self) -> None:
        assert not judged(Need("s3:GetObject", "arn:aws:s3:::b/k"), self.boundary).allowed

    def test_both_together_allow(self) -> None:
        assert judged(Need("s3:GetObject", "arn:aws:s3:::b/k"), policy(allow("s3:Get*")), self.boundary).allowed

    def test_a_deny_in_the_boundary_is_told(self) -> None:
        denying = policy({"Sid": "No", "Effect": "Deny", "Action": "s3:*", "Resource": "*"}, kind="boundary")
        verdict = judged(Need("s3:GetObject", "arn:aws:s3:::b/k"), policy(allow("*")), denying)
        assert verdict.reason == "with an explicit deny in a permissions boundary"


@pytest.mark.parametrize(
    ("page", "condition", "context", "met"),
    [
        # Several values of a key: or; of a negated operator: nor. Several keys and operators: and.
        ("multi-value", {"StringEquals": {"aws:PrincipalTag/job": ["a", "b"]}}, {"aws:PrincipalTag/job": "b"}, True),
        ("multi-value", {"StringNotEquals": {"s3:prefix": ["a", "b"]}}, {"s3:prefix": "b"}, False),
        ("multi-value", {"StringNotEquals": {"s3:prefix": ["a", "b"]}}, {"s3:prefix": "c"}, True),
        ("multi-value", {"StringEquals": {"s3:prefix": "a", "s3:delimiter": "/"}}, {"s3:prefix": "a"}, False),
        (
            "multi-value",
            {"StringEquals": {"s3:prefix": "a"}, "StringLike": {"s3:delimiter": "*"}},
            {"s3:prefix": "a", "s3:delimiter": "/"},
            True,
        ),
        # A missing key: no match, but for the negated operators, …IfExists and Null.
        ("operators", {"StringEquals": {"s3:prefix": "a"}}, {}, False),
        ("operators", {"StringNotEquals": {"s3:prefix": "a"}}, {}, True),
        ("operators", {"StringEqualsIfExists": {"s3:prefix": "a"}}, {}, True),
        ("operators", {"StringEqualsIfExists": {"s3:prefix": "a"}}, {"s3:prefix": "b"}, False),
        ("operators", {"Null": {"aws:TokenIssueTime": "true"}}, {}, True),
        ("operators", {"Null": {"s3:prefix": "true"}}, {"s3:prefix": "a"}, False),
        # StringLike has * and ?, StringEquals hasn't; both mind the case.
        ("operators", {"StringLike": {"s3:prefix": "home/*"}}, {"s3:prefix": "home/david"}, True),
        ("operators", {"StringEquals": {"s3:prefix": "home/*"}}, {"s3:prefix": "home/david"}, False),
        ("operators", {"StringEquals": {"s3:prefix": "A"}}, {"s3:prefix": "a"}, False),
        (
            "operators",
            {"ArnLike": {"aws:SourceArn": "arn:aws:sns:*:1:x-*"}},
            {"aws:SourceArn": "arn:aws:sns:e:1:x-1"},
            True,
        ),
        # Keys are compared without minding the case.
        ("condition", {"StringEquals": {"AWS:ResourceTag/team": "a"}}, {"aws:ResourceTag/team": "a"}, True),
        # Keys of several values.
        ("single-vs-multi", {"ForAllValues:StringEquals": {"aws:TagKeys": ["a", "b"]}}, {"aws:TagKeys": ["a"]}, True),
        ("single-vs-multi", {"ForAllValues:StringEquals": {"aws:TagKeys": ["a"]}}, {"aws:TagKeys": ["a", "c"]}, False),
        ("single-vs-multi", {"ForAnyValue:StringEquals": {"aws:TagKeys": ["a"]}}, {"aws:TagKeys": ["a", "c"]}, True),
        ("single-vs-multi", {"ForAllValues:StringEquals": {"aws:TagKeys": ["a"]}}, {}, True),
        ("single-vs-multi", {"ForAnyValue:StringEquals": {"aws:TagKeys": ["a"]}}, {}, False),
        # Keys that every request has.
        ("condition-keys", {"StringEquals": {"aws:RequestedRegion": REGION}}, {}, True),
        ("condition-keys", {"Bool": {"aws:SecureTransport": "true"}}, {}, True),
        ("condition-keys", {"ArnEquals": {"aws:PrincipalArn": CARLOS.arn}}, {}, True),
    ],
)
def test_conditions(page: str, condition: dict[str, Any], context: dict[str, Any], met: bool) -> None:
    """reference_policies_condition-logic-multiple-context-keys-or-values.html, …_elements_condition_operators.html,
    …_elements_condition.html, …_condition-single-vs-multi-valued-context-keys.html, …_condition-keys.html
    """
    verdict = judged(Need("s3:ListBucket", "arn:aws:s3:::b", context), policy(allow("s3:*", Condition=condition)))
    assert verdict.allowed is met, page


@pytest.mark.parametrize(
    ("statement", "action", "resource", "allowed"),
    [
        # reference_policies_elements_action.html, …_resource.html: * and ?; actions don't mind the case, ARNs do.
        (allow("iam:*AccessKey*"), "iam:CreateAccessKey", "*", True),
        (allow("s3:getobject", "arn:aws:s3:::b/*"), "s3:GetObject", "arn:aws:s3:::b/k", True),
        (allow("s3:*", "arn:aws:s3:::b/*/test/*"), "s3:GetObject", "arn:aws:s3:::b/1/2/test/3/object.jpg", True),
        (allow("s3:*", "arn:aws:s3:::b/object?.jpg"), "s3:GetObject", "arn:aws:s3:::b/object10.jpg", False),
        (allow("s3:*", "arn:aws:s3:::B/*"), "s3:GetObject", "arn:aws:s3:::b/k", False),
        (allow("s3:GetObject", "arn:aws:s3:::b/*_$folder$"), "s3:GetObject", "arn:aws:s3:::b/data_$folder$", True),
        # reference_policies_elements_notaction.html, …_notresource.html
        ({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}, "s3:GetObject", "arn:aws:s3:::b/k", True),
        ({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}, "iam:GetRole", "arn:aws:iam::1:role/r", False),
        (OTHERS_KEYS, "kms:Decrypt", "arn:aws:kms:e:2:key/x", True),
        (OTHERS_KEYS, "kms:Decrypt", "arn:aws:kms:e:1:key/x", False),
    ],
)  # fmt: skip
def test_actions_and_resources(statement: dict[str, Any], action: str, resource: str, allowed: bool) -> None:
    assert judged(Need(action, resource), policy(statement)).allowed is allowed


class TestTrust:
    """confused-deputy.html; reference_policies_elements_principal.html; id_roles_create_for-idp_oidc.html"""

    of_service: ClassVar[dict[str, Any]] = {
        "Statement": {
            "Effect": "Allow",
            "Principal": {"Service": ["glue.amazonaws.com"]},
            "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT}},
        }
    }
    provider = f"arn:aws:iam::{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com"
    of_github: ClassVar[dict[str, Any]] = {
        "Statement": {
            "Effect": "Allow",
            "Principal": {"Federated": provider},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {"StringEquals": {"token.actions.githubusercontent.com:sub": "repo:a/b:ref:refs/heads/main"}},
        }
    }

    @pytest.mark.parametrize(
        ("service", "account", "trusted"),
        [
            ("glue.amazonaws.com", ACCOUNT, True),
            ("glue.amazonaws.com", "111111111111", False),
            ("lambda.amazonaws.com", ACCOUNT, False),
        ],
    )
    def test_a_service_for_this_account_only(self, service: str, account: str, trusted: bool) -> None:
        need = Need("sts:AssumeRole", "role", {"aws:SourceAccount": account})
        assert engine.trusts(self.of_service, service, True, need, REGION, ACCOUNT) is trusted

    @pytest.mark.parametrize(("subject", "trusted"), [("refs/heads/main", True), ("refs/heads/other", False)])
    def test_a_token_of_an_identity_provider(self, subject: str, trusted: bool) -> None:
        claims = {"token.actions.githubusercontent.com:sub": f"repo:a/b:ref:{subject}"}
        need = Need("sts:AssumeRoleWithWebIdentity", "role", claims)
        assert engine.trusts(self.of_github, self.provider, False, need, REGION, ACCOUNT) is trusted

    def test_a_user_isnt_a_service(self) -> None:
        need = Need("sts:AssumeRole", "role", {"aws:SourceAccount": ACCOUNT})
        assert not engine.trusts(self.of_service, CARLOS.arn, False, need, REGION, ACCOUNT)


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        (allow("*", "arn:aws:s3:::b/${aws:username}/*"), "policy variables"),
        (allow("*", Condition={"StringSort": {"a": "b"}}), "the operator StringSort"),
    ],
)
def test_what_the_judge_doesnt_know_it_doesnt_guess(statement: dict[str, Any], message: str) -> None:
    with pytest.raises(engine.UnknownLanguage, match=message):
        judged(Need("s3:GetObject", "arn:aws:s3:::b/k"), policy(statement))
