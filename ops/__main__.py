"""The command line: ``python3 -m ops <command> --stack <deployment>``. The make targets are its users."""

import argparse
import sys
from collections.abc import Callable
from datetime import date
from importlib import import_module

from ops.errors import CommandError
from ops.project import Project, Stack

EXIT_CODES = """\
exit codes:
  0  done (drift: none)
  1  failed, with the reason and the next step (drift: could not tell)
  2  drift: there is some, listed
  3  plan: it would replace or delete a protected resource that ALLOW_REPLACE doesn't name
  128 + signal  ended early: 130 by Ctrl-C, 143 by a termination; the last line says how to go on
"""
# The function of each command, loaded when it is asked for: AWS's client, tables and SQL take most of a second
# together. These take the stacks, the next ones a stack and the options named behind them.
OF_STACKS = {"plan": "plan:plan_all", "drift": "drift:drift_all"}
OF_A_STACK = {
    "contract": ("contract:renew",),
    "cost": ("cost_report:show",),
    "apply": ("apply:apply",),
    "destroy": ("destroy:destroy",),
    "bootstrap": ("bootstrap:bootstrap",),
    "import": ("adopt:adopt",),
    "lock": ("lock:provider_lock",),
    "unlock": ("lock:unlock", "lock_id"),
    "forget": ("forget:forget", "poll"),
    "airflow-status": ("airflow.commands:status",),
    "airflow-trigger": ("airflow.commands:trigger", "date"),
    "airflow-logs": ("airflow.commands:logs", "date", "task"),
    "verify": ("airflow.commands:verify", "date", "wait", "poll"),
}
# Of the workflows, in which there needn't be a synthesised stack: they take the name and the project, and need no
# library.
OF_GITHUB = {
    "check-cicd": "github.check:check",
    "ci-deployments": "github.deployments:deployments",
    "ci-protected": "github.environments:protected",
    "ci-target": "github.deployments:target",
    "ci-allow": "github.replacements:allow",
    "ci-review": "github.review:review",
    "ci-comment": "github.plan_comment:comment",
    "ci-reviewed": "github.reviewed:reviewed",
    "ci-compare": "github.review:compare",
    "ci-apply-result": "github.apply_result:apply_result",
    "ci-drift-issue": "github.drift_issue:drift_issue",
}


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="ops",
        description=__doc__,
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("command", choices=[*OF_STACKS, *OF_A_STACK, *OF_GITHUB])
    parser.add_argument("--stack", required=True, help="a deployment; 'all' for plan, drift and ci-*")
    parser.add_argument("--lock-id", help="unlock: the lock's id, as the message about it shows")
    parser.add_argument("--date", type=_day, help="YYYY-MM-DD")
    parser.add_argument("--task", default="", help="airflow-logs: whose")
    parser.add_argument("--wait", type=float, default=120, help="verify: minutes to wait for a run")
    parser.add_argument("--poll", type=float, default=10, help="verify, forget: seconds between two looks at a run")
    chosen = parser.parse_args(arguments)
    try:
        return _run(chosen) or 0
    except CommandError as error:
        print(error if str(error).startswith("  |") else f"Error: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("Error: interrupted; what was started on AWS goes on by itself.\n  Next: run it again.", file=sys.stderr)
        return 130


def _run(chosen: argparse.Namespace) -> int | None:
    project = Project.from_environment()
    if chosen.command in OF_GITHUB:
        return _function(OF_GITHUB[chosen.command])(chosen.stack, project)
    if chosen.command in OF_STACKS:
        return _function(OF_STACKS[chosen.command])(project.stacks(chosen.stack))
    if chosen.stack == "all":
        raise CommandError(f"'{chosen.command}' works on one deployment.", "name it: STACK=<deployment>.")
    name, *options = OF_A_STACK[chosen.command]
    # A bucket can be made for a deployment's state before there is anything else of it.
    stack = Stack(chosen.stack, project) if chosen.command == "bootstrap" else project.stack(chosen.stack)
    return _function(name)(stack, **{option: getattr(chosen, option) for option in options})


def _function(name: str) -> Callable[..., int | None]:
    module, _, function = name.partition(":")
    return getattr(import_module(f"ops.{module}"), function)


def _day(value: str) -> date | None:
    try:
        return date.fromisoformat(value) if value else None
    except ValueError:
        raise argparse.ArgumentTypeError(f"DATE={value} isn't a day; give it as YYYY-MM-DD.") from None


if __name__ == "__main__":
    sys.exit(main())
