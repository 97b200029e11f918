"""Terraform's life cycle for the deployments: what ``make plan``, ``apply``, ``drift`` and ``destroy`` run.

Standard library only, so that planning needs nothing but Python and Terraform.
"""
