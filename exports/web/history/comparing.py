"""An export beside the one before it: the same request, made by the same user, earlier and later."""

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.template.defaultfilters import filesizeformat
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from ...models import ExportLog
from .asked import differences


@dataclass(frozen=True, kw_only=True)
class Line:
    """What was asked or measured, of this export and of the one before.

    Without a difference it is only shown.
    """

    label: str
    this: str
    before: str
    difference: str = ""
    is_asked: bool = False


def lines(this: ExportLog, before: ExportLog) -> Iterator[Line]:
    """The two beside each other, in the reader's language; first what they asked for otherwise."""
    for label, this_said, before_said in differences(this, before):
        yield Line(label=label, this=this_said, before=before_said, is_asked=True)
    yield _line(_("Rows"), this.row_count, before.row_count, _number)
    yield _line(_("Size"), this.byte_count, before.byte_count, filesizeformat)
    yield _line(pgettext("of an export", "Duration"), _seconds(this), _seconds(before), _duration)
    yield _line(_("Rows a second"), _pace(this), _pace(before), _number)
    yield Line(label=_("Rows fetched by"), this=this.source or "—", before=before.source or "—")


def _line[Number: (int, float)](
    label: str, this: Number | None, before: Number | None, text: Callable[[Number], str]
) -> Line:
    return Line(
        label=label,
        this="—" if this is None else text(this),
        before="—" if before is None else text(before),
        difference="" if this is None or before is None else _signed(this - before, text),
    )


def _signed[Number: (int, float)](difference: Number, text: Callable[[Number], str]) -> str:
    """`+12` or `−12`, whatever the numbers are of; words where there is no difference."""
    if not difference:
        return _("the same")
    return f"{'+' if difference > 0 else '−'}{text(abs(difference))}"


def _seconds(record: ExportLog) -> float | None:
    if record.finished_at is None:
        return None
    return round((record.finished_at - record.timestamp) / dt.timedelta(seconds=1), 2)


def _pace(record: ExportLog) -> int | None:
    seconds = _seconds(record)
    return round(record.row_count / seconds) if seconds else None


def _number(value: int) -> str:
    return number_format(value, force_grouping=True)


def _duration(seconds: float) -> str:
    return _("%(seconds)s s") % {"seconds": number_format(seconds, 2, force_grouping=True)}
