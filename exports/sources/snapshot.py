"""The transaction that an export's rows are read in."""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from uuid import UUID

from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from ..policy import leases

# DateStyle, extra_float_digits: what values.py counts on. jit: starting the compiler costs a first byte of
# 38 to 232 ms where 5 to 17 ms were measured without it. max_parallel_workers_per_gather: so do workers, and
# they take cores from others. TimeZone stays: a project without USE_TZ, or with a database's own TIME_ZONE,
# has its filters read in it.
_SESSION = {
    "DateStyle": "ISO, YMD",
    "extra_float_digits": "1",
    "jit": "off",
    "max_parallel_workers_per_gather": "0",
}

BACKSTOP_SECONDS = 5
"""By how much the database's own limits exceed the export's, which has the better words for the record."""

_MOST = 2**31 - 1
"""Milliseconds, 24 days: PostgreSQL's settings take no more."""

# The server looks every two seconds whether the client's process still lives while a query is silent. Where
# it is not Linux it may not know how, and then refuses the setting.
_CHECK_CLIENT = (
    "CASE WHEN version() LIKE '%%linux%%'"
    " THEN set_config('client_connection_check_interval', '2000', true) END"
)


@contextmanager
def snapshot(using: str, export_id: UUID | None = None, *, max_seconds: int | None = None) -> Iterator[None]:
    """Every statement inside sees the database at one moment, and can't write where the database knows how.

    It ends with a rollback: nothing is to be kept, not even the session's settings. Inside an open
    atomic block (a stranger's test case) it is a savepoint with that block's isolation. While it is open,
    the export of that id is known to live. `max_seconds`: how long the export may take; None: no limit.
    """
    with _transaction(using, "REPEATABLE READ", _SESSION, max_seconds), _lease(using, export_id):
        yield


def exported(using: str) -> str:
    """The name by which other connections can share the snapshot that is open here (PostgreSQL)."""
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT pg_export_snapshot()")
        name: str = cursor.fetchone()[0]
        return name


@contextmanager
def shared(using: str, name: str, *, max_seconds: int | None) -> Iterator[None]:
    """The same for another connection to the database, whose `snapshot` was `exported` and is still open.

    It reads rows in the order of an index, and needs no other plan for a part of them.
    """
    session = {**_SESSION, "enable_sort": "off"}
    with _transaction(using, "REPEATABLE READ", session, max_seconds, name):
        yield


@contextmanager
def kept_alive(using: str, export_id: UUID, *, max_seconds: int | None = None) -> Iterator[None]:
    """The export of that id is known to live, though it reads no more rows: no snapshot is held."""
    with _transaction(using, "READ COMMITTED", {}, max_seconds), leases.held(export_id, using):
        yield


def _lease(using: str, export_id: UUID | None) -> AbstractContextManager[None]:
    return nullcontext() if export_id is None else leases.held(export_id, using)


@contextmanager
def _transaction(
    using: str,
    isolation: str,
    session: Mapping[str, str],
    max_seconds: int | None,
    shares: str | None = None,
) -> Iterator[None]:
    connection = connections[using]
    outermost = not connection.in_atomic_block
    with _deferred(connection), transaction.atomic(using=using):
        if connection.vendor == "postgresql":
            limited = {**session, **_limits(connection, max_seconds)} if outermost else session
            _begin_postgresql(connection, isolation if outermost else None, limited, shares)
        try:
            yield
        finally:
            transaction.set_rollback(True, using=using)


def _begin_postgresql(
    connection: BaseDatabaseWrapper, isolation: str | None, session: Mapping[str, str], shares: str | None
) -> None:
    with connection.cursor() as cursor:
        if isolation:
            cursor.execute(f"SET TRANSACTION ISOLATION LEVEL {isolation}, READ ONLY")
        if shares:  # before the first statement that would take a snapshot of its own
            cursor.execute("SET TRANSACTION SNAPSHOT %s", [shares])
        selected = ["set_config(%s, %s, true)" for _ in session] + [_CHECK_CLIENT]
        cursor.execute(f"SELECT {', '.join(selected)}", [part for item in session.items() for part in item])


def _limits(connection: BaseDatabaseWrapper, seconds: int | None) -> dict[str, str]:
    """The database's own limits, so that one that was made for web pages does not end an export.

    And so that nothing lasts longer than `seconds` though the process hangs that should see to it.
    """
    limit = str(min((seconds + BACKSTOP_SECONDS) * 1000, _MOST) if seconds else 0)
    names = ["statement_timeout", "idle_in_transaction_session_timeout"]
    if connection.pg_version >= 170000:  # type: ignore[attr-defined]
        names.append("transaction_timeout")
    return dict.fromkeys(names, limit)


@contextmanager
def _deferred(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """SQLite: a transaction that only reads, whatever `transaction_mode` the project has set.

    With IMMEDIATE every export would hold the one write lock while its body streams.
    """
    if connection.vendor != "sqlite":
        yield
        return
    connection.ensure_connection()
    mode, connection.transaction_mode = connection.transaction_mode, "DEFERRED"  # type: ignore[attr-defined]
    try:
        yield
    finally:
        connection.transaction_mode = mode  # type: ignore[attr-defined]
