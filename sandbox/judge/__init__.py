"""Judges every call by the policies that are deployed, as AWS would: see docs/permissions.md."""
