"""Failures with a message for whoever reads the failed run: Glue shows it as the run's error message.

The class is part of that message ("RawFileRefused: …"): the DAG doesn't try again what can't be mended by it.
"""


class JobError(Exception):
    """The job can't go on; another try may. The message says what is wrong, where, and what to do next."""


class BadArguments(JobError):
    """The job was called wrongly. Permanent."""


class RawFileRefused(JobError):
    """The raw file as a whole can't be read right, so none of it is. Permanent."""


class TooManyBadRows(JobError):
    """More rows were quarantined than the run allows. Permanent."""
