"""How many exports run at the same time: the records that say `running`, if their process lives."""

from typing import Any

from django.db import router

from .conf import export_settings
from .exceptions import TooManyRunning
from .lost import close_lost_records
from .models import ExportLog


def require_room(user: Any) -> None:
    """Raises TooManyRunning where one more export of this user would be more than may run."""
    # Those of killed processes are looked for only where they would stand in the way.
    if _exceeded(str(user.pk), 1) and not (close_lost_records() and not _exceeded(str(user.pk), 1)):
        raise TooManyRunning


def require_still_room(record: ExportLog) -> None:
    """The same once the export's record is there to be counted by others.

    Of two that come at once, both may be turned away; never are more let in than may run.
    """
    if _exceeded(record.user, 0):
        raise TooManyRunning


def _exceeded(user: str, more: int) -> bool:
    settings = export_settings()
    # Not of a replica, which may not know of the newest.
    records = ExportLog.objects.using(router.db_for_write(ExportLog))
    running = records.filter(outcome=ExportLog.Outcome.RUNNING).order_by()
    # Jobs hold no thread of a server: how many run is for the workers to say.
    running = running.exclude(door=ExportLog.Door.JOB)
    limits = (
        (settings.max_concurrent, running),
        (settings.max_concurrent_per_user, running.filter(user=user)),
    )
    return any(limit is not None and found.count() + more > limit for limit, found in limits)
