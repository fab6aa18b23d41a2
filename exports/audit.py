"""The audit record of an export: opened before its first row, closed with what became of it.

The streaming transaction can write nothing, so the record is written before it and after it.
"""

import logging
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from hashlib import sha256
from typing import Any

from django.utils import timezone, translation

from .caller import Caller
from .definitions import ModelExport
from .exceptions import ExportError, Refused
from .models import ExportLog
from .parameters import ExportParameters, Selection
from .query import ExportQuery
from .stream import Progress

logger = logging.getLogger(__name__)

USER_AGENT_LENGTH = 1000
"""Browsers send 100 to 300 characters; servers allow 8,000 for a refused caller to fill records with."""


def open_record(query: ExportQuery, caller: Caller, source: str) -> ExportLog:
    """A record that says `running`, in the database."""
    return ExportLog.objects.create(
        **_from_caller(caller),
        **_from_parameters(query.parameters),
        tenant=query.scope.tenant,
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
    # Closed before the end, or Ctrl-C in a command: nobody wants the rest.
    except (GeneratorExit, KeyboardInterrupt):
        raise
    except BaseException as exception:
        outcome, error = ExportLog.Outcome.FAILED, describe(exception)
        expected = isinstance(exception, ExportError)
        level = logging.WARNING if expected else logging.ERROR
        logger.log(level, "Export %s of %s failed", record.pk, record.export_type, exc_info=not expected)
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
    if not isinstance(exception, ExportError):
        return type(exception).__qualname__
    with translation.override(None):  # one language for all records, whoever asked
        return str(exception.detail)


@contextmanager
def recorded_refusals(
    caller: Caller, definition: ModelExport, parameters: ExportParameters | None = None
) -> Iterator[None]:
    """Leaves a `denied` record of each Refused that passes, and lets it pass.

    Without `parameters`, where the caller may not so much as ask, the record names the dataset alone.
    """
    try:
        yield
    except Refused as refusal:
        if refusal.recorded:
            asked = _from_parameters(parameters) if parameters else {"export_type": definition.get_name()}
            tenant = parameters.options.tenant if parameters else None
            _record_refusal(caller, asked, tenant, refusal)
        raise


def _record_refusal(caller: Caller, asked: dict[str, Any], tenant: str | None, refusal: Refused) -> None:
    now = timezone.now()
    ExportLog.objects.create(
        **_from_caller(caller),
        **asked,
        tenant=tenant or str(caller.user.pk),
        timestamp=now,
        finished_at=now,
        outcome=ExportLog.Outcome.DENIED,
        error=describe(refusal),
    )


def _from_parameters(parameters: ExportParameters) -> dict[str, Any]:
    return {
        "export_type": parameters.definition.get_name(),
        "format": parameters.options.format,
        "columns": [column.header for column in parameters.columns],
        "filters": parameters.filters.given,
        "options": {**parameters.options.as_record(), **_from_selection(parameters.selection)},
    }


def _from_selection(selection: Selection | None) -> dict[str, Any]:
    return {} if selection is None else {"selection": dict(selection.description)}


def _from_caller(caller: Caller) -> dict[str, Any]:
    return {
        "user": str(caller.user.pk),
        "door": caller.door,
        "ip": caller.ip,
        "user_agent": caller.user_agent[:USER_AGENT_LENGTH],
    }
