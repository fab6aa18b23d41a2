"""From blocks of database values to blocks of text cells: values.py applied column by column.

A whole column of a block is rendered at a time, because that costs Python one call per column and not
one per cell.
"""

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Any

from .exceptions import FormulaFound
from .formulas import escape_formula, is_formula, strip_controls
from .values import BARE_TYPES, Nature, Rendering

type Cells = Sequence[str | None]
type ColumnRenderer = Callable[[Sequence[Any], int], Cells]
"""From one column's values in one block, and the number of rows before it, to cells. NULL stays None, and
control characters stay, for the encoder."""


class Formulas(StrEnum):
    """What to do with a text cell that a spreadsheet would run."""

    ESCAPE = "escape"
    REJECT = "reject"
    RAW = "raw"


def column_renderer(rendering: Rendering, header: str, formulas: Formulas) -> ColumnRenderer:
    """The function that renders one column. With `reject` it raises FormulaFound at the first such cell."""
    finish = _FINISH[formulas]

    def plain(values: Sequence[Any], before: int) -> Cells:
        return [None if value is None else rendering.python(value) for value in values]

    def text(values: Sequence[Any], before: int) -> Cells:
        return finish(plain(values, before), header, before)

    def mixed(values: Sequence[Any], before: int) -> Cells:
        # The rules are for text: -1e+15 is a number, and nothing that a spreadsheet would run.
        cells = plain(values, before)
        bare = [isinstance(value, BARE_TYPES) for value in values]
        texts = ["" if is_bare else cell for cell, is_bare in zip(cells, bare, strict=True)]
        finished = finish(texts, header, before)
        return [cell if is_bare else done for cell, done, is_bare in zip(cells, finished, bare, strict=True)]

    return {Nature.BARE: plain, Nature.TEXT: text, Nature.MIXED: mixed}[rendering.nature]


def safe_header(header: str) -> str:
    """A header cell: by the same rule as text cells."""
    return escape_formula(strip_controls(header))


def _escape(cells: Cells, header: str, before: int) -> Cells:
    return [cell and escape_formula(cell) for cell in cells]


def _reject(cells: Cells, header: str, before: int) -> Cells:
    for row, cell in enumerate(cells, before + 1):
        if cell and is_formula(cell):
            raise FormulaFound(row, header)
    return cells


def _raw(cells: Cells, header: str, before: int) -> Cells:
    return cells


_FINISH: dict[Formulas, Callable[[Cells, str, int], Cells]] = {
    Formulas.ESCAPE: _escape,
    Formulas.REJECT: _reject,
    Formulas.RAW: _raw,
}
