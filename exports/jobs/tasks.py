"""The task that workers of `django.tasks` run. It carries a job's id and nothing else.

Imported where there are jobs alone: Django has tasks since 6.0.
"""

import datetime as dt
import logging
from functools import partial
from uuid import UUID

from django.db import transaction
from django.tasks import task
from django.utils import timezone

from ..conf import export_settings
from ..models import ExportJob
from .work import run_next

logger = logging.getLogger(__name__)


@task
def run_export(job_id: str) -> None:
    """Runs one job: the one whose turn it is, which need not be the one that this task was enqueued for.

    Each job has a task, and each task runs a job; but a queue knows nothing of fairness between users.
    """
    if again := run_next():
        enqueue_now(*again)


def enqueue(job_id: UUID) -> None:
    """Enqueues a task for this job once the transaction that is open has been committed."""
    transaction.on_commit(partial(enqueue_now, job_id), using=ExportJob.objects.primary().db)


def enqueue_now(job_id: UUID, after: dt.timedelta | None = None) -> bool:
    """The same at once, for a moment later. False where the queue takes none: the sweep will try again."""
    found = run_export.using(queue_name=export_settings().queue)
    try:
        if after is not None:
            if not found.get_backend().supports_defer:
                return False
            found = found.using(run_after=timezone.now() + after)
        found.enqueue(str(job_id))
    except Exception:
        logger.warning("Job %s could not be enqueued: it waits for the next sweep", job_id, exc_info=True)
        return False
    return True
