"""Runs the DAG's own tasks for the drill, in the Airflow environment: the task's code as the worker calls it, and what
the triggerer does between. A run names its `task`, and the `day`, `source_key` and `raw_file` that it is about.

run_tasks.py <folder of the DAGs>
"""

from __future__ import annotations

import asyncio
import json
import sys
import traceback
from datetime import datetime
from inspect import signature
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import forks
from airflow.dag_processing.dagbag import DagBag
from airflow.sdk.exceptions import TaskDeferred

DAGS = sys.argv[1]


def run(given: dict[str, Any]) -> None:
    error = ""
    try:
        _run(DAG.get_task(given["task"]), given)
    except Exception as failure:
        traceback.print_exc()
        error = f"{type(failure).__name__}: {failure}"
    Path(given["result"]).write_text(json.dumps({"error": error}))


def _run(task: Any, given: dict[str, Any]) -> None:
    if hasattr(task, "python_callable"):
        moment = datetime.fromisoformat(f"{given['day']}T07:00:00+03:00")
        context = {
            "params": {"run_date": given["day"], "rows": None, "seed": None, "source_key": given["source_key"]},
            "dag_run": SimpleNamespace(logical_date=moment, run_after=moment, start_date=moment),
            "ti": SimpleNamespace(xcom_pull=lambda task_ids: given["raw_file"]),
        }
        task.python_callable(**{name: context[name] for name in signature(task.python_callable).parameters})
        return
    task.partition = (task.partition[0], given["day"])
    method, arguments = "execute", {}
    while True:
        try:
            getattr(task, method)({}, **arguments)
            return
        except TaskDeferred as deferred:
            method, arguments = deferred.method_name, {"event": asyncio.run(_first_event(deferred.trigger))}


async def _first_event(trigger: Any) -> dict[str, Any]:
    return (await anext(trigger.run())).payload


if __name__ == "__main__":
    bag = DagBag(DAGS)
    assert not bag.import_errors, bag.import_errors
    (DAG,) = bag.dags.values()
    forks.serve(run)
