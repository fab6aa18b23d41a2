"""Exports of what is new: each leaves a cursor, and the next one takes the rows that were created since."""

import datetime as dt
import re
from dataclasses import dataclass
from typing import Any, Final

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .conf import export_settings
from .exceptions import InvalidParameters, ParameterProblem, Text

START: Final = "start"
"""In place of a cursor: from the first row on."""

_CURSOR = re.compile(r"[0-9]{8}T[0-9]{6}\.[0-9]{6}Z")
_FORMAT: Final = "%Y%m%dT%H%M%S.%fZ"


@dataclass(frozen=True, kw_only=True)
class Window:
    """The moments of creation that an export takes: after `since`, up to and including `until`.

    Without `is_bounded` it takes every row, and `until` is where the next one can go on.
    """

    until: dt.datetime
    since: dt.datetime | None = None
    is_bounded: bool = False

    @property
    def cursor(self) -> str:
        """What the next export takes as `since`."""
        return self.until.strftime(_FORMAT)

    def filter(self, rows: QuerySet[Any], field: str) -> QuerySet[Any]:
        """Those of `rows` that were created in it."""
        if not self.is_bounded:
            return rows
        rows = rows.filter(**{f"{field}__lte": _stored(self.until)})
        return rows if self.since is None else rows.filter(**{f"{field}__gt": _stored(self.since)})


def window(since: str | None, created_field: str) -> Window | None:
    """The window of an export that was asked for with `since`; None for a dataset without a creation time.

    It ends SINCE_MARGIN before now: a row that is committed later than that after it was created is missed.
    Raises InvalidParameters.
    """
    if not created_field:
        if since is not None:
            raise _problem("does_not_apply", _("This dataset does not say when its rows were created."))
        return None
    now = timezone.now() if settings.USE_TZ else timezone.make_aware(timezone.now())
    until = now.astimezone(dt.UTC) - dt.timedelta(seconds=export_settings().since_margin)
    if since is None:
        return Window(until=until)
    if since == START:
        return Window(until=until, is_bounded=True)
    moment = _moment(since)
    if moment > now:
        raise _problem("invalid", _("This cursor lies in the future."))
    return Window(until=max(until, moment), since=moment, is_bounded=True)


def _moment(cursor: str) -> dt.datetime:
    try:
        if _CURSOR.fullmatch(cursor):
            return dt.datetime.strptime(cursor, _FORMAT).replace(tzinfo=dt.UTC)
    except ValueError:  # such as a 31 February
        pass
    raise _problem("invalid", _("Give the cursor of an earlier export, or: start."))


def _stored(moment: dt.datetime) -> dt.datetime:
    return moment if settings.USE_TZ else timezone.make_naive(moment)


def _problem(code: str, detail: Text) -> InvalidParameters:
    return InvalidParameters([ParameterProblem("since", code, detail)])
