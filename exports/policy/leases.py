"""Whether the process of an export still lives: a lock that it holds, and that ends with it however it ends.

On PostgreSQL an advisory lock of the streaming transaction: it needs nothing to be written, ends with the
connection, and holds behind pgbouncer, where a session's lock would not. On SQLite a locked file beside the
database's. Other databases have none.
"""

import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO
from uuid import UUID

from django.core.files import locks
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper


@contextmanager
def held(export_id: UUID, using: str) -> Iterator[None]:
    """The export lives. To be entered inside of the transaction that its rows are read in."""
    connection = connections[using]
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_key(export_id)])
        yield
    elif (database := _file(connection)) and can_tell(using):
        with _locked(_path(database, export_id)):
            yield
    else:
        yield


def can_tell(using: str) -> bool:
    """Whether exports of this database have leases: SQLite's file may be where nobody writes."""
    connection = connections[using]
    if connection.vendor == "sqlite":
        database = _file(connection)
        return not database or os.access(Path(database).parent, os.W_OK)
    return connection.vendor == "postgresql"


def lost(export_ids: Collection[UUID], using: str) -> set[UUID]:
    """Those of them whose process has gone. None of them may run in this process."""
    connection = connections[using]
    if connection.vendor == "postgresql":
        return _lost_to_postgresql(export_ids, connection)
    if database := _file(connection):
        return {export_id for export_id in export_ids if _free(_path(database, export_id))}
    return set(export_ids)  # SQLite in memory: it is this process's alone


def _lost_to_postgresql(export_ids: Collection[UUID], connection: BaseDatabaseWrapper) -> set[UUID]:
    by_key = {_key(export_id): export_id for export_id in export_ids}
    with connection.cursor() as cursor:
        # Shared: two processes that look at once do not take each other for the export.
        cursor.execute(
            "SELECT key FROM unnest(%s::bigint[]) AS key WHERE pg_try_advisory_xact_lock_shared(key)",
            [list(by_key)],
        )
        return {by_key[key] for (key,) in cursor.fetchall()}


def _key(export_id: UUID) -> int:
    """A lock's key has 64 bits: the first half of the id, nearly all of it random."""
    return int.from_bytes(export_id.bytes[:8], signed=True)


def _file(connection: BaseDatabaseWrapper) -> str:
    """The path of SQLite's file; empty for one in memory, and for other databases."""
    if connection.vendor != "sqlite":
        return ""
    connection.ensure_connection()
    # Past Django's log of queries: this is no question about rows.
    return str(connection.connection.execute("PRAGMA database_list").fetchone()[2])


def _path(database: str, export_id: UUID) -> Path:
    return Path(f"{database}-export-{export_id.hex}")


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with _created(path):
        try:
            yield
        finally:
            _remove(path)
    _remove(path)  # Windows removes no file that is open


def _created(path: Path) -> IO[bytes]:
    """The file, locked. Who looks for lost exports may have found it unlocked just before, and removed it."""
    while True:
        file = path.open("wb")
        locks.lock(file, locks.LOCK_EX)
        if _stands_at(path, file):
            return file
        file.close()


def _free(path: Path) -> bool:
    """Whether nobody holds the file; one that was left behind is removed.

    Removed is only what is locked here: another who looks may have removed it just before, and the export
    have made it anew.
    """
    with suppress(FileNotFoundError):
        while True:
            with path.open("rb") as file:
                if not locks.lock(file, locks.LOCK_EX | locks.LOCK_NB):
                    return False
                if _stands_at(path, file):
                    _remove(path)
                    return True
    return True


def _stands_at(path: Path, file: IO[bytes]) -> bool:
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except FileNotFoundError:
        return False


def _remove(path: Path) -> None:
    with suppress(OSError):
        path.unlink(missing_ok=True)
