"""The workflows' command line, behind make's ci-* targets: ``python3 -m ops.github <command> --stack …``."""

from __future__ import annotations

import argparse
import sys

from ops.errors import OpsError
from ops.github.deployments import allowed, deployments, target
from ops.github.drift_issue import drift_issue
from ops.github.plan_comment import comment
from ops.github.review import compare, review
from ops.github.reviewed import reviewed
from ops.project import Project

COMMANDS = {
    "deployments": deployments,
    "target": target,
    "allowed": allowed,
    "review": review,
    "comment": comment,
    "reviewed": reviewed,
    "compare": compare,
    "drift-issue": drift_issue,
}


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="ops.github", description=__doc__)
    parser.add_argument("command", choices=COMMANDS)
    parser.add_argument("--stack", required=True, help="a deployment; 'all' for reviewed")
    chosen = parser.parse_args(arguments)
    try:
        COMMANDS[chosen.command](chosen.stack, Project.from_environment())
    except OpsError as error:
        print(f"Error: {error}", file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
