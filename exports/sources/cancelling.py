"""Statements that another thread waits for, and how they are made to fail."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from django.db.backends.base.base import BaseDatabaseWrapper

logger = logging.getLogger(__name__)

CANCEL_SECONDS: Final = 2.0
"""How long PostgreSQL may take to answer a request to cancel a query; it is asked again at the next look."""


class Readers:
    """The connections that one export is read by."""

    def __init__(self) -> None:
        self._connections: list[BaseDatabaseWrapper] = []

    @contextmanager
    def joined_by(self, connection: BaseDatabaseWrapper) -> Iterator[None]:
        """While the export reads by it."""
        self._connections.append(connection)
        try:
            yield
        finally:
            self._connections.remove(connection)

    def cancel(self, but: BaseDatabaseWrapper | None = None) -> None:
        """Makes the statements fail that they run; on other databases they go on. From any thread."""
        for connection in tuple(self._connections):
            if connection is not but:
                _cancel(connection)


def _cancel(connection: BaseDatabaseWrapper) -> None:
    raw = connection.connection
    try:
        if raw is not None and connection.vendor == "postgresql":
            raw.cancel_safe(timeout=CANCEL_SECONDS)
        elif raw is not None and connection.vendor == "sqlite":
            raw.interrupt()
    except Exception:  # asked again at the next look
        logger.debug("A query was not cancelled", exc_info=True)
