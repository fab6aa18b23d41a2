"""What somebody should know before they export: what the file will lack, and what will take long."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from django.utils.formats import number_format
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from ..conf import export_settings
from ..encoders.xlsx import SHEET_ROWS
from ..exceptions import Text
from ..query import ExportQuery
from ..sources import choose_source

SLOW_ROWS: Final = 100_000
"""So many rows take a second or more where Python writes each: below that nobody asks why."""


@dataclass(frozen=True, kw_only=True)
class Caveat:
    """A short code, and sentences for people: what is so, and what they can do."""

    code: str
    text: Text


def caveats_of(query: ExportQuery, row_count: int) -> Iterator[Caveat]:
    """Those of an export of so many rows."""
    if row_count > SHEET_ROWS:
        yield from _of_excel(query)
    if masked := [header for header, column in query.parameters.chosen.items() if column.mask]:
        text = ngettext_lazy(
            "Of this column you see a part, here and in the file: {headers}.",
            "Of these columns you see a part, here and in the file: {headers}.",
            len(masked),
        )
        yield Caveat(code="masked", text=format_lazy(text, headers=", ".join(masked)))
    if row_count >= SLOW_ROWS and (hindrance := choose_source(query).hindrance):
        text = _("These rows take longer than they could, because {why}.")
        yield Caveat(code="slow_source", text=_with_job(format_lazy(text, why=hindrance)))


def _of_excel(query: ExportQuery) -> Iterator[Caveat]:
    """A sheet of Excel's has 1,048,576 rows, one of them the header's (Excel's own limit)."""
    most = number_format(SHEET_ROWS + 1, use_l10n=True, force_grouping=True)
    if query.options.format == "xlsx":
        text = _("A sheet of Excel's holds {most} rows: the file has several sheets, one after the other.")
        yield Caveat(code="excel_sheets", text=format_lazy(text, most=most))
    elif query.options.format == "csv":
        text = _(
            "Excel opens the first {most} rows of a CSV file and leaves out the others. If it is for Excel,"
            " choose the format Excel, which has several sheets then, or narrow the rows with filters."
        )
        yield Caveat(code="excel_rows", text=format_lazy(text, most=most))


def _with_job(text: Text) -> Text:
    if export_settings().storage is None:
        return text
    return format_lazy("{} {}", text, _("In the background they are fetched while you do something else."))
