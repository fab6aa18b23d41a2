"""JSON Lines: an object of RFC 8259 for each row, UTF-8, LF line ends."""

import re
from collections.abc import Callable, Iterable, Iterator
from json.encoder import encode_basestring
from typing import ClassVar, Final

from ..rendering import Cells
from ..values import Kind
from . import Block, CellBlock, Encoder, FileColumn, Layout, cells_of
from .text import utf8

type Tokens = list[str]

_NUMBER: Final = r"-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?(?:[eE][+-]?[0-9]++)?"
_number = re.compile(_NUMBER)
_number_lines = re.compile(rf"(?:{_NUMBER}\n)*+")


class JsonLinesEncoder(Encoder):
    """Headers as keys, in the order of the columns; NULL is `null`.

    Numbers, booleans and JSON stand as themselves, everything else as a string. Numbers have all their
    digits: a reader that keeps them as floats loses those that it has no room for. Text is whole: what CSV
    leaves out of it, JSON can escape.
    """

    label: ClassVar[str] = "JSON Lines"
    media_type = "application/x-ndjson"
    extension = "jsonl"

    def __init__(self, layout: Layout) -> None:
        super().__init__(layout)
        self._tokens = [_tokens_of(column) for column in layout.columns]
        members = ",".join(
            f"{encode_basestring(header)}:".replace("%", "%%") + "%s" for header in layout.headers
        )
        self._line = f"{{{members}}}\n"

    def encode(self, blocks: Iterable[Block]) -> Iterator[bytes]:
        empty = True
        for block in map(cells_of, blocks):
            if data := self._encoded(block):
                yield data
                empty = False
        if empty:
            yield b""

    def _encoded(self, block: CellBlock) -> bytes:
        columns = [tokens(cells) for tokens, cells in zip(self._tokens, block.columns, strict=False)]
        lines = map(self._line.__mod__, zip(*columns, strict=True))
        # JSON lets DEL stand as it is; no control character reaches a file.
        return utf8("".join(lines).replace("\x7f", "\\u007f"))


def _tokens_of(column: FileColumn) -> Callable[[Cells], Tokens]:
    return _TOKENS.get(column.kind, _strings)


def _strings(cells: Cells) -> Tokens:
    return ["null" if cell is None else encode_basestring(cell) for cell in cells]


def _plain_strings(cells: Cells) -> Tokens:
    """Of values in whose text there is nothing to escape, unless a callable has returned others."""
    text = "".join([cell for cell in cells if cell])
    if '"' in text or "\\" in text or not text.isprintable():
        return _strings(cells)
    return ["null" if cell is None else f'"{cell}"' for cell in cells]


def _numbers(cells: Cells) -> Tokens:
    """What is no number to JSON, such as NaN, is a string."""
    if _number_lines.fullmatch("".join([f"{cell}\n" for cell in cells if cell is not None])):
        return _literals(cells)
    return ["null" if cell is None else _number_or_string(cell) for cell in cells]


def _number_or_string(cell: str) -> str:
    return cell if _number.fullmatch(cell) else encode_basestring(cell)


def _documents(cells: Cells) -> Tokens:
    """JSON in JSON. A line break in it stands between two tokens, since strings escape theirs."""
    return ["null" if cell is None else cell.replace("\r", " ").replace("\n", " ") for cell in cells]


def _literals(cells: Cells) -> Tokens:
    return ["null" if cell is None else cell for cell in cells]


_TOKENS: Final[dict[Kind, Callable[[Cells], Tokens]]] = {
    Kind.JSON: _documents,
    Kind.BOOLEAN: _literals,
    Kind.KEY: _numbers,
    Kind.INTEGER: _numbers,
    Kind.DECIMAL: _numbers,
    Kind.FLOAT: _numbers,
    Kind.DURATION: _numbers,
    Kind.DATETIME: _plain_strings,
    Kind.DATE: _plain_strings,
    Kind.TIME: _plain_strings,
    Kind.UUID: _plain_strings,
    Kind.BINARY: _plain_strings,
}
