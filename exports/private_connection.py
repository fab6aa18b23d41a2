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
    do on SQLite in memory, where each connection has a database of its own. And a command has only one thing
    to do: it shares its connection with an iterator, say, that it stands in.
    """

    def __init__(self, using: str, *, in_request: bool) -> None:
        self.wrapper = connections[using]
        self.is_private = in_request and _can_be_taken(self.wrapper)
        self._thread = threading.current_thread()
        self._taken = False

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """In this thread it is the connection of its name."""
        alias = self.wrapper.alias
        present = connections[alias]
        if present is self.wrapper:
            yield
            return
        _close_idle(present)
        self.wrapper.inc_thread_sharing()
        connections[alias] = self.wrapper
        try:
            yield
        finally:
            connections[alias] = present
            self.wrapper.dec_thread_sharing()

    def take(self) -> None:
        """From now on the request has another, and this one must be given back."""
        alias = self.wrapper.alias
        if self.is_private and not self._taken:
            self._taken = True
            connections[alias] = connections.create_connection(alias)

    def give_back(self) -> None:
        """The export has ended: it is closed, unless it is kept for the thread's next request.

        The thread has it again in either case, where it can be: a test runner closes the very objects by
        which it has made its databases, before it removes them.
        """
        if not self._taken:
            return
        self._taken = False
        alias = self.wrapper.alias
        returns = self._thread is threading.current_thread() and connections[alias].connection is None
        # Closed here and not with the request: where its client leaves just then, an ASGI server may not come
        # so far, and with the thread a place in a pool would be lost.
        if not (returns and _is_kept(self.wrapper)):
            self.wrapper.inc_thread_sharing()
            try:
                self.wrapper.close()
            finally:
                self.wrapper.dec_thread_sharing()
        if returns:
            connections[alias] = self.wrapper


def _can_be_taken(connection: BaseDatabaseWrapper) -> bool:
    if in_transaction(connection):
        return False
    return connection.vendor != "sqlite" or not connection.is_in_memory_db()  # type: ignore[attr-defined]


def _close_idle(connection: BaseDatabaseWrapper) -> None:
    """Not to hold two for a whole download, where a middleware has written something before it.

    It would be closed at the end of the request anyway.
    """
    if connection.connection is not None and not (in_transaction(connection) or _is_kept(connection)):
        connection.close()


def in_transaction(connection: BaseDatabaseWrapper) -> bool:
    """Whether one is open, so that others of its thread may be using the connection."""
    return connection.in_atomic_block or (connection.connection is not None and not connection.autocommit)


def _is_kept(connection: BaseDatabaseWrapper) -> bool:
    return bool(connection.settings_dict["CONN_MAX_AGE"] != 0)
