"""What is left out of the provider's schema; the life cycle's tests see that Terraform gets along with the rest."""

from __future__ import annotations

from ops.tests.lean_schema import lean


def field(number: int, body: bytes) -> bytes:
    """A field of bytes, shorter than 128."""
    return bytes([number << 3 | 2, len(body)]) + body


def entry(name: str) -> bytes:
    return field(1, name.encode()) + field(2, b"schema of " + name.encode())


def test_types_that_nobody_names_are_left_out_and_all_else_stays() -> None:
    provider, capabilities = field(1, b"provider"), field(6, b"\x08\x01")
    resources = [field(2, entry(name)) for name in ("aws_vpc", "aws_sqs_queue")]
    sources = [field(3, entry(name)) for name in ("aws_caller_identity", "aws_vpc", "aws_ami")]
    answer = b"".join([provider, *resources, *sources, capabilities])
    kept = b"".join([provider, resources[0], *sources[:2], capabilities])
    assert lean(answer, {"aws_vpc", "aws_caller_identity"}) == kept


def test_a_long_entry_is_read_whole() -> None:
    long = bytes([2 << 3 | 2, 0xAC, 0x02]) + field(1, b"aws_vpc") + bytes([2 << 3 | 2, 0xA0, 0x02]) + b"x" * 288
    assert lean(long + field(2, entry("aws_ami")), {"aws_vpc"}) == long
