"""How far a job has got, as a page tells it."""

from dataclasses import dataclass

from django.utils.translation import ngettext

from ...jobs.reading import pace_of
from ...models import ExportJob

_MINUTE, _HOUR = 60, 3600


@dataclass(frozen=True)
class Progress:
    """Of a job that runs; None, and an empty text, of what cannot be told yet."""

    percent: int | None
    rows_per_second: float | None
    time_left: str


def progress_of(job: ExportJob) -> Progress:
    """As it is by what its worker has written last."""
    pace = pace_of(job)
    return Progress(
        percent=None if pace.done is None else int(pace.done * 100),
        rows_per_second=pace.rows_per_second,
        time_left="" if pace.seconds_left is None else duration(pace.seconds_left),
    )


def duration(seconds: int) -> str:
    """So many seconds, in the largest unit of which there is more than one."""
    if seconds < 2 * _MINUTE:
        return ngettext("%(count)d second", "%(count)d seconds", seconds) % {"count": seconds}
    if seconds < 2 * _HOUR:
        minutes = round(seconds / _MINUTE)
        return ngettext("%(count)d minute", "%(count)d minutes", minutes) % {"count": minutes}
    hours = round(seconds / _HOUR)
    return ngettext("%(count)d hour", "%(count)d hours", hours) % {"count": hours}
