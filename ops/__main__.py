"""The command line: ``python3 -m ops <command> --stack <deployment>``. The make targets are its users."""

from __future__ import annotations

import argparse
import sys
from importlib import import_module
from typing import Any

from ops.errors import CommandError
from ops.project import Project
from ops.terraform import Interrupted, Terraform

EXIT_CODES = """\
exit codes:
  0  done (drift: none)
  1  failed, with the reason and the next step (drift: could not tell)
  2  drift: there is some, listed
  3  plan: it would replace or delete a protected resource that ALLOW_REPLACE doesn't name
  128 + signal  ended early: 130 by Ctrl-C, 143 by a termination; the last line says how to go on
"""
COMMANDS = ("init", "contract", "cost", "plan", "apply", "destroy", "drift", "bootstrap", "import", "lock", "unlock")


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="ops",
        description=__doc__,
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("command", choices=COMMANDS)
    parser.add_argument("--stack", required=True, help="a deployment; 'all' for plan and drift")
    parser.add_argument("--lock-id", help="unlock: the lock's id, as the message about it shows")
    chosen = parser.parse_args(arguments)
    try:
        return _run(chosen)
    except CommandError as error:
        print(f"Error: {error}" if "\n  |" not in f"\n{error}" else str(error), file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("Error: interrupted while nothing was being changed.\n  Next: run the command again.", file=sys.stderr)
        return 130


def _run(chosen: argparse.Namespace) -> int:
    project = Project.from_environment()
    if chosen.command == "plan":
        return _of("plan").plan_all(project.stacks(chosen.stack))
    if chosen.command == "drift":
        drift = _of("drift")
        try:
            return drift.drift_all(project.stacks(chosen.stack))
        except Interrupted:
            raise
        except CommandError as error:
            print(error, file=sys.stderr)
            return drift.EXIT_UNKNOWN
    if chosen.stack == "all":
        raise CommandError(f"'{chosen.command}' works on one deployment.", "name it: STACK=<deployment>.")
    if chosen.command == "bootstrap":
        _of("bootstrap").bootstrap(project, chosen.stack)
        return 0
    stack = project.stack(chosen.stack)
    if chosen.command == "unlock":
        _of("lock").unlock(stack, chosen.lock_id)
        return 0
    actions = {
        "contract": lambda each: _of("contract").renew(each),
        "cost": lambda each: _of("cost_report").show(each),
        "init": lambda each: Terraform(each).init(),
        "apply": lambda each: _of("apply").apply(each),
        "destroy": lambda each: _of("destroy").destroy(each),
        "import": lambda each: _of("adopt").adopt(each),
        "lock": lambda each: _of("lock").provider_lock(each),
    }
    actions[chosen.command](stack)
    return 0


def _of(module: str) -> Any:
    """A command's module, loaded when it is asked for: AWS's client, tables and SQL take most of a second together."""
    return import_module(f"ops.{module}")


if __name__ == "__main__":
    sys.exit(main())
