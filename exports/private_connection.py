"""The database connection of one export, which nothing else of its request uses."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper


class PrivateConnection:
    """The connection that the request had so far; the request gets another, opened if it asks for it.

    What a middleware writes once the view has answered stays out of the export's transaction then, which only
    reads and is rolled back. And any thread can end the export, whatever the request's own is doing.

    Inside of an open transaction, as in a test case, they share one: its rows are seen by no other. So they
    do on SQLite in memory, where each connection has a database of its own.
    """

    def __init__(self, using: str) -> None:
        self.wrapper = connections[using]
        self.is_private = _can_be_taken(self.wrapper)
        self._thread = threading.current_thread()
        self._given_back = False
        if self.is_private:
            connections[using] = connections.create_connection(using)

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """In this thread it is the connection of its name, until it was given back."""
        alias = self.wrapper.alias
        present = connections[alias]
        if self._given_back or present is self.wrapper:
            yield
            return
        self.wrapper.inc_thread_sharing()
        connections[alias] = self.wrapper
        try:
            yield
        finally:
            connections[alias] = present
            self.wrapper.dec_thread_sharing()

    def give_back(self) -> None:
        """The export has ended: a connection that is kept is the thread's again, any other is closed."""
        if self._given_back or not self.is_private:
            return
        self._given_back = True
        alias = self.wrapper.alias
        if self._is_kept() and connections[alias].connection is None:
            connections[alias] = self.wrapper
            return
        self.wrapper.inc_thread_sharing()
        try:
            self.wrapper.close()
        finally:
            self.wrapper.dec_thread_sharing()

    def _is_kept(self) -> bool:
        # Not where it is closed with the request anyway: under ASGI a middleware may have given the stream a
        # context of its own, and what is put back there would be lost, and with it a place in a pool.
        return self.wrapper.settings_dict["CONN_MAX_AGE"] != 0 and self._thread is threading.current_thread()


def _can_be_taken(connection: BaseDatabaseWrapper) -> bool:
    if connection.in_atomic_block or (connection.connection is not None and not connection.autocommit):
        return False
    return connection.vendor != "sqlite" or not connection.is_in_memory_db()  # type: ignore[attr-defined]
