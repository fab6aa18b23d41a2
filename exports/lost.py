"""Closes the records of exports whose process was killed: it could not do so itself."""

import datetime as dt
import logging
import time
from uuid import UUID

from django.db import Error as DatabaseFailure
from django.db import connections, router
from django.db.models import Q, QuerySet
from django.utils import timezone

from . import running
from .audit import write_unwritten
from .conf import export_settings
from .exceptions import DatasetNotFound, ProcessLost
from .models import ExportLog
from .policy import leases
from .query import all_rows
from .recorded import describe
from .registry import registry

logger = logging.getLogger(__name__)

GRACE = dt.timedelta(seconds=10)
"""A record is opened a moment before its export takes the lock; a connection may take seconds to be made."""

LOOK_AGAIN_SECONDS = 1
"""A living export has no lease after its transaction, until its record is closed: mostly for milliseconds.

Where the database takes longer, its record is closed as lost, and soon after as what it was.
"""

OVERDUE = dt.timedelta(seconds=60)
"""On a database without leases: how long after the time limit an export counts as lost."""


def close_lost_records() -> int:
    """Closes them as `failed` and returns how many. Where a database does not answer, its records wait.

    Takes a second where there may be some, and none otherwise.
    """
    write_unwritten()
    found = set(_lost_records().values_list("pk", flat=True))
    if not found:
        return 0
    time.sleep(LOOK_AGAIN_SECONDS)
    closed = (
        _lost_records()
        .filter(pk__in=found)
        .update(outcome=ExportLog.Outcome.FAILED, error=describe(ProcessLost()), finished_at=timezone.now())
    )
    if closed:
        logger.warning("%s exports were lost with their process", closed)
    return closed


def _lost_records() -> QuerySet[ExportLog]:
    """Those that say `running` at this moment, though nothing shows that their process lives."""
    records = ExportLog.objects.using(router.db_for_write(ExportLog))
    open_records = records.filter(outcome=ExportLog.Outcome.RUNNING).order_by()
    found = open_records.filter(timestamp__lt=timezone.now() - GRACE).exclude(pk__in=running.ids())
    datasets = dict(found.values_list("pk", "export_type"))
    leased = {export_id for export_id, dataset in datasets.items() if leases.can_tell(_database(dataset))}
    return open_records.filter(Q(pk__in=_lost(leased)) | _overdue(datasets.keys() - leased))


def _lost(export_ids: set[UUID]) -> set[UUID]:
    """Those whose lease is held on no database: a router may have chosen any of several replicas."""
    for using in connections:
        try:
            if export_ids and leases.can_tell(using):
                export_ids = leases.lost(export_ids, using)
        except DatabaseFailure:
            logger.warning("Database %s does not tell which exports live", using, exc_info=True)
            return set()
    return export_ids


def _overdue(export_ids: set[UUID]) -> Q:
    """Those that are long past their time limit, if there is one."""
    limit = export_settings().max_seconds
    if limit is None:
        return Q(pk__in=())
    return Q(pk__in=export_ids, timestamp__lt=timezone.now() - dt.timedelta(seconds=limit) - OVERDUE)


def _database(dataset: str) -> str:
    """Where the rows of the dataset come from, as far as it is still known."""
    try:
        return all_rows(registry.get(dataset)).db
    except DatasetNotFound:
        return router.db_for_read(ExportLog)
