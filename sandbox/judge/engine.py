"""Whether policies allow an action on a resource, in AWS's order of evaluation.

Statements, patterns and conditions are matched by MiniStack's evaluator. Which policies there are, and how their
answers make one, is here (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html):
an explicit Deny anywhere decides; else the identity's policies must allow, or within the account the resource's; and a
permissions boundary must allow as well what the identity's policies do.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from ministack.core import iam_evaluator as evaluator

Document = Mapping[str, Any]

# Of the operators those that the evaluator compares as AWS documents them: policies with others are refused.
_OPERATORS = set(evaluator._CONDITION_OPS) | {"null"}


class UnknownLanguage(Exception):
    """A policy uses what the evaluator doesn't know, so its answer would be a guess."""


@dataclass(frozen=True)
class Caller:
    """Who calls: the ARN that AWS's messages name, and the role behind it (empty: the sandbox's administrator)."""

    arn: str
    role: str = ""

    @property
    def kind(self) -> str:
        return "AssumedRole" if ":assumed-role/" in self.arn else "User"


@dataclass(frozen=True)
class Need:
    """An action on a resource that a request needs, with the keys that conditions may ask for."""

    action: str
    resource: str
    context: Mapping[str, str | list[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Policy:
    """A policy document. kind: identity, boundary, resource or trust; name: what it is called where it is deployed."""

    kind: str
    name: str
    document: Document

    @cached_property
    def statements(self) -> list[evaluator.ParsedStatement]:
        check_language(self.name, self.document)
        return evaluator.parse_policy_document(dict(self.document))


@dataclass(frozen=True)
class Verdict:
    """allowed; else why not, in AWS's words (reason), and what of the policies decided or falls short (hint)."""

    allowed: bool
    reason: str = ""
    hint: str = ""
    allowing: tuple[str, ...] = ()  # the Sids of the identity's statements that allow


_KINDS = {
    "identity": "an identity-based policy",
    "boundary": "a permissions boundary",
    "resource": "a resource-based policy",
}


def judge(caller: Caller, need: Need, policies: Sequence[Policy], region: str, account: str) -> Verdict:
    """One need of a caller against the policies that apply: its own, its boundary, and the resource's."""
    context = _context(caller, need, region, account)
    for policy in policies:
        denied = _decision(policy, context)
        if denied.decision == "Deny":
            hint = f"denied by the statement {denied.matched_sid or '(without Sid)'} of {policy.name}"
            return Verdict(False, f"with an explicit deny in {_KINDS[policy.kind]}", hint)
    boundaries = [each for each in policies if each.kind == "boundary"]
    within = not boundaries or any(_decision(each, context).decision == "Allow" for each in boundaries)
    allowing = tuple(_allowing(policies, context))
    if not allowing and within and _named_by_resource(policies, context):
        return Verdict(True)
    if not allowing:
        own = [each for each in policies if each.kind == "identity"]
        reason = f"because no identity-based policy allows the {need.action} action"
        return Verdict(False, reason, _needed(need, own))
    if not within:
        reason = f"because no permissions boundary allows the {need.action} action"
        return Verdict(False, reason, _needed(need, boundaries))
    return Verdict(True, allowing=allowing)


def trusts(document: Document, principal: str, service: bool, need: Need, region: str, account: str) -> bool:
    """Whether a role's trust policy lets a principal assume it.

    principal: the service's name, the identity provider's ARN, or the ARN of a caller in the account.
    """
    check_language("the trust policy", document)
    if service:  # the evaluator takes the account's root for any service: it gets the statements for this one
        of_service = [each for each in statements_of(document) if _names_service(each.get("Principal"), principal)]
        document, principal = {**document, "Statement": of_service}, f"arn:aws:iam::{account}:root"
    context = _context(Caller(principal), need, region, account)
    return evaluator.evaluate_trust_policy(dict(document), principal, context)


def statements_of(document: Document) -> list[dict[str, Any]]:
    found = document.get("Statement", [])
    return [found] if isinstance(found, dict) else list(found)


def check_language(name: str, document: Document) -> None:
    """Raises UnknownLanguage for operators and policy variables that the evaluator wouldn't compare."""
    for statement in statements_of(document):
        where = f"{name}, statement {statement.get('Sid', '')}"
        for operator in statement.get("Condition", {}):
            plain = operator.lower().removesuffix("ifexists")
            plain = plain.removeprefix("forallvalues:").removeprefix("foranyvalue:")
            if plain not in _OPERATORS:
                raise UnknownLanguage(f"{where}: the sandbox's judge doesn't know the operator {operator}")
        if "${" in json.dumps([statement.get(part) for part in ("Resource", "NotResource", "Condition")]):
            raise UnknownLanguage(f"{where}: the sandbox's judge doesn't know policy variables")


def _names_service(principal: Any, service: str) -> bool:
    return principal == "*" or evaluator._service_principal_matches(principal, service)


def _context(caller: Caller, need: Need, region: str, account: str) -> evaluator.EvalContext:
    return evaluator.EvalContext(
        principal_arn=caller.arn,
        principal_type=caller.kind,
        principal_account=account,
        action=need.action,
        resource_arn=need.resource,
        region=region,
        secure_transport=True,  # what the sandbox sends in the clear, on one machine, goes by TLS on AWS
        tag_keys=None,  # type: ignore[arg-type]  # a request without tags has no aws:TagKeys
        service_context={key.lower(): value for key, value in need.context.items()},
    )


def _decision(policy: Policy, context: evaluator.EvalContext) -> evaluator.EvalResult:
    if policy.kind == "resource":
        check_language(policy.name, policy.document)
        return evaluator.evaluate_resource_policy(dict(policy.document), context)
    return evaluator.evaluate(context, [policy.statements])


def _named_by_resource(policies: Iterable[Policy], context: evaluator.EvalContext) -> bool:
    """Whether the resource's policy allows the caller by name: naming the account only leaves it to the identity's."""
    return any(
        evaluator.evaluate_resource_policy(dict(each.document), context, named_only=True).decision == "Allow"
        for each in policies
        if each.kind == "resource"
    )


def _allowing(policies: Iterable[Policy], context: evaluator.EvalContext) -> Iterator[str]:
    for policy in policies:
        if policy.kind == "identity":
            for statement in policy.statements:
                if evaluator.evaluate(context, [[statement]]).decision == "Allow":
                    yield statement.sid


def _needed(need: Need, policies: Sequence[Policy]) -> str:
    """The statement that would have allowed it, and those that name the action and yet don't."""
    statement: dict[str, Any] = {"Effect": "Allow", "Action": need.action, "Resource": need.resource}
    names = " or ".join(each.name for each in policies) or "a policy of its own"
    close = [
        each.sid
        for policy in policies
        for each in policy.statements
        if each.effect == "Allow" and any(evaluator.fnmatch_iam(need.action, pattern) for pattern in each.actions)
    ]
    but = f"; it stands in {', '.join(close)}, for other resources or under another condition" if close else ""
    return f"needed in {names}: {json.dumps(statement)}{but}"
