"""The formats that a file can have. An encoder turns blocks of text cells into blocks of bytes.

Cells are text in every format (values.py says which), the same from whichever database and by whichever way.
A format with types of its own makes them of the text, by the kind of the column.
"""

import datetime as dt
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import ClassVar

from django.utils.module_loading import import_string

from ..rendering import Cells
from ..values import Kind
from .dialects import Dialect


@dataclass(frozen=True, slots=True)
class CellBlock:
    """Rows as columns of cells, all of one length; no columns where there are no rows."""

    columns: Sequence[Cells]

    def __len__(self) -> int:
        return len(self.columns[0]) if self.columns else 0

    def rows(self, start: int, stop: int) -> "CellBlock":
        """Some of the rows, counted as in a slice."""
        if start == 0 and stop >= len(self):
            return self
        return CellBlock([cells[start:stop] for cells in self.columns])


@dataclass(frozen=True, slots=True)
class EncodedBlock:
    """Rows that the database has written in the format of the file already."""

    data: bytes
    rows: int

    def __len__(self) -> int:
        return self.rows


type Block = CellBlock | EncodedBlock
"""Rows, of which `len` is the number."""


def cells_of(block: Block) -> CellBlock:
    """The block, for a format that no database writes: its sources give cells."""
    assert isinstance(block, CellBlock)  # noqa: S101 - an obstacle keeps COPY from every format but CSV
    return block


@dataclass(frozen=True, kw_only=True)
class FileColumn:
    """A column as it stands in the file. `max_digits` and `decimal_places` are a decimal's, where known."""

    header: str
    kind: Kind = Kind.TEXT
    max_digits: int | None = None
    decimal_places: int | None = None


@dataclass(frozen=True, kw_only=True)
class Layout:
    """What an encoder knows of a file before its first row. The time zone is that of the datetimes' text."""

    columns: Sequence[FileColumn]
    title: str = "export"
    zone: dt.tzinfo = dt.UTC
    dialect: Dialect = field(default_factory=Dialect)
    cut_overlong: bool = False

    @property
    def headers(self) -> list[str]:
        return [column.header for column in self.columns]


class Encoder(ABC):
    """The streaming contract of a format; an encoder serves one file.

    `encode` pulls the first block before it yields the first bytes, so that what fails at once fails before
    any byte has left. The rows that it holds back are bounded, however many there are. Until it is exhausted,
    nothing that it has yielded can be taken for a whole file, if the format has an end of its own.
    """

    label: ClassVar[str]
    """What people call it."""

    media_type: str
    extension: str
    library: ClassVar[str] = ""
    """The module that it needs, and cannot do without; imported on use."""

    extra: ClassVar[str] = ""
    """The extra of this package that installs it."""

    options: ClassVar[frozenset[str]] = frozenset()
    """Options of a request that mean something to this format, and not to every one. With `formulas` among
    them the formula rule is for its texts: who opens the file could run them."""

    dense: ClassVar[bool] = False
    """Whether the file is compressed in itself."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout

    @abstractmethod
    def encode(self, blocks: Iterable[Block]) -> Iterator[bytes]:
        """The file's bytes. Raises CellError for a cell that the format cannot hold."""


ENCODERS: dict[str, str] = {
    "csv": "exports.encoders.csv.CsvEncoder",
    "jsonl": "exports.encoders.jsonl.JsonLinesEncoder",
    "xlsx": "exports.encoders.xlsx.XlsxEncoder",
    "parquet": "exports.encoders.parquet.ParquetEncoder",
}
"""Format name -> dotted path; the first one is the default."""


def encoder_class(format_name: str) -> type[Encoder]:
    """The class of this format, a key of ENCODERS. What it needs may not be installed."""
    found: type[Encoder] = import_string(ENCODERS[format_name])
    return found


def is_installed(format_name: str) -> bool:
    """Whether the library that this format needs is there."""
    library = encoder_class(format_name).library
    return not library or find_spec(library) is not None


def installed_formats() -> list[str]:
    """The formats that can be made here, the default one first."""
    return [name for name in ENCODERS if is_installed(name)]


def media_types() -> dict[str, str]:
    """Media type -> format name of those that can be made here: what an Accept header may name."""
    return {encoder_class(name).media_type: name for name in installed_formats()}
