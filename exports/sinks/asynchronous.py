"""A stream as an ASGI server takes it: chunk by chunk, without its whole body in memory."""

import asyncio
from collections.abc import AsyncIterator
from typing import Protocol

from asgiref.sync import sync_to_async
from django.db import connections

from ..clients import AsgiClient

CHUNK = 64 * 1024
"""Bytes. Each chunk is a hop to the request's thread and back; with smaller ones that takes most time."""


class Readable(Protocol):
    """A stream: an export's, coded or not, or that of a file."""

    def read(self, least: int) -> bytes: ...

    def close(self) -> None: ...


class AsyncBody:
    """An asynchronous iterator over a stream that stays in the thread of its request, with its connection.

    Where it fails, or its task is cancelled, Django neither closes the response nor gives back the thread's
    connection: so this does.
    """

    def __init__(self, stream: Readable, client: AsgiClient) -> None:
        self._stream = stream
        self._client = client
        self._least = 1  # the first bytes leave at once

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        self._client.sending()
        try:
            chunk = await self._client.awaited(lambda: self._stream.read(self._least))
        except BaseException:
            await asyncio.shield(sync_to_async(self._give_back)())
            raise
        self._least = CHUNK
        if not chunk:
            raise StopAsyncIteration
        return chunk

    def close(self) -> None:
        """As the stream's. In the request's thread."""
        self._stream.close()

    def _give_back(self) -> None:
        try:
            self._stream.close()
        finally:
            for connection in connections.all(initialized_only=True):
                if not connection.in_atomic_block:  # a test's, around the request
                    connection.close_if_unusable_or_obsolete()
