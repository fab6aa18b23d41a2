"""What `COPY … TO STDOUT (FORMAT csv)` sends, read in blocks that are ready for the file."""

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Any, Final

from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg import Connection
from psycopg.abc import PQGen
from psycopg.errors import error_from_result
from psycopg.generators import fetch_many
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGconn
from psycopg.waiting import Wait

from ..encoders import EncodedBlock
from ..formulas import CONTROL_BYTES, NULL_MARKER
from .marked import Judge

BLOCK_BYTES: Final = 64 * 1024
"""And the rest of a row. With 16 KiB an export over ASGI took 1.3 times as long."""


class Reader:
    """Makes lines of the file of COPY's rows, for one of so many columns.

    `marked`: texts that may be formulas have marks, and are judged.
    """

    def __init__(self, *, width: int, marked: bool, delimiter: str = ",") -> None:
        self.options = f"(FORMAT csv, NULL {_sql(NULL_MARKER)}, DELIMITER {_sql(delimiter)})"
        self._width = width
        self._judge = Judge(delimiter) if marked else None

    def block(self, rows: list[memoryview]) -> EncodedBlock:
        """The lines of these rows, each of which an LF ends."""
        data = _single_cells(rows, self._judge) if self._width == 1 else _lines(rows, self._judge)
        return EncodedBlock(data, len(rows))


def _sql(character: str) -> str:
    return f"E'\\x{ord(character):02x}'"


@contextmanager
def copied(
    connection: BaseDatabaseWrapper, statement: str, reader: Reader
) -> Iterator[Generator[EncodedBlock]]:
    """The rows of that SELECT, in the connection's transaction.

    Leaving before the end cancels the statement: the connection can be used again, and it takes milliseconds.
    Raises django.db.Error.
    """
    command = f"COPY ({statement}) TO STDOUT {reader.options}".encode()
    with connection.wrap_database_errors, connection.cursor() as cursor, cursor.copy(command) as copy:
        yield _blocks(copy.connection, reader)


def _blocks(connection: Connection[Any], reader: Reader) -> Generator[EncodedBlock]:
    more = True
    while more:
        rows, more = connection.wait(_received(connection.pgconn))
        if rows:
            yield reader.block(rows)


def _received(pgconn: PGconn) -> PQGen[tuple[list[memoryview], bool]]:
    """Rows until there are BLOCK_BYTES of them, and whether there are more.

    As psycopg's own `copy_from`, which takes twice the processor for one row at a time. A message
    is a row (PostgreSQL's documentation of its protocol, COPY operations).
    """
    rows: list[memoryview] = []
    size = 0
    receive = pgconn.get_copy_data
    while size < BLOCK_BYTES:
        length, row = receive(1)
        if length > 0:
            rows.append(row)
            size += length
        elif length == 0:  # nothing has come yet
            while not (yield Wait.R):
                continue
            pgconn.consume_input()
        else:
            [result] = yield from fetch_many(pgconn)
            if result.status != ExecStatus.COMMAND_OK:
                raise error_from_result(result, encoding="utf-8")
            return rows, False
    return rows, True


def _lines(rows: list[memoryview], judge: Judge | None) -> bytes:
    # PostgreSQL ends rows with LF; one inside of a cell stays as it is.
    lines = b"".join([b"\r\n".join([row[:-1] for row in rows]), b"\r\n"])
    if judge is None or not judge.may_hold_formulas(lines):
        return lines
    return b"".join([b"\r\n".join(_escaped(rows, judge)), b"\r\n"])


def _escaped(rows: list[memoryview], judge: Judge) -> list[bytes]:
    lines = map(bytes, rows)
    return [judge.escaped_line(line[:-1]) if judge.may_hold_formulas(line) else line[:-1] for line in lines]


def _single_cells(rows: list[memoryview], judge: Judge | None) -> bytes:
    """Of one column: quoted is an empty cell, whose line would be blank, and not PostgreSQL's end marker."""
    lines = _escaped(rows, judge) if judge else [bytes(row[:-1]) for row in rows]
    cells = [line.translate(None, CONTROL_BYTES) or b'""' for line in lines]
    return b"".join([b"\\.\r\n" if cell == b'"\\."' else cell + b"\r\n" for cell in cells])
