"""The formats that a file can have. An encoder turns blocks of text cells into blocks of bytes."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol

from django.utils.module_loading import import_string

type Row = Sequence[str | None]
"""Cells. NULL may stand as None: in text it is an empty cell. Control characters are for the encoder."""


@dataclass(frozen=True, slots=True)
class EncodedBlock:
    """Rows that the database has written in the format of the file already."""

    data: bytes
    rows: int

    def __len__(self) -> int:
        return self.rows


type Block = Sequence[Row] | EncodedBlock
"""Rows, of which `len` is the number."""


class Encoder(Protocol):
    """The streaming contract of a format.

    `encode` pulls the first block before it yields the first bytes, so that what fails at once fails
    before any byte has left; then it yields at least once a block, and holds no more than one of them.
    """

    media_type: ClassVar[str]
    extension: ClassVar[str]

    def encode(self, headers: Sequence[str], blocks: Iterable[Block]) -> Iterator[bytes]: ...


ENCODERS: dict[str, str] = {
    "csv": "exports.encoders.csv.CsvEncoder",
}
"""Format name -> dotted path; imported on use, because a format may need a library that is not there."""


def get_encoder(format_name: str) -> Encoder:
    """A new encoder of this format, a key of ENCODERS."""
    encoder: Encoder = import_string(ENCODERS[format_name])()
    return encoder


def media_types() -> dict[str, str]:
    """Media type -> format name, the default format first: what an Accept header may name."""
    return {import_string(path).media_type: name for name, path in ENCODERS.items()}
