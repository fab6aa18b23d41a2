"""PostgreSQL's own view of a database, by connections that the service knows nothing of."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

SETTLE_SECONDS = 30


def parameters() -> dict[str, Any]:
    """How to reach this run's server, for psycopg and as far as pgbouncer takes it."""
    from django.db import connection

    params = connection.get_connection_params()
    return {key: params[key] for key in ("host", "port", "user", "password") if key in params}


class Observer:
    """Sees the connections and the audit records of one database from outside."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._connection = self._connect()

    def _connect(self) -> psycopg.Connection[dict[str, Any]]:
        return psycopg.connect(**parameters(), dbname=self.name, autocommit=True, row_factory=dict_row)

    def close(self) -> None:
        self._connection.close()

    def ask(self, statement: str, *values: Any) -> list[Mapping[str, Any]]:
        return self._connection.execute(statement, values).fetchall()  # type: ignore[arg-type]

    def backends(self, application: str = "") -> list[Mapping[str, Any]]:
        """The other connections to this database, of applications whose names begin so."""
        return self.ask(
            "SELECT pid, application_name, state, wait_event_type, query FROM pg_stat_activity"
            " WHERE datname = %s AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
            " AND starts_with(application_name, %s)",
            self.name,
            application,
        )

    def in_transactions(self) -> list[Mapping[str, Any]]:
        """Those connections that hold a transaction open, or run something."""
        return [backend for backend in self.backends() if backend["state"] != "idle"]

    def wait_until_waiting(self, number: int) -> None:
        """Until so many of the other connections wait for a lock. An AssertionError where they never do."""
        deadline = time.monotonic() + SETTLE_SECONDS
        while sum(one["wait_event_type"] == "Lock" for one in self.backends()) != number:
            assert time.monotonic() < deadline, self.backends()
            time.sleep(0.02)

    @contextmanager
    def locked(self, table: str) -> Iterator[None]:
        """Nobody reads the table meanwhile: a query of it is silent."""
        # In another transaction than this connection's: what it sees of others stands still inside of one.
        with self._connect() as locking, locking.transaction():
            locking.execute(sql.SQL("LOCK TABLE {}").format(sql.Identifier(table)))
            yield

    @contextmanager
    def silent(self, table: str) -> Iterator[None]:
        """A query of the table is planned, and then waits for its first row.

        `locked` would keep the database from planning it, and an export from coming so far as to its COPY.
        """
        kept, name = (sql.Identifier(one) for one in (f"{table}_kept", table))
        view = "CREATE VIEW {} AS SELECT * FROM {} WHERE pg_advisory_xact_lock_shared(1) IS NOT NULL"
        with self._connect() as locking:
            locking.execute("SELECT pg_advisory_lock(1)")
            locking.execute(sql.SQL("ALTER TABLE {} RENAME TO {}").format(name, kept))
            try:
                locking.execute(sql.SQL(view).format(name, kept))
                yield
            finally:
                locking.execute("SELECT pg_advisory_unlock(1)")  # who still waits does not keep the view
                locking.execute(sql.SQL("DROP VIEW IF EXISTS {}").format(name))
                locking.execute(sql.SQL("ALTER TABLE {} RENAME TO {}").format(kept, name))

    def terminate(self, application: str) -> None:
        """Closes the connections of applications whose names begin so, as a restart would."""
        for backend in self.backends(application):
            self.ask("SELECT pg_terminate_backend(%s, 5000)", backend["pid"])

    def cancel(self) -> None:
        """Ends what other connections run, as an administrator does; the connections stay."""
        for backend in self.in_transactions():
            self.ask("SELECT pg_cancel_backend(%s)", backend["pid"])

    def running(self) -> list[Mapping[str, Any]]:
        """Audit records that are not closed."""
        return self.ask("SELECT * FROM exports_exportlog WHERE outcome = 'running'")

    def outcomes(self, *, after: Any) -> list[str]:
        """Those of the records since a moment of `now`, in order."""
        found = self.ask(
            'SELECT outcome FROM exports_exportlog WHERE "timestamp" > %s ORDER BY "timestamp"', after
        )
        return [record["outcome"] for record in found]

    def errors(self, *, after: Any) -> set[str]:
        """Those of the records since a moment of `now`."""
        found = self.ask('SELECT error FROM exports_exportlog WHERE "timestamp" > %s', after)
        return {record["error"] for record in found}

    def now(self) -> Any:
        return self.ask("SELECT clock_timestamp() AS now")[0]["now"]

    def record(self, export_id: str) -> Mapping[str, Any]:
        """One record, once it is closed: the last byte arrives a moment before it is."""
        self.settle()
        [record] = self.ask("SELECT * FROM exports_exportlog WHERE id = %s", export_id)
        return record

    def settle(self) -> None:
        """Waits for the end of everything that is under way. An AssertionError with what does not end."""
        deadline = time.monotonic() + SETTLE_SECONDS
        while (left := self.running()) or (left := self.in_transactions()):
            assert time.monotonic() < deadline, left
            time.sleep(0.02)
