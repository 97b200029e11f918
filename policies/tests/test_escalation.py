"""No role can give itself, or make for itself, more than it has: the known ways, one by one, by the policies' text.

The ways are those of Rhino Security Labs (https://github.com/RhinoSecurityLabs/AWS-IAM-Privilege-Escalation), those of
services that came later, and those that a permissions boundary brings with it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from policies.tests import documents
from policies.tests.documents import ROLES, Statement, matches

BOUNDARY = "arn:aws:iam::123456789012:policy/acme/acme_execution_boundary"
GROUP_BOUNDARY = "arn:aws:iam::123456789012:policy/acme/acme_group_boundary"
EXECUTION_ROLES = {f"arn:aws:iam::123456789012:role/acme_{name}" for name in ("airflow", "glue", "deadline")}
GROUP_ROLES = {"arn:aws:iam::123456789012:role/acme_finance"}
OWN_TAG = ("acme",)


@dataclass(frozen=True)
class Way:
    """Something that takes all of these actions together; only the apply role may have them, and only as limited."""

    name: str
    actions: tuple[str, ...]
    # The limit that makes the way harmless where the apply role has the actions, and how to see it in a statement.
    limit: str = ""
    limited: Callable[[Statement], bool] = lambda statement: False


def _bounded(statement: Statement) -> bool:
    limits = {BOUNDARY: EXECUTION_ROLES, GROUP_BOUNDARY: GROUP_ROLES}
    (boundary,) = statement.condition("iam:PermissionsBoundary") or ("",)
    return set(statement.resources) == limits.get(boundary)


def _passes_execution_roles(statement: Statement) -> bool:
    services = set(statement.condition("iam:PassedToService"))
    known = {f"{name}.amazonaws.com" for name in ("airflow", "airflow-env", "glue", "scheduler")}
    return services == known and set(statement.resources) == EXECUTION_ROLES


def _way(name: str, *actions: str) -> Way:
    return Way(name, actions)


_JOB = "the only roles to pass are the execution roles, which end at the boundary"
WAYS = [
    # Changing what an identity may do.
    _way("a new default version of a policy", "iam:CreatePolicyVersion"),
    _way("an old version of a policy", "iam:SetDefaultPolicyVersion"),
    _way("a policy attached to the role", "iam:AttachRolePolicy"),
    _way("a policy attached to a user", "iam:AttachUserPolicy"),
    _way("a policy attached to a group", "iam:AttachGroupPolicy"),
    Way(
        "an inline policy of a role",
        ("iam:PutRolePolicy",),
        "only the execution roles and the groups' roles, each within its boundary",
        _bounded,
    ),
    _way("an inline policy of a user", "iam:PutUserPolicy"),
    _way("an inline policy of a group", "iam:PutGroupPolicy"),
    _way("the membership in a group", "iam:AddUserToGroup"),
    _way("the boundary taken away from a role", "iam:DeleteRolePermissionsBoundary"),
    _way("another boundary for a role", "iam:PutRolePermissionsBoundary"),
    _way("the boundary's policy deleted", "iam:DeletePolicy"),
    # Becoming another identity.
    _way("another trust policy of a role", "iam:UpdateAssumeRolePolicy"),
    _way("a new role that trusts the attacker", "iam:CreateRole"),
    _way("a role deleted to be made anew", "iam:DeleteRole"),
    _way("assuming another role", "sts:AssumeRole"),
    _way("access keys of a user", "iam:CreateAccessKey"),
    _way("a console password of a user", "iam:CreateLoginProfile"),
    _way("another console password of a user", "iam:UpdateLoginProfile"),
    _way("service credentials of a user", "iam:CreateServiceSpecificCredential"),
    _way("another identity provider", "iam:CreateOpenIDConnectProvider"),
    _way("the provider's audience", "iam:AddClientIDToOpenIDConnectProvider"),
    _way("the provider's certificate", "iam:UpdateOpenIDConnectProviderThumbprint"),
    _way("another SAML provider", "iam:UpdateSAMLProvider"),
    _way("an instance profile with another role", "iam:AddRoleToInstanceProfile"),
    # Passing a role to something that runs code of ours.
    Way("Glue: a job with another role", ("iam:PassRole", "glue:CreateJob"), _JOB, _passes_execution_roles),
    Way("Glue: a job's script or role changed", ("iam:PassRole", "glue:UpdateJob"), _JOB, _passes_execution_roles),
    Way("Glue: a crawler with another role", ("iam:PassRole", "glue:CreateCrawler"), _JOB, _passes_execution_roles),
    _way("Glue: a development endpoint", "glue:CreateDevEndpoint"),
    _way("Glue: keys for a development endpoint", "glue:UpdateDevEndpoint"),
    _way("Glue: an interactive session", "glue:CreateSession"),
    Way(
        "Airflow: an environment with another role",
        ("iam:PassRole", "airflow:CreateEnvironment"),
        _JOB,
        _passes_execution_roles,
    ),
    _way("Airflow: a token for the web UI", "airflow:CreateWebLoginToken"),
    _way("Airflow: a token for the command line", "airflow:CreateCliToken"),
    _way("Airflow: its REST API", "airflow:InvokeRestApi"),
    _way("EC2: an instance with a role", "ec2:RunInstances"),
    _way("EC2: a role for an instance", "ec2:AssociateIamInstanceProfile"),
    _way("EC2: an instance's user data", "ec2:ModifyInstanceAttribute"),
    _way("EC2: a launch template's new version", "ec2:CreateLaunchTemplateVersion"),
    _way("EC2: a key into an instance", "ec2-instance-connect:SendSSHPublicKey"),
    _way("SSM: a command on an instance", "ssm:SendCommand"),
    _way("SSM: a session on an instance", "ssm:StartSession"),
    _way("Lambda: a function with a role", "lambda:CreateFunction"),
    _way("Lambda: a function's code", "lambda:UpdateFunctionCode"),
    _way("Lambda: a function's layers", "lambda:UpdateFunctionConfiguration"),
    _way("Lambda: a function open to others", "lambda:AddPermission"),
    _way("CloudFormation: a stack with a role", "cloudformation:CreateStack"),
    _way("CloudFormation: a stack's template", "cloudformation:UpdateStack"),
    _way("CloudFormation: a change set", "cloudformation:CreateChangeSet"),
    _way("CodeBuild: a project with a role", "codebuild:CreateProject"),
    _way("CodeBuild: a build with other commands", "codebuild:StartBuild"),
    _way("CodeStar: a project", "codestar:CreateProject"),
    _way("Data Pipeline: a pipeline with a role", "datapipeline:CreatePipeline"),
    _way("ECS: a task with a role", "ecs:RegisterTaskDefinition"),
    _way("SageMaker: a notebook with a role", "sagemaker:CreateNotebookInstance"),
    _way("SageMaker: a notebook's address", "sagemaker:CreatePresignedNotebookInstanceUrl"),
    _way("SageMaker: a processing job with a role", "sagemaker:CreateProcessingJob"),
    _way("Step Functions: a state machine with a role", "states:CreateStateMachine"),
    Way(
        "EventBridge: a schedule with a role",
        ("iam:PassRole", "scheduler:CreateSchedule"),
        _JOB,
        _passes_execution_roles,
    ),
    _way("Batch: a job with a role", "batch:RegisterJobDefinition"),
    _way("AppRunner: a service with a role", "apprunner:CreateService"),
    _way("Bedrock: a code interpreter with a role", "bedrock-agentcore:CreateCodeInterpreter"),
]


@pytest.mark.parametrize("role", ROLES)
def test_ways_up_are_closed(role: str) -> None:
    granted = documents.of_role(role)
    open_ways, told = [], []
    for way in WAYS:
        lacking = [action for action in way.actions if not any(each.grants(action) for each in granted)]
        if lacking:
            told.append(f"  {way.name}: has no {', '.join(lacking)}")
            continue
        # One limited action closes a way that needs them all.
        holding = [each for each in granted if each.grants(way.actions[0])]
        if role == "apply" and all(way.limited(each) for each in holding):
            told.append(f"  {way.name}: {way.limit} ({', '.join(each.sid for each in holding)})")
        else:
            open_ways.append(f"{way.name}: {', '.join(way.actions)}")
    print(f"\n{role}: {len(told)} of {len(WAYS)} ways closed")
    if role == "apply":
        print("\n".join(told))
    assert open_ways == []


def test_iam_is_granted_to_the_apply_role_by_name_and_action() -> None:
    """Every IAM action of any role is one of these: a new one has to be thought about here"""
    known = {
        "iam:CreateServiceLinkedRole",
        "iam:DeleteRolePolicy",
        "iam:PassRole",
        "iam:PutRolePolicy",
        "iam:TagRole",
        "iam:UntagRole",
        "iam:UpdateRole",
        "iam:UpdateRoleDescription",
    }
    for role in ROLES:
        for statement in documents.of_role(role):
            for action in statement.actions:
                if action.startswith(("iam:", "sts:", "*")):
                    reads = action.startswith(("iam:Get", "iam:List"))
                    assert reads or (role == "apply" and action in known), f"{role}: {statement.sid}: {action}"
                    assert not any(arn == "*" for arn in statement.resources), f"{role}: {statement.sid}"


def test_the_apply_role_touches_neither_its_own_roles_nor_the_boundary() -> None:
    protected = [
        "arn:aws:iam::123456789012:role/acme_plan",
        "arn:aws:iam::123456789012:role/acme_apply",
        "arn:aws:iam::123456789012:policy/acme/acme_apply_1",
        "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com",
        BOUNDARY,
        GROUP_BOUNDARY,
        "arn:aws:iam::123456789012:policy/acme/acme_sales",
    ]
    for statement in documents.statements("cicd-apply-policy"):
        if any(action.startswith("iam:") for action in statement.actions):
            for arn in protected:
                assert not any(matches(pattern, arn) for pattern in statement.resources), f"{statement.sid}: {arn}"


def test_network_changes_need_the_deployments_tag() -> None:
    """What exists is changed only with the tag, what is made gets it, and no tag is put on what is somebody else's"""
    # Parts without a tag of ours that are made in our network, and those that the stack found and shares.
    untagged = {"MakeInterfacesAndRules", "UseSharedNetwork"}
    for statement in documents.statements("cicd-apply-policy"):
        if not statement.actions[0].startswith("ec2:"):
            continue
        tagged = statement.condition("aws:ResourceTag/deployment") + statement.condition("aws:RequestTag/deployment")
        made_with_it = bool(statement.condition("ec2:CreateAction"))
        assert tagged == OWN_TAG or made_with_it or statement.sid in untagged, statement.sid
        if statement.sid in untagged:
            assert not any(
                matches(arn, "arn:aws:ec2:eu-central-1:123456789012:vpc/other") for arn in statement.resources
            )
            assert not statement.grants("ec2:DeleteVpc"), statement.sid
        if statement.condition("aws:RequestTag/deployment"):
            # Else a tag in the request would open what the new part is made in: CreateSubnet on any VPC.
            assert not statement.grants("ec2:AuthorizeSecurityGroupIngress"), statement.sid
            parents = {"ec2:CreateSubnet": "vpc/", "ec2:CreateNatGateway": "subnet/", "ec2:CreateVpcEndpoint": "vpc/"}
            for action, parent in parents.items():
                if statement.grants(action):
                    assert not any(parent in arn for arn in statement.resources), f"{statement.sid}: {action}"
