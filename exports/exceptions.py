"""Everything the engine raises, with the sentence that people read where nothing more exact is given.

The doors turn these into their own answers (the REST door into HTTP status codes); the engine itself
knows nothing of HTTP. The sentences are translated when they are shown, and not before.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, cast

from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from .rate import RateUsage

type Text = str | Promise
"""A text for people; a Promise is translated on use."""


@dataclass(frozen=True)
class ParameterProblem:
    """One thing wrong with one parameter: its name, a short code and a sentence for people."""

    attr: str
    code: str
    detail: Text


class ExportError(Exception):
    """The export failed. `detail` says why, `attr` names the parameter at fault.

    Without a `detail` it is the class's `message`, in which `names` stand for what is in braces.
    """

    code = "export_failed"
    message: ClassVar[Text] = _("The export failed.")

    def __init__(self, detail: Text | None = None, *, attr: str | None = None, **names: object) -> None:
        message = self.message if detail is None else detail
        self.detail = format_lazy(cast("str", message), **names) if names else message
        self.attr = attr
        super().__init__(self.detail)

    @property
    def problems(self) -> tuple[ParameterProblem, ...]:
        """What is wrong with single parameters; empty where none is at fault."""
        return (ParameterProblem(self.attr, self.code, self.detail),) if self.attr else ()


class AlreadyRegistered(ExportError):
    """An export with this name is registered already."""

    code = "already_registered"
    message = _("An export with this name is registered already.")


class DatasetNotFound(ExportError):
    """There is no export of this name."""

    code = "not_found"
    message = _("There is no export of this name.")


class ObjectNotFound(ExportError):
    """There is no such object, or it is another tenant's."""

    code = "not_found"
    message = _("There is no such object.")

    def __init__(self, attr: str) -> None:
        super().__init__(attr=attr)


class InvalidParameters(ExportError):
    """A parameter is unknown or not valid."""

    code = "invalid"

    def __init__(self, errors: Sequence[ParameterProblem]) -> None:
        self.errors = tuple(errors)
        super().__init__("; ".join(f"{error.attr}: {error.detail}" for error in errors))

    @property
    def problems(self) -> tuple[ParameterProblem, ...]:
        return self.errors


class NotAcceptable(ExportError):
    """None of the formats that were asked for can be produced."""

    code = "not_acceptable"
    message = _("None of the formats that were asked for can be produced.")


class Refused(ExportError):
    """The export is refused."""

    code = "refused"
    message = _("The export is refused.")
    recorded = True
    """Whether this refusal of a known user belongs in the audit record."""


class TooLargeForDownload(Refused):
    """The export has more rows than a download may have; a background job may make it."""

    code = "too_large_for_download"
    message = _("The export has more than {limit} rows, the limit of a download. Ask for a background job.")

    def __init__(self, limit: int) -> None:
        self.limit = limit
        super().__init__(limit=limit)


class NotPermitted(Refused):
    """The user does not have the permission for this export."""

    code = "permission_denied"
    message = _("You do not have the permission for this export.")


class RowLimitExceeded(Refused):
    """The export has more rows than the limit allows."""

    code = "row_limit_exceeded"
    message = _("The export has more than {limit} rows, the limit. Narrow it with its filters: {names}.")
    without_filters: ClassVar[Text] = _(
        "The export has more than {limit} rows, the limit, and there is no filter to narrow it with. "
        "Ask whoever runs this service for a higher limit."
    )

    def __init__(self, limit: int, filters: Sequence[str] = ()) -> None:
        self.limit = limit
        message = self.message if filters else self.without_filters
        super().__init__(message, limit=limit, names=", ".join(filters))


class RateLimited(Refused):
    """Too many exports of this dataset by this user, or with this credential; `retry_after` is in seconds."""

    code = "throttled"
    message = _("Too many exports; try again in {seconds} seconds.")

    def __init__(self, usage: RateUsage, *, recorded: bool = True) -> None:
        self.usage = usage
        self.retry_after = max(1, usage.reset)
        self.recorded = recorded
        super().__init__(seconds=self.retry_after)


class PlanUnknown(Refused):
    """The plan of the user is none of EXPORTS["PLANS"]: what it allows nobody knows."""

    code = "plan_unknown"
    message = _("Your plan is not known to this service. Ask whoever runs it.")


class RateUnknown(ExportError):
    """The counter of exports does not answer."""

    code = "service_unavailable"
    message = _("The counter of exports does not answer; try again.")


class TooManyRunning(Refused):
    """As many exports run already as may run at the same time."""

    code = "too_many_running"
    message = _("Too many exports are running; try again when one has ended.")
    recorded = False


class TooManyJobs(Refused):
    """As many background jobs of this user wait or run as may."""

    code = "too_many_jobs"
    message = _(
        "There are {limit} background jobs of yours already, the limit. Try again when one has ended."
    )
    recorded = False

    def __init__(self, limit: int) -> None:
        super().__init__(limit=limit)


class StorageQuotaExceeded(Refused):
    """The files of this user's jobs take as much space as they may."""

    code = "storage_quota_exceeded"
    message = _("Your files take as much space as they may. Delete some of them, or wait until they expire.")
    recorded = False


class JobsUnavailable(ExportError):
    """There are no background jobs here: the settings name no storage for their files."""

    code = "jobs_unavailable"
    message = _("There are no background jobs here.")


class JobNotFound(ExportError):
    """There is no such job, or it is somebody else's."""

    code = "not_found"
    message = _("There is no such job.")


class TemplateNotFound(ExportError):
    """There is no such template, or it is somebody else's and not shared."""

    code = "not_found"
    message = _("There is no such template.")


class TemplateBroken(InvalidParameters):
    """What a template says is not what its dataset takes any more."""


class ScheduleNotFound(ExportError):
    """There is no such schedule, or it is somebody else's."""

    code = "not_found"
    message = _("There is no such schedule.")


class TemplateGone(ExportError):
    """The template of a schedule was deleted, or is not shared any more."""

    code = "template_gone"
    message = _("The template was deleted, or is not shared with you any more.")


class TemplateChanged(ExportError):
    """Somebody else's template is not what it was when the schedule was saved: its user looks at it first."""

    code = "template_changed"
    message = _("The template was changed by its owner: look at it, and save the schedule again.")


class RunSkipped(ExportError):
    """The run of a schedule waited until the next one came."""

    code = "skipped"
    message = _("This run waited until the next one came.")


class EarlierRunning(ExportError):
    """A run that goes on from an earlier one has to wait for its end."""

    code = "earlier_running"
    message = _("An earlier run has not ended, and this one goes on from it.")


class WebhookNotFound(ExportError):
    """There is no such webhook, or it is somebody else's."""

    code = "not_found"
    message = _("There is no such webhook.")


class LinkInvalid(ExportError):
    """This is no link that was ever made here."""

    code = "not_found"
    message = _("This link is not valid.")


class AddressNotAllowed(ExportError):
    """Webhooks are not sent to this address: it is no public one."""

    code = "address_not_allowed"
    message = _("Webhooks are sent to public addresses alone, and this is none.")


class FileGone(ExportError):
    """The job's file is there no more."""

    code = "file_gone"
    message = _("The file is there no more.")


class LinkExpired(FileGone):
    """The link has come to its end."""

    code = "link_expired"
    message = _("The link is valid no more.")


class WrongState(ExportError):
    """The job is in no state in which this could be done."""

    code = "wrong_state"
    message = _("This cannot be done with a job that is {status}.")

    def __init__(self, status: Text) -> None:
        super().__init__(status=status)


class SameExportOpen(ExportError):
    """The same export is queued or running already."""

    code = "same_export_open"
    message = _("The same export is queued or running already.")


class StorageFailed(ExportError):
    """The storage of the files does not answer, or refuses a file."""

    code = "storage_failed"
    message = _("The storage of the files does not answer.")


class StorageFull(ExportError):
    """There is no room for the file."""

    code = "storage_full"
    message = _("There is no room for the file.")


class FileTooLarge(ExportError):
    """The file is larger than the file of a job may be."""

    code = "file_too_large"
    message = _("The file is larger than {limit} bytes, the limit. Narrow the export with filters.")

    def __init__(self, limit: int) -> None:
        super().__init__(limit=limit)


class SpoolLimitExceeded(ExportError):
    """The file is larger than what may be kept on disk for a client that speaks HTTP/1.0."""

    code = "spool_limit_exceeded"
    message = _("The file is too large for HTTP/1.0. Ask by HTTP/1.1, or narrow the export with filters.")


class TimeLimitExceeded(ExportError):
    """The export took longer than the limit."""

    code = "time_limit_exceeded"
    message = _("The export took longer than {seconds} seconds, the limit. Narrow it with filters.")

    def __init__(self, seconds: int, detail: Text | None = None) -> None:
        super().__init__(detail, seconds=seconds)


class PreviewTooSlow(TimeLimitExceeded):
    """The first rows took longer than a page waits; `jobs`: whether there are background jobs for them."""

    code = "preview_too_slow"
    message = _(
        "The first rows could not be read within {seconds} seconds."
        " Narrow the export with filters, or export without a preview."
    )
    with_jobs: ClassVar[Text] = _(
        "The first rows could not be read within {seconds} seconds."
        " Narrow the export with filters, or make the file in the background."
    )

    def __init__(self, seconds: int, *, jobs: bool) -> None:
        super().__init__(seconds, self.with_jobs if jobs else None)


class Cancelled(ExportError):
    """Nobody wants the rest of the export."""

    code = "cancelled"
    message = _("The export was cancelled.")


class JobCancelled(Cancelled):
    """The job was cancelled by who had asked for it."""


class ReaderLeft(Cancelled):
    """The client went away before the end."""

    code = "reader_left"
    message = _("The client went away before the end.")


class ReaderTooSlow(ExportError):
    """The client took fewer bytes a second than the limit."""

    code = "reader_too_slow"
    message = _("The client took less than {rate} bytes a second.")

    def __init__(self, rate: int) -> None:
        super().__init__(rate=rate)


class ServerStopping(ExportError):
    """The server is being stopped."""

    code = "server_stopping"
    message = _("The server was stopped before the end of the export.")


class ProcessLost(ExportError):
    """The process that ran the export has ended without a word."""

    code = "process_lost"
    message = _("The process that ran the export was killed.")


class ClaimLost(ExportError):
    """Another worker has the job now: this one was silent for longer than its lease."""

    code = "claim_lost"
    message = _("The worker was silent for too long, and another has taken over.")


class CellError(ExportError):
    """A cell cannot stand in the file; `row` counts from 1, without the headers."""

    code = "cell_error"
    message = _("Row {row}, column '{column}': the cell cannot stand in the file.")

    def __init__(self, row: int, column: str, **names: object) -> None:
        self.row = row
        self.column = column
        super().__init__(None, attr=None, row=row, column=column, **names)


class FormulaFound(CellError):
    """A cell holds text that a spreadsheet would run as a formula."""

    code = "formula_found"
    message = _("Row {row}, column '{column}': the cell would be run as a formula by a spreadsheet.")


class CellTooLong(CellError):
    """A cell holds more text than the format allows."""

    code = "cell_too_long"
    message = _(
        "Row {row}, column '{column}': the cell has more than {limit} characters, the limit of {format}."
    )

    def __init__(self, row: int, column: str, *, limit: int, format: str) -> None:
        super().__init__(row, column, limit=limit, format=format)


class CellNotRepresentable(CellError):
    """A cell holds a value that its type in the format has no room for, such as an infinite moment."""

    code = "cell_not_representable"
    message = _("Row {row}, column '{column}': {format} cannot hold the value.")

    def __init__(self, row: int, column: str, *, format: str) -> None:
        super().__init__(row, column, format=format)
