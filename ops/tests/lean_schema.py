"""Stands between Terraform and a running provider, and leaves out of its schema what no stack at hand names.

    python -m ops.tests.lean_schema <the provider's socket> <the socket to listen on> <folder of the stacks>

Terraform reads the schemas of all resource types of AWS (5 MB) at nearly every command, which costs it most of a
command's processor time; a stack names some forty of them. All else passes through byte by byte. A type that is missing
here ends the command with Terraform's own error: nothing is taken for right by it.
"""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path
from typing import Any

import grpc

from ops import lookup

# Fields of GetProviderSchema's answer that list schemas by name: resources, data sources, functions, ephemeral
# resources (github.com/hashicorp/terraform, docs/plugin-protocol/tfplugin5.proto).
BY_NAME = {2, 3, 7, 8}
# The only wire type in the answer (protobuf.dev/programming-guides/encoding).
_BYTES = 2
_PROVIDER = "/tfplugin5.Provider/"
_NO_LIMIT = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]

Call = Callable[[Any], Any]


def lean(schema: bytes, types: set[str]) -> bytes:
    """The answer to GetProviderSchema with these types alone."""
    kept, end = [], 0
    while end < len(schema):
        begin = end
        tag, start = _number(schema, begin)
        assert tag & 7 == _BYTES, "the provider's answer has another form than tfplugin5.proto says"
        size, start = _number(schema, start)
        end = start + size
        if tag >> 3 in BY_NAME:  # an entry: its key is field 1, its schema field 2
            length, name = _number(schema, start + 1)
            if schema[name : name + length].decode() not in types:
                continue
        kept.append(schema[begin:end])
    return b"".join(kept)


def _number(data: bytes, position: int) -> tuple[int, int]:
    """The variable-length integer there, and the position after it."""
    value = shift = 0
    while True:
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
        shift += 7


class GoBetween(grpc.GenericRpcHandler):
    """Passes every call on. stacks: the folder with a folder for each stack."""

    def __init__(self, provider: grpc.aio.Channel, stacks: Path) -> None:
        self._provider, self._stacks = provider, stacks
        # Beside what the stacks name: what is looked up by tags, in folders of its own.
        self._types, self._schema = {source for source, *_ in lookup.SOURCES.values()}, b""

    def service(self, details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler:
        method = details.method
        if not method.startswith(_PROVIDER):  # what go-plugin keeps open beside the calls
            return grpc.stream_stream_rpc_method_handler(partial(_streamed, self._provider.stream_stream(method)))
        call = self._provider.unary_unary(method)
        answer = self._lean if method == f"{_PROVIDER}GetSchema" else _passed
        return grpc.unary_unary_rpc_method_handler(partial(answer, call))

    async def _lean(self, call: Call, message: bytes, _context: grpc.aio.ServicerContext) -> bytes:
        self._schema = self._schema or await call(message)
        return lean(self._schema, self._named())

    def _named(self) -> set[str]:
        """The types that stacks have named so far: what a stack no longer names may still have to be destroyed."""
        for path in self._stacks.glob("*/*.tf.json"):
            self._types.update(re.findall(r'"(aws_\w+)"', path.read_text(encoding="utf-8")))
        return self._types


async def _passed(call: Call, message: bytes, context: grpc.aio.ServicerContext) -> bytes:
    """The provider's answer, or its error."""
    try:
        return await call(message)
    except grpc.aio.AioRpcError as error:
        await context.abort(error.code(), error.details() or "")


async def _streamed(
    call: Call, messages: AsyncIterator[bytes], _context: grpc.aio.ServicerContext
) -> AsyncIterator[bytes]:
    """The provider's answers while they come; its stream ends with Terraform's."""
    answers = call(messages)
    try:
        async for answer in answers:
            yield answer
    finally:
        answers.cancel()


async def main(provider: str, own: str, stacks: str) -> None:
    async with grpc.aio.insecure_channel(f"unix:{provider}", options=_NO_LIMIT) as channel:
        server = grpc.aio.server(options=_NO_LIMIT)
        server.add_generic_rpc_handlers([GoBetween(channel, Path(stacks))])
        server.add_insecure_port(f"unix:{own}")
        await server.start()
        print("ready", flush=True)
        await server.wait_for_termination()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
