"""An export beside the one before it: the same request, made by the same user, earlier and later."""

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Q, QuerySet
from django.template.defaultfilters import filesizeformat
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from ...models import ExportLog

NEIGHBOURS: Final = 1000
"""How many of the user's records are looked at on either side: some 15 ms each way, whatever they say."""

_OF_EACH_RUN: Final = ("since", "cursor")
"""Options that are another with each run of the same request."""


@dataclass(frozen=True, kw_only=True)
class Line:
    """What was measured, of this export and of the one before. Without a difference it is only shown."""

    label: str
    this: str
    before: str
    difference: str = ""


def last_run(record: ExportLog, records: QuerySet[ExportLog]) -> ExportLog | None:
    """The newest of `records` that asked for the same earlier, and succeeded; None where there is none."""
    earlier = Q(timestamp__lt=record.timestamp) | Q(timestamp=record.timestamp, id__lt=record.pk)
    return _nearest(record, records.filter(earlier).order_by("-timestamp", "-id"))


def next_run(record: ExportLog, records: QuerySet[ExportLog]) -> ExportLog | None:
    """The oldest one of `records` that asked for the same later, and succeeded; None where there is none."""
    later = Q(timestamp__gt=record.timestamp) | Q(timestamp=record.timestamp, id__gt=record.pk)
    return _nearest(record, records.filter(later).order_by("timestamp", "id"))


def _nearest(record: ExportLog, records: QuerySet[ExportLog]) -> ExportLog | None:
    found = records.filter(user=record.user)[:NEIGHBOURS]
    # Here and not by the database, which would read all of a user's records to find that there is none; and
    # not each of them compares JSON whatever the order of its keys.
    return next((other for other in found if _is_run_of(other, record)), None)


def _is_run_of(other: ExportLog, record: ExportLog) -> bool:
    return other.outcome == ExportLog.Outcome.SUCCEEDED and _asked(other) == _asked(record)


def _asked(record: ExportLog) -> tuple[Any, ...]:
    options = {name: value for name, value in record.options.items() if name not in _OF_EACH_RUN}
    same = (record.tenant, record.export_type, record.format)
    return *same, record.filters, record.columns, options


def lines(this: ExportLog, before: ExportLog) -> Iterator[Line]:
    """The two beside each other, in the reader's language."""
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
