"""The audit record of an export: opened before its first row, closed with what became of it.

The streaming transaction can write nothing, so the record is written before it and after it.
"""

import logging
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from contextvars import Context, copy_context
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.db import Error as DatabaseFailure
from django.db import InterfaceError, InternalError, OperationalError
from django.utils import timezone

from . import metrics
from .caller import Caller
from .columns import Column
from .definitions import ModelExport
from .exceptions import Cancelled, ExportError, Refused
from .models import ExportLog
from .parameters import ExportParameters, Selection
from .query import ExportQuery
from .recorded import describe
from .running import Run
from .stream import Progress

logger = logging.getLogger(__name__)

USER_AGENT_LENGTH = 1000
"""Browsers send 100 to 300 characters; servers allow 8,000 for a refused caller to fill records with."""


@contextmanager
def opened_record(query: ExportQuery, caller: Caller, source: str) -> Iterator[ExportLog]:
    """A record that says `running`, in the database; gone again where the export is turned away after all."""
    record = ExportLog.objects.create(
        **_from_caller(caller),
        **_from_parameters(query.parameters),
        tenant=query.scope.tenant,
        outcome=ExportLog.Outcome.RUNNING,
        source=source,
    )
    try:
        yield record
    except BaseException:
        with suppress(DatabaseFailure):  # then it is closed as lost
            record.delete()
        raise


def audited(
    chunks: Generator[bytes],
    record: ExportLog,
    progress: Progress,
    run: Run,
    deliver: Callable[[Mapping[str, Any]], None] | None = None,
) -> Generator[bytes]:
    """Hands `chunks` through and closes `record` with the outcome. The export is under way as long.

    `succeeded` means that all of it was taken; a receiver compares size and hash to know it has it. With
    `deliver` it means that the file is kept: that is given what the record is to say, and writes it.
    """
    # The end may come when the request is over: it is told with what the log knew of it at the start.
    context = copy_context()
    digest = sha256()
    record.outcome, failure, written = ExportLog.Outcome.RUNNING, None, False
    with run:
        try:
            metrics.started(record)
            _tell(record)
            with closing(chunks):
                for chunk in chunks:
                    digest.update(chunk)
                    progress.bytes += len(chunk)
                    yield chunk
            record.outcome, record.sha256 = ExportLog.Outcome.SUCCEEDED, digest.hexdigest()
            if deliver is not None:
                _measure(record, progress)
                deliver(_result(record, None))
                written = True
        # Closed before the end, or Ctrl-C in a command: nobody wants the rest.
        except (GeneratorExit, KeyboardInterrupt, Cancelled):
            record.outcome = ExportLog.Outcome.CANCELLED
            raise
        except BaseException as exception:
            failure = exception
            raise
        finally:
            if not written:
                _measure(record, progress)
            _close(record, failure, context, written=written)


def _measure(record: ExportLog, progress: Progress) -> None:
    record.row_count, record.byte_count = progress.rows, progress.bytes
    record.finished_at = timezone.now()


_RESULT = ("outcome", "error", "sha256", "row_count", "byte_count", "finished_at")

_unwritten: dict[UUID, dict[str, Any]] = {}
"""What has become of exports whose records could not be closed, because the database was down too."""


def _close(
    record: ExportLog, failure: BaseException | None, context: Context, *, written: bool = False
) -> None:
    """Writes what has become of the export, and tells it. Raises what the database raises, or its driver."""
    try:
        result = _result(record, failure)
        if not written:
            write(record.pk, result)
    except Exception as unreachable:
        # The last bytes have not left: the client sees an export that failed, whatever it was before.
        failure = failure or unreachable
        _unwritten[record.pk] = _result(record, failure)
        raise
    finally:
        context.run(_tell, record, failure)
        metrics.finished(record)


def _result(record: ExportLog, failure: BaseException | None) -> dict[str, Any]:
    if failure is not None:
        record.outcome, record.error, record.sha256 = ExportLog.Outcome.FAILED, describe(failure), ""
    return {name: getattr(record, name) for name in _RESULT}


def write(export_id: UUID, result: Mapping[str, Any]) -> None:
    """Writes what has become of an export."""
    # Not save(): it raises where the record is gone, as it is in a test that was rolled back.
    ExportLog.objects.filter(pk=export_id).update(**result)


def write_unwritten() -> None:
    """Closes the records of this process's exports that ended while the database was down."""
    for export_id, result in list(_unwritten.items()):
        try:
            write(export_id, result)
        except (OperationalError, InterfaceError, InternalError):
            raise  # it is down still
        except Exception:  # whoever comes next would stop here, for ever: the record is closed as lost
            logger.exception("What has become of export %s cannot be written", export_id)
        _unwritten.pop(export_id, None)


def _tell(record: ExportLog, failure: BaseException | None = None) -> None:
    """One line of the log for what has become of an export, with a traceback of what nobody expected."""
    unexpected = failure is not None and not isinstance(failure, ExportError)
    if failure is not None:
        level = logging.ERROR if unexpected else logging.WARNING
    else:  # a command says itself how it ended
        level = logging.DEBUG if record.door == ExportLog.Door.COMMAND else logging.INFO
    facts = {
        "export_id": str(record.pk),
        "dataset": record.export_type,
        "outcome": str(record.outcome),
        "rows": record.row_count,
        "bytes": record.byte_count,
    }
    logger.log(
        level,
        "Export %s of %s %s",
        record.pk,
        record.export_type,
        record.outcome,
        extra=facts,
        exc_info=failure if unexpected else None,
    )


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
        metrics.refused(definition.get_name(), refusal)
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
        "options": {
            **parameters.options.as_record(),
            **({"cursor": parameters.window.cursor} if parameters.window else {}),
            **_from_selection(parameters.selection),
            **_from_columns(parameters.chosen),
        },
    }


def _from_selection(selection: Selection | None) -> dict[str, Any]:
    return {} if selection is None else {"selection": dict(selection.description)}


def _from_columns(chosen: Mapping[str, Column]) -> dict[str, Any]:
    """Which columns were masked, and what the request called them, by the headers of the declaration."""
    masked = [column.header for column in chosen.values() if column.mask]
    renamed = {column.header: name for name, column in chosen.items() if name != column.header}
    return {name: found for name, found in (("masked", masked), ("renamed", renamed)) if found}


def _from_caller(caller: Caller) -> dict[str, Any]:
    return {
        "user": str(caller.user.pk),
        "door": caller.door,
        "ip": caller.ip,
        "user_agent": caller.user_agent[:USER_AGENT_LENGTH],
    }
