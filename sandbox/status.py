"""``make sandbox-status``: what of the sandbox is running."""

from __future__ import annotations

from sandbox import lifecycle, processes, ui
from sandbox.settings import Settings


def show(settings: Settings) -> int:
    """Prints it; returns 0 when the service is running, 3 when it isn't."""
    service = lifecycle.find(settings)
    count = len(processes.ours(settings.home))
    if not service:
        leftovers = f" {count} processes are left over: 'make sandbox-down' ends them." if count else ""
        print(f"The sandbox isn't running.{leftovers}")
        return 3
    status = service.status()
    print(f"AWS endpoint   {service.settings.endpoint} (region {service.region})")
    print(
        f"Spark JVM      {'running' if status['spark'] else 'not running'}, {status['active_runs']} job runs under way"
    )
    print(f"Trino          {'running' if status['trino'] else 'not running'}")
    print(f"Airflow's UI   {ui.address(settings) or 'not running'}")
    print(f"Processes      {count}, {processes.memory(settings.home) / 1e9:.1f} GB")
    stacks = sorted(path.stem for path in (settings.home / "stacks").glob("*.applied"))
    print(f"Stacks         {', '.join(stacks) or 'none'}")
    return 0
