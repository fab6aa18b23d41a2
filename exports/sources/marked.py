"""Judges the texts that the database has marked, because they may be formulas (`formulas.MARKED_SQL`)."""

import re
from collections.abc import Sequence
from typing import Final

from ..formulas import MARK, escape_formula, is_formula

_MARK: Final = MARK.encode()


def escaped_cells(cells: Sequence[str | None]) -> Sequence[str | None]:
    """The cells of a marked column, without marks."""
    return [escape_formula(cell[1:]) if cell and cell[0] == MARK else cell for cell in cells]


class Judge:
    """Judges lines of CSV with this delimiter."""

    def __init__(self, delimiter: str) -> None:
        comma = re.escape(delimiter.encode())
        # Signed numbers and empty cells are marked too, and nothing else is in most lines. Neither is ever
        # quoted.
        number = rb"(?:[+-]?[0-9]++(?:[.][0-9]++)?)?"
        self._doubtful = re.compile(
            _MARK + rb'(?!(?<!"' + _MARK + rb")" + number + rb"[" + comma + rb"\r\n])"
        )
        # From the beginning of a cell: all cells up to one that has to be judged, then its quote, mark, text.
        quoted = rb'[^"]*+(?:""[^"]*+)*+'
        plain = rb'[^"' + comma + _MARK + rb"][^" + comma + rb'"]*+'
        other = rb'(?:"(?!' + _MARK + rb")" + quoted + rb'"|' + plain + rb"|" + _MARK + number + rb"|)"
        self._next = re.compile(
            rb"(?:" + other + comma + rb')*+(?P<quote>")?(?P<mark>' + _MARK + rb")"
            rb"(?P<text>(?(quote)" + quoted + rb"|[^" + comma + rb"]*+))(?(quote)\")"
        )

    def may_hold_formulas(self, lines: bytes) -> bool:
        """Whether any of these lines, with their ends, has to be looked at by `escaped_line`."""
        return self._doubtful.search(lines) is not None

    def escaped_line(self, line: bytes) -> bytes:
        """A line, without its end, with an apostrophe in place of the mark of each formula.

        Marks of other cells may stay. So does the same character inside of a text, where it marks nothing. At
        the beginning of a cell it is taken for a mark in any column.
        """
        parts, done, at = [], 0, 0
        while found := self._next.match(line, at):
            # Quotes in the text are doubled: they mean nothing to the rule.
            if is_formula(found["text"].decode()):
                parts += [line[done : found.start("mark")], b"'"]
                done = found.end("mark")
            at = found.end()
        return b"".join([*parts, line[done:]]) if parts else line
