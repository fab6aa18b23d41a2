"""The audit record of an export: opened before its first row, closed with what became of it.

The streaming transaction can write nothing, so the record is written before it and after it.
"""

import logging
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from hashlib import sha256
from typing import Any

from django.http import QueryDict
from django.utils import timezone

from .caller import Caller
from .definitions import ModelExport
from .exceptions import ExportError, Refused
from .filtering import known_parameters
from .models import ExportLog
from .options import Options
from .query import ExportQuery
from .stream import Progress

logger = logging.getLogger(__name__)


def open_record(query: ExportQuery, caller: Caller, source: str) -> ExportLog:
    """A record that says `running`, in the database."""
    return ExportLog.objects.create(
        **_from_caller(caller),
        tenant=query.scope.tenant,
        export_type=query.dataset,
        format=query.options.format,
        columns=[column.header for column in query.columns],
        filters=query.filters,
        options=query.options.as_record(),
        outcome=ExportLog.Outcome.RUNNING,
        source=source,
    )


def audited(chunks: Generator[bytes], record: ExportLog, progress: Progress) -> Generator[bytes]:
    """Hands `chunks` through and closes `record` with the outcome.

    `succeeded` means that all of it was taken; a receiver compares size and hash to know it has it.
    """
    digest = sha256()
    outcome, error, whole = ExportLog.Outcome.CANCELLED, "", ""
    try:
        with closing(chunks):
            for chunk in chunks:
                digest.update(chunk)
                progress.bytes += len(chunk)
                yield chunk
        outcome, whole = ExportLog.Outcome.SUCCEEDED, digest.hexdigest()
    except GeneratorExit:  # closed before the end: nobody wants the rest
        raise
    except BaseException as exception:
        outcome, error = ExportLog.Outcome.FAILED, describe(exception)
        logger.exception("Export %s of %s failed", record.pk, record.export_type)
        raise
    finally:
        ExportLog.objects.filter(pk=record.pk).update(
            outcome=outcome,
            error=error,
            row_count=progress.rows,
            byte_count=progress.bytes,
            sha256=whole,
            finished_at=timezone.now(),
        )


def describe(exception: BaseException) -> str:
    """An error for the record: an engine error's own words, of any other only what it is.

    The text of a stranger's exception may hold values of the row that it met.
    """
    return exception.detail if isinstance(exception, ExportError) else type(exception).__qualname__


@contextmanager
def recorded_refusals(caller: Caller, definition: ModelExport, params: QueryDict) -> Iterator[None]:
    """Leaves a `denied` record of each Refused that passes, and lets it pass."""
    try:
        yield
    except Refused as refusal:
        if refusal.recorded:
            _record_refusal(caller, definition, params, refusal)
        raise


def _record_refusal(caller: Caller, definition: ModelExport, params: QueryDict, refusal: Refused) -> None:
    options = Options.parse(params)
    known = known_parameters(definition)
    now = timezone.now()
    ExportLog.objects.create(
        **_from_caller(caller),
        tenant=options.tenant or str(caller.user.pk),
        export_type=definition.get_name(),
        format=options.format,
        columns=options.columns or [column.header for column in definition.get_columns()],
        filters={name: params[name] for name in params if name in known},
        options=options.as_record(),
        timestamp=now,
        finished_at=now,
        outcome=ExportLog.Outcome.DENIED,
        error=refusal.detail,
    )


def _from_caller(caller: Caller) -> dict[str, Any]:
    return {
        "user": str(caller.user.pk),
        "door": caller.door,
        "ip": caller.ip,
        "user_agent": caller.user_agent,
    }
