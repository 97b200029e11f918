"""Failures with a message for whoever reads the failed run: Glue shows it as the run's error message."""


class JobError(Exception):
    """The job can't go on. The message says what is wrong, where, and what to do next."""


class RawFileRefused(JobError):
    """The raw file as a whole can't be read right, so none of it is."""


class TooManyBadRows(JobError):
    """More rows were quarantined than the run allows."""
