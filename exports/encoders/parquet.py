"""Apache Parquet, by pyarrow: typed columns, compressed by zstd, in row groups of a bounded size."""

import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import chain
from typing import Any, ClassVar, Final

from ..exceptions import CellNotRepresentable
from ..rendering import Cells
from ..values import Kind, in_zone
from . import Block, CellBlock, Encoder, FileColumn, Layout, cells_of
from .outbox import Outbox
from .text import utf8

GROUP_ROWS: Final = 131_072
"""Rows in a row group at most: DuckDB's own number is 122,880, and fewer groups are read faster."""

GROUP_BYTES: Final = 16 * 1024 * 1024
"""Bytes in a row group at most, before they are compressed, and so what is held in memory; a block more."""

MOST_DIGITS: Final = 38
"""Those of a decimal of 128 bits."""


class ParquetEncoder(Encoder):
    """Parquet's own types, where it has them; JSON, addresses and what has no type as text, durations as
    seconds.

    Its footer comes last: without that no reader opens the file.
    """

    label: ClassVar[str] = "Parquet"
    media_type = "application/vnd.apache.parquet"
    extension = "parquet"
    library: ClassVar[str] = "pyarrow"
    extra: ClassVar[str] = "parquet"
    dense: ClassVar[bool] = True

    def __init__(self, layout: Layout) -> None:
        super().__init__(layout)
        self._file = Outbox()

    def encode(self, blocks: Iterable[Block]) -> Iterator[bytes]:
        import pyarrow as pa
        from pyarrow import parquet

        columns = [_ArrowColumn(column, self.layout.zone) for column in self.layout.columns]
        schema = pa.schema([(column.header, column.type) for column in columns])
        waiting, rows = iter(blocks), 0
        first = next(waiting, CellBlock(()))
        with parquet.ParquetWriter(self._file, schema, compression="zstd") as writer:
            group = _Group()
            for block in map(cells_of, chain([first], waiting)):
                arrays = [
                    column.array(cells, rows) for column, cells in zip(columns, block.columns, strict=False)
                ]
                rows += len(block)
                if arrays:
                    group.add(pa.record_batch(arrays, schema=schema))
                if group.is_full:
                    yield self._written(writer, group)
                elif begun := self._file.taken():  # the first bytes, which say what it is
                    yield begun
            if group.batches:
                yield self._written(writer, group)
        yield self._file.taken()

    def _written(self, writer: Any, group: "_Group") -> bytes:
        """One row group, which leaves at once."""
        import pyarrow as pa

        writer.write_table(pa.Table.from_batches(group.batches), row_group_size=GROUP_ROWS)
        group.clear()
        return self._file.taken()


class _Group:
    """Rows that wait until they are enough for a row group."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        self.batches: list[Any] = []
        self._rows = self._size = 0

    def add(self, batch: Any) -> None:
        self.batches.append(batch)
        self._rows += batch.num_rows
        self._size += batch.nbytes

    @property
    def is_full(self) -> bool:
        return self._rows >= GROUP_ROWS or self._size >= GROUP_BYTES


class _ArrowColumn:
    """A column's type in Arrow, and its cells as an array of that type."""

    def __init__(self, column: FileColumn, zone: dt.tzinfo) -> None:
        self.header = column.header
        self.type, self._parse = _conversion(column, zone)

    def array(self, cells: Cells, before: int) -> Any:
        """Raises CellNotRepresentable for a cell that the type has no room for; `before` rows came before."""
        from pyarrow import ArrowInvalid

        try:
            return self._parse(cells)
        except (ArrowInvalid, ValueError, OverflowError):
            self._find(cells, before)
            raise

    def _find(self, cells: Cells, before: int) -> None:
        from pyarrow import ArrowInvalid

        for row, cell in enumerate(cells, before + 1):
            try:
                self._parse([cell])
            except (ArrowInvalid, ValueError, OverflowError):
                raise CellNotRepresentable(row, self.header, format="Parquet") from None


type Parse = Callable[[Cells], Any]


def _conversion(column: FileColumn, zone: dt.tzinfo) -> tuple[Any, Parse]:
    """Arrow's type for a column, and the function that makes an array of its cells."""
    import pyarrow as pa

    match column.kind:
        case Kind.BOOLEAN:
            return _cast_to(pa.bool_())
        case Kind.INTEGER | Kind.KEY:
            return _cast_to(pa.int64())
        case Kind.FLOAT | Kind.DURATION:
            return _cast_to(pa.float64())
        case Kind.DATE:
            return _cast_to(pa.date32())
        case Kind.DECIMAL if (column.max_digits or MOST_DIGITS + 1) <= MOST_DIGITS:
            return _cast_to(pa.decimal128(column.max_digits, column.decimal_places))
        case Kind.DATETIME:
            moment = pa.timestamp("us", tz=str(zone))
            return moment, partial(_moments, arrow_type=moment)
        case Kind.TIME:
            return pa.time64("us"), partial(_made, arrow_type=pa.time64("us"), make=dt.time.fromisoformat)
        case Kind.BINARY:
            return pa.binary(), partial(_made, arrow_type=pa.binary(), make=bytes.fromhex)
        case Kind.UUID:
            return pa.uuid(), _uuids
    return pa.string(), _texts


def _cast_to(arrow_type: Any) -> tuple[Any, Parse]:
    return arrow_type, partial(_cast, arrow_type=arrow_type)


def _texts(cells: Cells) -> Any:
    import pyarrow as pa

    try:
        return pa.array(cells, pa.string())
    except UnicodeEncodeError:
        return pa.array([None if cell is None else utf8(cell) for cell in cells], pa.string())


def _cast(cells: Cells, arrow_type: Any) -> Any:
    return _texts(cells).cast(arrow_type)


def _moments(cells: Cells, arrow_type: Any) -> Any:
    from pyarrow import ArrowInvalid

    try:
        return _cast(cells, arrow_type)
    except ArrowInvalid:  # an offset with seconds, as local times before 1900 have, is nothing to Arrow
        return _cast([None if cell is None else in_zone(cell, dt.UTC) for cell in cells], arrow_type)


def _made(cells: Cells, arrow_type: Any, make: Callable[[str], Any]) -> Any:
    import pyarrow as pa

    return pa.array([None if cell is None else make(cell) for cell in cells], arrow_type)


def _uuids(cells: Cells) -> Any:
    import pyarrow as pa

    stored = _made(cells, pa.binary(16), lambda cell: bytes.fromhex(cell.replace("-", "")))
    return pa.ExtensionArray.from_storage(pa.uuid(), stored)
