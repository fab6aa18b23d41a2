"""What HTTP makes of the engine: a stream as a response, an error as a status."""

from collections.abc import Callable
from typing import Any, Protocol

from django.db import connections, transaction
from django.http import HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import content_disposition_header

from ..clients import AsgiClient, client_of
from ..exceptions import (
    CellError,
    DatasetNotFound,
    EarlierRunning,
    ExportError,
    FileGone,
    FileTooLarge,
    InvalidParameters,
    JobNotFound,
    JobsUnavailable,
    LinkInvalid,
    NotAcceptable,
    NotPermitted,
    ObjectNotFound,
    PlanUnknown,
    RateLimited,
    RateUnknown,
    ReaderLeft,
    RowLimitExceeded,
    SameExportOpen,
    ScheduleNotFound,
    ServerStopping,
    SpoolLimitExceeded,
    StorageFailed,
    StorageFull,
    StorageQuotaExceeded,
    TemplateChanged,
    TemplateGone,
    TemplateNotFound,
    TimeLimitExceeded,
    TooLargeForDownload,
    TooManyJobs,
    TooManyRunning,
    WebhookNotFound,
    WrongState,
)
from ..rate import RateUsage
from ..stream import ExportStream, FileFacts
from .asynchronous import AsyncBody
from .links import set_schema_link
from .transfer import Transfer, negotiated

RETRY_AFTER = 5
"""Seconds: what a client is told to wait for when something behind the service does not answer."""

_STATUS: dict[type, int] = {
    InvalidParameters: 400,
    NotPermitted: 403,
    PlanUnknown: 403,
    DatasetNotFound: 404,
    ObjectNotFound: 404,
    JobNotFound: 404,
    TemplateNotFound: 404,
    ScheduleNotFound: 404,
    WebhookNotFound: 404,
    LinkInvalid: 404,
    NotAcceptable: 406,
    CellError: 409,
    SameExportOpen: 409,
    WrongState: 409,
    TemplateChanged: 409,
    TemplateGone: 409,
    EarlierRunning: 409,
    FileGone: 410,
    FileTooLarge: 413,
    RowLimitExceeded: 413,
    StorageQuotaExceeded: 413,
    TooLargeForDownload: 413,
    RateLimited: 429,
    TooManyJobs: 429,
    JobsUnavailable: 503,
    StorageFailed: 503,
    StorageFull: 503,
    RateUnknown: 503,
    TooManyRunning: 503,
    SpoolLimitExceeded: 413,
    TimeLimitExceeded: 503,
    ServerStopping: 503,
    ReaderLeft: 503,  # read by nobody
}


def status_code(error: ExportError) -> int:
    """The status that says the same (RFC 9110); 500 where the table has no base of the error."""
    return next((_STATUS[cls] for cls in type(error).__mro__ if cls in _STATUS), 500)


def set_status(response: HttpResponseBase, error: ExportError) -> None:
    """The status of this error, and Retry-After where the same request may succeed later."""
    response.status_code = status_code(error)
    if isinstance(error, RateLimited):
        response["Retry-After"] = str(error.retry_after)
        set_rate_headers(response, error.usage)
    elif response.status_code in (429, 503):
        response["Retry-After"] = str(RETRY_AFTER)


def rate_headers(usage: RateUsage | None) -> dict[str, str]:
    """How far the caller's rate is used up (draft-ietf-httpapi-ratelimit-headers-06); none without a rate."""
    if usage is None:
        return {}
    return {
        "RateLimit-Limit": str(usage.rate.count),
        "RateLimit-Remaining": str(usage.remaining),
        "RateLimit-Reset": str(usage.reset),
        "RateLimit-Policy": f"{usage.rate.count};w={usage.rate.seconds}",
    }


def set_rate_headers(response: HttpResponseBase, usage: RateUsage | None) -> None:
    """`rate_headers` on a response."""
    for name, value in rate_headers(usage).items():
        response[name] = value


def non_atomic[View: Callable[..., Any]](view: View) -> View:
    """Exempts a view from ATOMIC_REQUESTS on every database.

    Such a transaction ends before the body streams; and where the stream's own is a savepoint of it, the
    stream's rollback takes the audit record with it.
    """
    for alias in connections:
        view = transaction.non_atomic_requests(using=alias)(view)
    return view


def streaming_response(request: HttpRequest, stream: ExportStream) -> StreamingHttpResponse:
    """The response that sends `stream` and, as Django does with whatever it streams, closes it."""
    facts = stream.facts
    transfer = negotiated(request, negotiable=not facts.dense and stream.progress.size is None)
    coded = transfer.of(stream)
    body = AsyncBody(coded, stream.client) if isinstance(stream.client, AsgiClient) else coded
    response = StreamingHttpResponse(body, content_type=facts.media_type)
    _set_facts(response, facts, transfer)
    response["X-Export-Id"] = stream.export_id
    if facts.cursor:
        response["X-Export-Cursor"] = facts.cursor
    if stream.progress.size is not None:
        response["Content-Length"] = str(stream.progress.size)
    close_with(request, stream)
    return response


class Closable(Protocol):
    """What has an end that somebody must ask for."""

    def close(self) -> None: ...


def close_with(request: HttpRequest, stream: Closable) -> None:
    """Closes the stream with the request too, which Django does even where a middleware dropped the response.

    REST framework holds response and request in a cycle: nothing would end the export before the next
    collection of garbage.
    """
    close = request.close

    def close_both() -> None:
        stream.close()
        close()

    request.close = close_both  # type: ignore[method-assign]


def headers_only(request: HttpRequest, facts: FileFacts) -> StreamingHttpResponse:
    """The answer to HEAD: the download's headers but its id and cursor, because nothing was exported.

    It streams nothing, so that nobody gives it the Content-Length of an empty file.
    """
    response = StreamingHttpResponse((), content_type=facts.media_type)
    negotiable = not facts.dense and not client_of(request).needs_length
    _set_facts(response, facts, negotiated(request, negotiable=negotiable))
    return response


def _set_facts(response: HttpResponseBase, facts: FileFacts, transfer: Transfer) -> None:
    transfer.set_headers(response)
    set_download_headers(response, facts.filename)
    set_schema_link(response, facts.parameters)
    set_rate_headers(response, facts.usage)


def set_download_headers(response: HttpResponseBase, filename: str) -> None:
    """What every download carries (RFC 6266 for the file name)."""
    response["Content-Disposition"] = content_disposition_header(True, filename) or "attachment"
    response["Cache-Control"] = "private, no-store"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cross-Origin-Resource-Policy"] = "same-origin"  # nobody else's page embeds one
    response["X-Accel-Buffering"] = "no"
    response["Accept-Ranges"] = "none"  # RFC 9110, 14.3: a stream has no parts to ask for
