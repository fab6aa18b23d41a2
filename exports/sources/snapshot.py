"""The transaction that an export's rows are read in."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

# DateStyle, extra_float_digits: what values.py counts on. jit: starting the compiler costs a first byte of
# 38 to 232 ms where 5 to 17 ms were measured without it. TimeZone stays: a project without USE_TZ, or with
# a database's own TIME_ZONE, has its filters read in it.
_SESSION = (
    "SELECT set_config('DateStyle', 'ISO, YMD', true), set_config('extra_float_digits', '1', true),"
    " set_config('jit', 'off', true)"
)


@contextmanager
def snapshot(using: str) -> Iterator[None]:
    """Every statement inside sees the database at one moment, and can't write where the database knows how.

    It ends with a rollback: nothing is to be kept, not even the session's settings. Inside an open
    atomic block (a stranger's test case) it is a savepoint with that block's isolation.
    """
    connection = connections[using]
    outermost = not connection.in_atomic_block
    with _deferred(connection), transaction.atomic(using=using):
        if connection.vendor == "postgresql":
            _begin_postgresql(connection, outermost)
        try:
            yield
        finally:
            transaction.set_rollback(True, using=using)


def _begin_postgresql(connection: BaseDatabaseWrapper, outermost: bool) -> None:
    with connection.cursor() as cursor:
        if outermost:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute(_SESSION)


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
