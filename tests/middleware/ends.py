"""What exports leave open in a database, seen from outside of the service."""

import sqlite3
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any
from urllib.parse import urlsplit

from tests.connections.postgres import Observer

AT_ONCE = 15
"""Seconds. Nothing here waits for a sweep, which comes every 20, or for a collection of garbage."""


class Ends(ABC):
    @abstractmethod
    def outcomes(self) -> list[str]:
        """Those of all records, in order."""

    @abstractmethod
    def last_name(self, user: str) -> str:
        """What stands in the user's row."""

    @abstractmethod
    def left_open(self) -> list[Any]:
        """Records that say `running`, and transactions that hold a snapshot."""

    def settle(self) -> None:
        """Waits until nothing is open. An AssertionError with what stays so."""
        deadline = time.monotonic() + AT_ONCE
        while left := self.left_open():
            assert time.monotonic() < deadline, left
            time.sleep(0.02)


class _OfSqlite(Ends):
    def __init__(self, path: str) -> None:
        self._path = path

    def _ask(self, statement: str, timeout: float = 5) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self._path, timeout=timeout)) as connection:
            return connection.execute(statement).fetchall()

    def outcomes(self) -> list[str]:
        return [
            outcome for (outcome,) in self._ask('SELECT outcome FROM exports_exportlog ORDER BY "timestamp"')
        ]

    def last_name(self, user: str) -> str:
        [(name,)] = self._ask(f"SELECT last_name FROM accounts_user WHERE id = '{user}'")
        return name

    def left_open(self) -> list[Any]:
        if running := self._ask("SELECT * FROM exports_exportlog WHERE outcome = 'running'"):
            return running
        # Whoever reads an older state of the file keeps the log of changes from being emptied.
        [(busy, *_)] = self._ask("PRAGMA wal_checkpoint(TRUNCATE)", timeout=0.1)
        return ["somebody reads"] if busy else []


class _OfPostgres(Ends):
    def __init__(self, observer: Observer) -> None:
        self._observer = observer

    def outcomes(self) -> list[str]:
        found = self._observer.ask('SELECT outcome FROM exports_exportlog ORDER BY "timestamp"')
        return [record["outcome"] for record in found]

    def last_name(self, user: str) -> str:
        [found] = self._observer.ask("SELECT last_name FROM accounts_user WHERE id = %s", user)
        return found["last_name"]

    def cancel(self) -> None:
        """Ends what the servers' connections run."""
        self._observer.cancel()

    def connections(self) -> set[int]:
        """Of all servers, by the processes that PostgreSQL has for them."""
        return {backend["pid"] for backend in self._observer.backends()}

    def wait_until_connections(self, number: int, *, but: set[int]) -> None:
        """Until there are so many besides those. An AssertionError where there never are.

        A connection that has been closed is seen until its process has gone.
        """
        deadline = time.monotonic() + AT_ONCE
        while len(others := self.connections() - but) != number:
            assert time.monotonic() < deadline, others
            time.sleep(0.02)

    def left_open(self) -> list[Any]:
        return [*self._observer.running(), *self._observer.in_transactions()]


@contextmanager
def ends_of(database_url: str) -> Iterator[Ends]:
    path = urlsplit(database_url).path
    if database_url.startswith("sqlite"):
        yield _OfSqlite(path)
        return
    with closing(Observer(path.rpartition("/")[2])) as observer:
        yield _OfPostgres(observer)
