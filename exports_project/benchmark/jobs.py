"""The exports that a process of `work` can do."""

import csv
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from io import BytesIO, StringIO
from typing import Final
from zipfile import ZipFile

from django.http import QueryDict

from accounts.models import User
from exports import engine, sources
from exports.caller import Caller
from exports.models import ExportLog
from exports.registry import registry

from .measuring import BenchmarkError, Export, Watch
from .names import SMALL, tenant
from .peers import PEERS, SHEET_PEERS

DATASET: Final = "calls"
ORM_SOURCES: Final = ("exports.sources.orm.OrmSource",)

type Job = Callable[[int], Export]


def export(size: int, params: str = "") -> Export:
    """As the command `manage.py export` does it, with these parameters (a query string), the file dropped.

    Raises BenchmarkError where it is cut.
    """
    caller = _caller(size)
    watch = Watch()
    with closing(engine.start(DATASET, caller, QueryDict(params))) as stream:
        watch.drop(stream)
    seconds = watch.seconds
    record = ExportLog.objects.get(pk=stream.export_id)
    if (record.outcome, record.row_count, record.byte_count) != ("succeeded", size, watch.size):
        raise BenchmarkError(
            f"The export of {size:,} rows {record.outcome} after {record.row_count}: {record.error}"
        )
    return Export(
        rows=size,
        seconds=seconds,
        first_byte_seconds=watch.first_byte_seconds,
        size=watch.size,
        sha256=record.sha256,
        source=record.source,
    )


def export_by_orm(size: int) -> Export:
    """The same by Django's ORM, whatever else the database would allow."""
    sources.SOURCES = ORM_SOURCES
    return export(size)


def explain(size: int) -> str:
    """The statement of our source for so many rows."""
    return engine.explain(DATASET, _caller(size), QueryDict()).sql


def _caller(size: int) -> Caller:
    return Caller(user=User.objects.get(pk=tenant(size)), door=ExportLog.Door.COMMAND)


def _by_peer(chunks: Callable[[str], Iterator[bytes]], require: Callable[[bytes, int], None]) -> Job:
    def job(size: int) -> Export:
        if size == SMALL:  # which warms up, and costs none of the time
            require(b"".join(chunks(tenant(size))), size)
        watch = Watch()
        watch.drop(_with_header(chunks(tenant(size))))
        return Export(
            rows=size, seconds=watch.seconds, first_byte_seconds=watch.first_byte_seconds, size=watch.size
        )

    return job


def _with_header(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Header and first row as one: the header alone is made before the database is asked."""
    yield next(chunks) + next(chunks, b"")
    yield from chunks


def _require_calls(file: bytes, rows: int) -> None:
    """Raises BenchmarkError where the file has not a header, so many rows, and the columns of the export."""
    columns = len([column for column in registry.get(DATASET).get_columns() if column.default])
    found = list(csv.reader(StringIO(file.decode(), newline="")))
    if len(found) != rows + 1 or {len(row) for row in found} != {columns}:
        raise BenchmarkError(f"{len(found) - 1:,} rows came of {rows:,}, or others than {columns} columns.")


def _require_sheet(file: bytes, rows: int) -> None:
    """Raises BenchmarkError where the workbook has not so many rows under its header."""
    with ZipFile(BytesIO(file)) as workbook:
        found = workbook.read("xl/worksheets/sheet1.xml").count(b"<row ") - 1
    if found != rows:
        raise BenchmarkError(f"{found:,} rows came of {rows:,}.")


JOBS: Final[dict[str, Job]] = {
    "export": export,
    "orm": export_by_orm,
    **{name: partial(export, params=f"format={name}") for name in ("jsonl", "parquet", "xlsx")},
    **{name: _by_peer(chunks, _require_calls) for name, chunks in PEERS.items()},
    **{name: _by_peer(chunks, _require_sheet) for name, chunks in SHEET_PEERS.items()},
}
