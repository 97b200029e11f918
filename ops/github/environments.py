"""Whether a deployment's GitHub environment protects its apply.

GitHub makes an environment that a job names and that isn't there, without any protection. So this is asked of GitHub
before a job names it, and again in that job.
"""

from urllib.parse import quote

from ops.errors import CommandError
from ops.github.client import GitHub
from ops.github.deployments import names
from ops.project import Project

BRANCH = "main"


def protected(stack: str, _project: Project) -> None:
    """Raises CommandError unless the environment of the deployment, or of each for 'all', is protected."""
    require(GitHub.from_environment(), names() if stack == "all" else [stack])


def require(github: GitHub, deployments: list[str]) -> None:
    if found := [f"  - {line}" for each in deployments for line in problems(github, each)]:
        listed = "\n".join(found)
        raise CommandError(
            f"An apply wouldn't be protected; nothing was applied.\n{listed}",
            "set that in the repository's Settings, Environments; 'make check-cicd' shows the rest.",
        )


def problems(github: GitHub, name: str) -> list[str]:
    """What is missing, each as a sentence with the setting to change."""
    environment = github.find(f"environments/{quote(name, safe='')}")
    if environment is None:
        return [
            f"There is no environment '{name}': make it, with required reviewers and '{BRANCH}' as its only branch. "
            "(If GitHub made it for a job, it would have no protection.)"
        ]
    return [*_reviewers(name, environment), *_branches(github, name, environment)]


def _reviewers(name: str, environment: dict) -> list[str]:
    rules = environment.get("protection_rules", [])
    if any(rule["type"] == "required_reviewers" and rule.get("reviewers") for rule in rules):
        return []
    return [
        f"The environment '{name}' asks nobody: set 'Required reviewers'. (Isn't it shown? In a private repository it "
        "needs GitHub Enterprise; without it, apply from a workstation.)"
    ]


def _branches(github: GitHub, name: str, environment: dict) -> list[str]:
    fix = f"set 'Deployment branches and tags' to 'Selected branches and tags' with the branch '{BRANCH}' alone."
    policy = environment.get("deployment_branch_policy")
    if not policy:
        return [f"The environment '{name}' takes any branch: {fix}"]
    if not policy["custom_branch_policies"]:
        # It would take any branch as soon as no branch is protected.
        return [f"The environment '{name}' takes every protected branch: {fix}"]
    listed = github.all(f"environments/{quote(name, safe='')}/deployment-branch-policies", "branch_policies")
    patterns = sorted(f"{each.get('type', 'branch')} {each['name']}" for each in listed)
    if patterns != [f"branch {BRANCH}"]:
        return [f"The environment '{name}' takes {', '.join(patterns) or 'no branch'}: {fix}"]
    return []
