"""The workflows' command line, behind make's ci-* targets: ``python3 -m ops.github <command> --stack …``."""

from __future__ import annotations

import argparse
import sys

from ops.errors import CommandError
from ops.github.apply_result import apply_result
from ops.github.check import check
from ops.github.deployments import deployments, target
from ops.github.drift_issue import drift_issue
from ops.github.environments import protected
from ops.github.plan_comment import comment
from ops.github.replacements import allow
from ops.github.review import compare, review
from ops.github.reviewed import reviewed
from ops.project import Project

COMMANDS = {
    "deployments": deployments,
    "target": target,
    "protected": protected,
    "allow": allow,
    "review": review,
    "comment": comment,
    "reviewed": reviewed,
    "compare": compare,
    "apply-result": apply_result,
    "drift-issue": drift_issue,
    "check": check,
}


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="ops.github", description=__doc__)
    parser.add_argument("command", choices=COMMANDS)
    parser.add_argument("--stack", required=True, help="a deployment, or 'all'")
    chosen = parser.parse_args(arguments)
    try:
        COMMANDS[chosen.command](chosen.stack, Project.from_environment())
    except CommandError as error:
        print(f"Error: {error}", file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
