"""`manage.py clean_exports`: removes what is over, and looks after what was lost. For cron."""

import datetime as dt
from typing import Any, Final

from django.apps import apps
from django.core.management import BaseCommand, CommandParser
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from ... import forgetting
from ...jobs import storage, sweeping
from ...lost import close_lost_records
from ..arguments import UsageError
from ..failures import reported

MOST_DAYS: Final = 36_500
TASK: Final = "exports.jobs.tasks.run_export"
HUNG: Final = dt.timedelta(days=7)
"""A task that has run for so long has died with its worker: django-tasks-db leaves it running for ever."""

_COUNTS: Final = (
    *("lost", "back", "again", "expired", "nobody", "old", "tasks", "orphans"),
    *("saved", "runs", "messages"),
)


class Command(BaseCommand):
    def add_arguments(self, parser: CommandParser) -> None:
        parser.description = _(
            "Closes the records of killed processes, takes jobs back from killed workers, and removes files "
            "that have expired or that no job stands for, what belonged to users who are gone, and old jobs, "
            "runs of schedules, mails and webhook messages."
        )
        parser.epilog = _("Exit codes: 0 done; 1 failed; 2 something asked for is not valid.")
        parser.add_argument(
            "--days",
            metavar="N",
            default=str(sweeping.KEPT.days),
            help=_(
                "for how long a job without a file is told of after its end, and mails and webhook messages "
                "(default: %(default)s)"
            ),
        )

    def handle(self, *args: Any, **options: Any) -> None:
        with reported():
            kept = _duration(options["days"])
            counts = dict.fromkeys(_COUNTS, 0)
            counts["lost"] = close_lost_records()
            try:
                counts["saved"] = forgetting.remove_what_is_nobodys()
                counts["runs"] = forgetting.remove_old_runs()
                counts["messages"] = forgetting.remove_old_messages(kept)
                if storage.is_configured():
                    _clean(counts, kept)
            finally:
                if options["verbosity"]:
                    self.stdout.write(_summary(counts))


def _clean(counts: dict[str, int], kept: dt.timedelta) -> None:
    """Does all of it, and counts. Raises StorageFailed, last of all."""
    counts["back"] = sweeping.take_back()
    counts["again"] = sweeping.enqueue_stale()
    counts["expired"] = sweeping.expire()
    counts["nobody"] = sweeping.remove_jobs_of_nobody()
    counts["old"] = sweeping.remove_old_jobs(kept)
    counts["tasks"] = _remove_tasks(kept)
    counts["orphans"] = sweeping.remove_orphans()


def _remove_tasks(kept: dt.timedelta) -> int:
    """Removes tasks of ours that are over, where django-tasks-db keeps them. Returns how many."""
    if not apps.is_installed("django_tasks_db"):
        return 0
    now = timezone.now()
    ended = Q(status__in=["SUCCESSFUL", "FAILED"], finished_at__lt=now - kept)
    hung = Q(status="RUNNING", started_at__lt=now - max(kept, HUNG))
    tasks = apps.get_model("django_tasks_database", "DBTaskResult")._default_manager
    count: int = tasks.filter(ended | hung, task_path=TASK).delete()[0]
    return count


def _duration(text: str) -> dt.timedelta:
    """Raises UsageError."""
    if not (text.isascii() and text.isdigit()) or int(text[:9]) > MOST_DAYS or len(text) > 9:
        raise UsageError(_("--days: Give a number of days, from 0 to %(most)s.") % {"most": f"{MOST_DAYS:,}"})
    return dt.timedelta(days=int(text))


def _summary(counts: dict[str, int]) -> str:
    text = _(
        "Lost records closed: %(lost)s. Jobs taken back: %(back)s, enqueued again: %(again)s. Files expired: "
        "%(expired)s, without a job: %(orphans)s. Removed: %(nobody)s jobs of nobody, %(old)s old jobs, "
        "%(tasks)s old tasks, %(runs)s old runs, %(messages)s old mails and webhook messages, %(saved)s "
        "templates, cursors, schedules and webhooks of nobody."
    )
    return text % {name: f"{count:,}" for name, count in counts.items()}
