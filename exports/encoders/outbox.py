"""A file that is taken away while it is being written."""

import io
from typing import Any


class Outbox(io.RawIOBase):
    """For libraries that write to a file: no more of it is held than was written since the last `taken`."""

    def __init__(self) -> None:
        self._held = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._held += data
        return memoryview(data).nbytes

    def taken(self) -> bytes:
        """What was written since this was asked for last."""
        data = bytes(self._held)
        self._held.clear()
        return data
