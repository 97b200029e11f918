"""What a day's jobs cost on AWS Glue, by its billing rules and the seconds that were measured here.

Each run is billed for its workers' DPUs by the second, at least a minute, without start-up:
https://aws.amazon.com/glue/pricing/ (0.44 dollars a DPU-hour in eu-central-1, as of November 2026). A G.1X worker is
one DPU, 4 cores and 16 GB: https://docs.aws.amazon.com/glue/latest/dg/add-job.html. Two workers, the stack's default,
are a driver and an executor of four cores. A run there is taken to need the seconds that it needs on this machine.
"""

import math
from collections.abc import Sequence

DOLLARS_A_DPU_HOUR = 0.44
LEAST_SECONDS = 60
WORKERS = 2

# Five jobs that judged the whole raw file each (the release before the judge), measured together on the same kind of
# machine: 2 cores, a heap of 2 GiB.
FIVE_JUDGING_JOBS = {1_101: 5.0, 100_372: 10.5, 10_000_000: 437.3}


def dpu_seconds(runs: Sequence[float]) -> int:
    """Of runs that took so many seconds each."""
    return sum(WORKERS * max(LEAST_SECONDS, math.ceil(seconds)) for seconds in runs)


def dollars(dpu_seconds: int) -> float:
    return dpu_seconds / 3600 * DOLLARS_A_DPU_HOUR


def table(jobs: dict[int, Sequence[float]]) -> list[str]:
    """Lines for days of so many rows, whose six jobs took so long each; beside them the five judging jobs' days."""
    lines = [f"{'rows':>11}   {'jobs':22} {'DPU-seconds':>12} {'dollars a day':>14}"]
    for rows, seconds in jobs.items():
        ways = [("judge, 5 projections", seconds)]
        if rows in FIVE_JUDGING_JOBS:
            ways.insert(0, ("5 that judge (before)", [FIVE_JUDGING_JOBS[rows] / 5] * 5))
        for name, runs in ways:
            billed = dpu_seconds(runs)
            lines.append(f"{rows:>11,}   {name:22} {billed:>12,} {dollars(billed):>14.4f}")
    return lines
