"""Judges the texts that the database has marked, because they may be formulas (`formulas.MARKED_SQL`)."""

import re
from collections.abc import Sequence
from typing import Final

from ..formulas import MARK, escape_formula, is_formula

_MARK: Final = MARK.encode()

# Signed numbers and empty cells are marked too, and nothing else is in most lines. Neither is ever quoted.
_NUMBER: Final = rb"(?:[+-]?[0-9]++(?:[.][0-9]++)?)?"
_DOUBTFUL: Final = re.compile(_MARK + rb'(?!(?<!"' + _MARK + rb")" + _NUMBER + rb"[,\r\n])")

# From the beginning of a cell: all cells up to one that has to be judged, then its quote, mark and text.
_QUOTED: Final = rb'[^"]*+(?:""[^"]*+)*+'
_OTHER: Final = (
    rb'(?:"(?!' + _MARK + rb")" + _QUOTED + rb'"|[^",' + _MARK + rb'][^,"]*+|' + _MARK + _NUMBER + rb"|)"
)
_NEXT: Final = re.compile(
    rb"(?:" + _OTHER + rb',)*+(?P<quote>")?(?P<mark>' + _MARK + rb")"
    rb"(?P<text>(?(quote)" + _QUOTED + rb'|[^,]*+))(?(quote)")'
)


def escaped_cells(cells: Sequence[str | None]) -> Sequence[str | None]:
    """The cells of a marked column, without marks."""
    return [escape_formula(cell[1:]) if cell and cell[0] == MARK else cell for cell in cells]


def may_hold_formulas(lines: bytes) -> bool:
    """Whether any of these lines of CSV, with their ends, has to be looked at by `escaped_line`."""
    return _DOUBTFUL.search(lines) is not None


def escaped_line(line: bytes) -> bytes:
    """A line of CSV, without its end, with an apostrophe in place of the mark of each formula.

    Marks of other cells may stay. So does the same character inside of a text, where it marks nothing. At the
    beginning of a cell it is taken for a mark in any column.
    """
    parts, done, at = [], 0, 0
    while found := _NEXT.match(line, at):
        # Quotes in the text are doubled: they mean nothing to the rule.
        if is_formula(found["text"].decode()):
            parts += [line[done : found.start("mark")], b"'"]
            done = found.end("mark")
        at = found.end()
    return b"".join([*parts, line[done:]]) if parts else line
