"""Excel workbooks, written row by row into a ZIP file that leaves as it grows (docs/decisions/xlsx.md)."""

import re
from collections.abc import Iterable, Iterator
from itertools import chain
from string import ascii_uppercase
from typing import IO, ClassVar, Final
from zipfile import ZIP_DEFLATED, ZipFile

from . import Block, CellBlock, Encoder, Layout, cells_of
from .outbox import Outbox
from .text import utf8
from .workbook import (
    CONTENT_TYPES,
    RELATIONSHIPS,
    sheet_foot,
    sheet_head,
    styles,
    workbook,
    workbook_relationships,
)
from .xlsx_cells import SheetColumn

SHEET_ROWS: Final = 1_048_575
"""Excel's limit is one more, which the headers take."""

SHEET_BYTES: Final = 1_500_000_000
"""Of a sheet's XML; past 2 GiB a ZIP file needs fields that not every reader knows."""

_FORBIDDEN_IN_TITLES = re.compile(r"[\\/?*\[\]:\x00-\x1f]")
_TITLE_LENGTH: Final = 31


class XlsxEncoder(Encoder):
    """Numbers, booleans, dates and times as such; everything else, and what Excel would spoil, as text.

    Text is always a string and never a formula. Without its last part, the directory, no reader opens a ZIP
    file.
    """

    label: ClassVar[str] = "Excel"
    media_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    extension = "xlsx"
    options: ClassVar[frozenset[str]] = frozenset({"overlong"})
    dense: ClassVar[bool] = True

    def encode(self, blocks: Iterable[Block]) -> Iterator[bytes]:
        rows = map(cells_of, blocks)
        first = next(rows, CellBlock(()))
        outbox = Outbox()
        with ZipFile(outbox, "w", ZIP_DEFLATED, compresslevel=1) as archive:
            _add(archive, "[Content_Types].xml", CONTENT_TYPES)
            _add(archive, "_rels/.rels", RELATIONSHIPS)
            _add(archive, "xl/styles.xml", styles(str(self.layout.zone)))
            with _Sheets(archive, self.layout, first) as sheets:
                for block in chain([first], rows):
                    sheets.write(block)
                    if data := outbox.taken():
                        yield data
            _add(archive, "xl/workbook.xml", workbook(sheets.finished))
            relationships = workbook_relationships(len(sheets.finished))
            _add(archive, "xl/_rels/workbook.xml.rels", relationships)
        yield outbox.taken()


def _add(archive: ZipFile, name: str, text: str) -> None:
    # By open(), and not writestr(): that would write the time of day, and the same rows give the same bytes.
    with archive.open(name, "w") as part:
        part.write(text.encode())


class _Sheets:
    """The sheets of one workbook; the next one begins where one is full. `finished` has names and ranges."""

    def __init__(self, archive: ZipFile, layout: Layout, sample: CellBlock) -> None:
        self._archive = archive
        self._title = _FORBIDDEN_IN_TITLES.sub(" ", layout.title).strip("' ") or "export"
        self._columns = [
            SheetColumn(column, letters, cut=layout.cut_overlong, zone=layout.zone)
            for column, letters in zip(layout.columns, map(_letters, range(len(layout.columns))), strict=True)
        ]
        samples = sample.columns or [()] * len(self._columns)
        widths = [column.width(cells) for column, cells in zip(self._columns, samples, strict=True)]
        self._head = utf8(sheet_head([column.header_cell() for column in self._columns], widths))
        self._done = 0
        self.finished: list[tuple[str, str]] = []

    def __enter__(self) -> "_Sheets":
        self._begin()
        return self

    def __exit__(self, *exception: object) -> None:
        self._end()

    def write(self, block: CellBlock) -> None:
        """Raises CellTooLong."""
        at = 0
        while at < len(block):
            if self._rows == SHEET_ROWS or self._size >= SHEET_BYTES:
                self._end()
                self._begin()
            room = SHEET_ROWS - self._rows
            piece = block.rows(at, at + room)
            self._write(piece)
            at += len(piece)

    def _write(self, piece: CellBlock) -> None:
        first = self._rows + 2  # the headers are the first row of a sheet
        numbers = [str(number) for number in range(first, first + len(piece))]
        columns = zip(self._columns, piece.columns, strict=True)
        rows = zip(*[column.xml(cells, numbers, self._done) for column, cells in columns], strict=True)
        parts = [
            f'<row r="{number}">{"".join(cells)}</row>' for number, cells in zip(numbers, rows, strict=True)
        ]
        self._put(utf8("".join(parts)))
        self._rows += len(piece)
        self._done += len(piece)

    def _begin(self) -> None:
        self._rows = self._size = 0
        path = f"xl/worksheets/sheet{len(self.finished) + 1}.xml"
        self._file: IO[bytes] = self._archive.open(path, "w")
        self._put(self._head)

    def _end(self) -> None:
        cells = f"$A$1:${_letters(len(self._columns) - 1)}${self._rows + 1}"
        self._put(sheet_foot(cells).encode())
        self._file.close()
        suffix = f" ({len(self.finished) + 1})" if self.finished else ""
        self.finished.append((self._title[: _TITLE_LENGTH - len(suffix)].rstrip("' ") + suffix, cells))

    def _put(self, data: bytes) -> None:
        self._file.write(data)
        self._size += len(data)


def _letters(index: int) -> str:
    """The name of a column by its place, from 0: A, …, Z, AA."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, len(ascii_uppercase))
        letters = ascii_uppercase[rest] + letters
    return letters
