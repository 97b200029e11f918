"""``make check-cicd``: whether GitHub is set up so that the workflows can plan and apply, and only after a review.

For a person with administrator's rights on the repository, signed in to ``gh``. Whether AWS really lets the workflows
in can only be seen from GitHub: the workflow Check signs in with each role.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from ops.errors import CommandError
from ops.github import environments
from ops.github.client import GitHub
from ops.github.deployments import role_of
from ops.project import Project, Stack

BRANCH = environments.BRANCH
CHECKS = ("All planned", "lint", "test")
_ISSUER = "token.actions.githubusercontent.com"
# Repositories made since then send subjects with the owner's and the repository's numbers; older ones do so once they
# are renamed or moved. github.blog/changelog/2026-04-23-immutable-subject-claims-for-github-actions-oidc-tokens
_NUMBERED_SINCE = "2026-07-15"


@dataclass(frozen=True)
class Repository:
    """What GitHub says of the repository as a whole."""

    github: GitHub
    document: dict[str, Any]
    variables: dict[str, str]

    def subjects(self, rest: str) -> list[str]:
        """The subjects that its identity tokens may have, in the old form and with numbers."""
        owner, name = self.document["full_name"].split("/")
        numbered = f"{owner}@{self.document['owner']['id']}/{name}@{self.document['id']}"
        forms = [f"repo:{numbered}:{rest}"]
        return forms if self.document["created_at"] >= _NUMBERED_SINCE else [f"repo:{owner}/{name}:{rest}", *forms]


def check(stack: str, project: Project) -> None:
    """Prints what is in order; raises CommandError with what isn't, where to set it and how."""
    github = GitHub.of_checkout()
    repository = Repository(
        github, github.one(""), _variables(github, "actions/variables", "actions/organization-variables")
    )
    found: list[str] = []
    for title, problems in _checks(repository, project.stacks(stack)):
        print(f"{title}: {f'{len(problems)} to mend' if problems else 'ok'}")
        found += problems
    if found:
        listed = "\n".join(f"  - {line}" for line in found)
        raise CommandError(
            f"{github.repository} isn't set up for the workflows.\n{listed}", "docs/workflows.md, 'Setting up'."
        )
    print(f"Now see AWS's side: gh workflow run check.yml, then approve it ({github.repository}).")


def _checks(repository: Repository, stacks: list[Stack]) -> Iterator[tuple[str, list[str]]]:
    for stack in stacks:
        yield f"{stack.name}: roles and sign-in", _sign_in(repository, stack)
        yield f"{stack.name}: environment", environments.problems(repository.github, stack.name)
        if _roles(stack):
            yield f"{stack.name}: variables", _role_values(repository, stack)
    yield f"protection of {BRANCH}", _branch(repository.github)
    yield "CODEOWNERS", _code_owners(repository.github)


def _sign_in(repository: Repository, stack: Stack) -> list[str]:
    roles = _roles(stack)
    if not roles:
        config = f"config/{stack.name}.yaml"
        return [f"{config} has no section cicd, so there are no roles: set cicd.github_repository and apply it."]
    template = repository.github.find("actions/oidc/customization/sub")
    if template and not template.get("use_default", True):
        return [
            "The subjects of the repository's identity tokens are customised, and the roles expect the default: "
            f"gh api -X PUT repos/{repository.github.repository}/actions/oidc/customization/sub -F use_default=true"
        ]
    wanted = {"plan": ["pull_request", f"ref:refs/heads/{BRANCH}"], "apply": [f"environment:{stack.name}"]}
    return [
        f"The role {role['name']} trusts none of the subjects that GitHub sends: {' or '.join(subjects)}. Correct the "
        f"section cicd of config/{stack.name}.yaml (the repository's name and numbers) and apply it from a workstation."
        for access, role in roles.items()
        for subjects in map(repository.subjects, wanted[access])
        if not set(subjects) & _trusted(role)
    ]


def _role_values(repository: Repository, stack: Stack) -> list[str]:
    environment, lacking = f"environments/{quote(stack.name, safe='')}/variables", []
    variables = {**repository.variables, **_variables(repository.github, environment)}
    for access, name in ((access, role["name"]) for access, role in _roles(stack).items()):
        own, general, value = role_of(access, stack.name, variables)
        where = "" if access == "plan" else f" --env {stack.name}"
        fix = f"gh variable set {own}{where} --body arn:aws:iam::<account>:role/{name}"
        if not value:
            lacking.append(f"Neither of the variables {own} and {general} is set: {fix}")
        elif not value.endswith(f":role/{name}"):
            told = f"The variable for the {access} role of '{stack.name}' is '{value}', not the ARN of {name}"
            lacking.append(f"{told}: {fix}")
    return lacking


def _branch(github: GitHub) -> list[str]:
    """Rules of rulesets and of the older branch protection count together, as on GitHub."""
    rules = github.all(f"rules/branches/{BRANCH}")
    reviews = [rule["parameters"] for rule in rules if rule["type"] == "pull_request"]
    required = {
        each["context"]
        for rule in rules
        if rule["type"] == "required_status_checks"
        for each in rule["parameters"]["required_status_checks"]
    }
    older = github.find(f"branches/{BRANCH}/protection") or {}
    required |= set(older.get("required_status_checks", {}).get("contexts", []))
    if review := older.get("required_pull_request_reviews"):
        reviews.append(
            {
                "required_approving_review_count": review.get("required_approving_review_count", 0),
                "dismiss_stale_reviews_on_push": review["dismiss_stale_reviews"],
                "require_code_owner_review": review["require_code_owner_reviews"],
            }
        )
    where = f"Settings, Rules, a branch ruleset for {BRANCH}"
    wanted = {
        "required_approving_review_count": "Require a pull request before merging, with an approval",
        "dismiss_stale_reviews_on_push": "Dismiss stale pull request approvals when new commits are pushed",
        "require_code_owner_review": "Require review from Code Owners",
    }
    lacking = [label for key, label in wanted.items() if not any(each.get(key) for each in reviews)]
    lacking += [f"Require status checks to pass: {name}" for name in CHECKS if name not in required]
    return [f"{where}: set '{each}'." for each in lacking]


def _code_owners(github: GitHub) -> list[str]:
    found = github.find("codeowners/errors")
    if found is None:
        return [f"GitHub finds no CODEOWNERS file on {BRANCH}: merge .github/CODEOWNERS."]
    return [
        f"{each['path']}, line {each['line']}: {each['kind']}. Name people or teams that may write to the repository; "
        "until then nobody owns those files."
        for each in found["errors"]
    ]


def _roles(stack: Stack) -> dict[str, dict[str, Any]]:
    """The workflows' roles in the synthesised stack, by what they do."""
    found = {}
    for role in stack.document.get("resource", {}).get("aws_iam_role", {}).values():
        access = role["name"].rpartition("_")[2]
        if _ISSUER in role["assume_role_policy"] and access in ("plan", "apply"):
            found[access] = role
    return found


def _trusted(role: dict[str, Any]) -> set[str]:
    """The subjects that the role's trust policy names."""
    subjects: set[str] = set()
    for statement in json.loads(role["assume_role_policy"])["Statement"]:
        for values in statement.get("Condition", {}).values():
            named = values.get(f"{_ISSUER}:sub", [])
            subjects |= {named} if isinstance(named, str) else set(named)
    return subjects


def _variables(github: GitHub, *paths: str) -> dict[str, str]:
    """Variables by name; the first path's win. A path that isn't there, such as a person's organisation, has none."""
    found: dict[str, str] = {}
    for path in reversed(paths):
        if github.find(path) is not None:
            found |= {each["name"]: each["value"] for each in github.all(path, "variables")}
    return found
