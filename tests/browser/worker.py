"""A worker that stops in the middle of a file until it is told to go on."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import connections

from exports.jobs import heartbeat, storage, work

SECONDS = 60


class HeldWorker:
    """`run` works on the job whose turn it is in a thread of its own, and waits once it has `begun`."""

    def __init__(self) -> None:
        self.begun = threading.Event()
        self._free = threading.Event()
        self._threads: list[threading.Thread] = []

    def wait(self) -> None:
        """In the worker: something has been written."""
        self.begun.set()
        assert self._free.wait(SECONDS)

    def run(self) -> None:
        """Returns once the first block of the file has been written, and no more."""
        self._threads.append(threading.Thread(target=self._run))
        self._threads[-1].start()
        assert self.begun.wait(SECONDS)

    def _run(self) -> None:
        try:
            work.run_next()
        finally:
            self.begun.set()
            connections.close_all()

    def go_on(self) -> None:
        """Lets the file be finished, and waits for it."""
        self._free.set()
        for thread in self._threads:
            thread.join(SECONDS)
            assert not thread.is_alive()


@contextmanager
def held_worker(monkeypatch: pytest.MonkeyPatch) -> Iterator[HeldWorker]:
    """Its pages need not wait long to see how far it has got."""
    worker = HeldWorker()
    write = storage.Part.write

    def write_and_wait(part: storage.Part, chunk: bytes) -> None:
        write(part, chunk)
        if len(chunk) > 1000:  # the rows, not their headers
            worker.wait()

    monkeypatch.setattr(storage.Part, "write", write_and_wait)
    monkeypatch.setattr(heartbeat, "BEAT_SECONDS", 0.1)
    try:
        yield worker
    finally:
        worker.go_on()
