"""Saying that a job has succeeded: in its row and in its record, both or neither, and once."""

import logging
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final
from uuid import UUID

from django.db import (
    IntegrityError,
    InterfaceError,
    InternalError,
    OperationalError,
    close_old_connections,
    transaction,
)

from ..announcing import job_ended
from ..audit import write
from ..conf import export_settings
from ..exceptions import ClaimLost
from ..models import ExportJob
from .claims import RIVALS, Claim

logger = logging.getLogger(__name__)

DATABASE_DOWN: Final = (OperationalError, InterfaceError, InternalError)
"""What is raised by a database that may answer again."""

PAUSE_SECONDS: Final = 0.5


def settle(claim: Claim, record_id: UUID, result: Mapping[str, Any], **values: Any) -> None:
    """Writes `values` into the job's row, and `result` into its record.

    The file is whole by then, and may have taken hours: a database that does not answer is asked again, for
    as long as a lease. It may have written all and only its answer have been lost. Raises ClaimLost,
    JobCancelled, or what the database has raised last.
    """
    until = time.monotonic() + export_settings().job_lease_seconds
    for _ in range(RIVALS):
        with suppress(IntegrityError):
            return _settle_until(until, claim, record_id, result, values)
    return _settle_until(until, claim, record_id, result, values)


def _settle_until(
    until: float, claim: Claim, record_id: UUID, result: Mapping[str, Any], values: Mapping[str, Any]
) -> None:
    while True:
        try:
            return _settle_once(claim, record_id, result, values)
        except DATABASE_DOWN:
            if time.monotonic() > until:
                raise
            logger.warning("Job %s is not settled yet", claim.job_id, exc_info=True)
            time.sleep(PAUSE_SECONDS)
            close_old_connections()


def _settle_once(claim: Claim, record_id: UUID, result: Mapping[str, Any], values: Mapping[str, Any]) -> None:
    try:
        with transaction.atomic(using=ExportJob.objects.primary().db):
            claim.succeed(**values)
            write(record_id, result)
            job_ended(claim.job_id)
    except ClaimLost:
        if not claim.has_succeeded():
            raise
