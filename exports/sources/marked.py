"""Judges the texts that the database has marked, because they may be formulas (`formulas.MARKED_SQL`)."""

import re
from collections.abc import Sequence
from typing import Final

from ..formulas import MARK, escape_formula, is_formula

_MARK: Final = MARK.encode()

# Not the numbers and empty cells that are marked too: most lines have nothing else. None of them is quoted.
_UNQUOTED: Final = rb'(?<!"' + _MARK + rb")"
_DOUBTFUL: Final = re.compile(_MARK + rb"(?!" + _UNQUOTED + rb"(?:[+-]?[0-9]++(?:[.][0-9]++)?)?[,\r\n])")
# A cell that is quoted, or not, in two groups.
_CELL: Final = re.compile(rb'"([^"]*+(?:""[^"]*+)*+)"|([^,"]++)')


def escaped_cells(cells: Sequence[str | None]) -> Sequence[str | None]:
    """The cells of a marked column, without marks."""
    return [escape_formula(cell[1:]) if cell and cell[0] == MARK else cell for cell in cells]


def may_hold_formulas(lines: bytes) -> bool:
    """Whether any of these lines of CSV has to be looked at by `escaped_line`."""
    return _DOUBTFUL.search(lines) is not None


def escaped_line(line: bytes) -> bytes:
    """A line of CSV, without its end, with an apostrophe in place of the mark of each formula.

    Marks of other cells may stay. So does the same character inside of a text, where it marks nothing.
    """
    return _CELL.sub(_judged, line)


def _judged(cell: re.Match[bytes]) -> bytes:
    text = cell[1] or cell[2] or b""
    # Quotes are doubled in it still: they mean nothing to the rule.
    if not text.startswith(_MARK) or not is_formula(text[1:].decode()):
        return cell[0]
    return cell[0].replace(_MARK, b"'", 1)
