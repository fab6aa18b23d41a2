"""Closes the records of exports whose process was killed: it could not do so itself."""

import datetime as dt
import logging
import os
import threading
import time
from collections import defaultdict
from uuid import UUID

from django.db import DatabaseError, connections, router
from django.db.models import QuerySet
from django.utils import timezone

from . import running
from .audit import describe, write_unwritten
from .conf import export_settings
from .exceptions import DatasetNotFound, ProcessLost
from .models import ExportLog
from .policy import leases
from .registry import registry

logger = logging.getLogger(__name__)

GRACE = dt.timedelta(seconds=10)
"""A record is opened a moment before its export takes the lock; a connection may take seconds to be made."""

SWEEP_SECONDS = 20
"""With GRACE and PostgreSQL's two seconds to see a dead client, a record is closed within 60 seconds."""

OVERDUE = dt.timedelta(seconds=60)
"""On a database without leases: how long after the time limit an export counts as lost."""


def close_lost_records() -> int:
    """Closes them as `failed` and returns how many. Where a database does not answer, its records wait."""
    write_unwritten()
    open_records = ExportLog.objects.filter(outcome=ExportLog.Outcome.RUNNING)
    found = open_records.filter(timestamp__lt=timezone.now() - GRACE).exclude(pk__in=running.ids())
    by_database: defaultdict[str, set[UUID]] = defaultdict(set)
    for record_id, dataset in found.order_by().values_list("pk", "export_type"):
        by_database[_database(dataset)].add(record_id)
    return sum(_close(open_records, using, export_ids) for using, export_ids in by_database.items())


def _close(open_records: QuerySet[ExportLog], using: str, export_ids: set[UUID]) -> int:
    records = open_records.filter(pk__in=export_ids)
    if leases.can_tell(using):
        try:
            records = records.filter(pk__in=leases.lost(export_ids, using))
        except DatabaseError:
            logger.warning("Database %s does not tell which exports live", using, exc_info=True)
            return 0
    elif limit := export_settings().max_seconds:
        records = records.filter(timestamp__lt=timezone.now() - dt.timedelta(seconds=limit) - OVERDUE)
    else:
        return 0
    closed = records.update(
        outcome=ExportLog.Outcome.FAILED, error=describe(ProcessLost()), finished_at=timezone.now()
    )
    if closed:
        logger.warning("%s exports were lost with their process", closed)
    return closed


def _database(dataset: str) -> str:
    """Where the rows of the dataset come from, as far as it is still known."""
    try:
        return registry.get(dataset).get_queryset().db
    except DatasetNotFound:
        return router.db_for_read(ExportLog)


def start_sweeping() -> None:
    """Closes lost records now and from now on, in a thread of this process and of each forked from it."""
    global _sweeping
    if not _sweeping:
        _sweeping = True
        os.register_at_fork(after_in_child=_start_thread)
        _start_thread()


_sweeping = False


def _start_thread() -> None:
    threading.Thread(target=_sweep, name="exports-sweep", daemon=True).start()


def _sweep() -> None:
    while True:
        try:
            close_lost_records()
        except Exception:
            logger.warning("Lost exports could not be looked for", exc_info=True)
        finally:
            connections.close_all()
        time.sleep(SWEEP_SECONDS)
