"""Trino, the engine that Athena is built on: the sandbox's own, on the pinned Java."""
