"""The file of a job as an HTTP answer: all of it, or the part that is asked for."""

import base64
import logging
from urllib.parse import quote

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response
from django.utils.http import http_date

from ..caller import Caller
from ..clients import AsgiClient
from ..conf import export_settings
from ..jobs import delivery
from ..jobs.storage import file_storage
from ..models import ExportJob
from .asynchronous import AsyncBody
from .http import close_with, set_download_headers
from .ranges import ByteRange, RangeNotSatisfiable, byte_range, is_same
from .sending import FileBody, Sending
from .transfer import negotiated

logger = logging.getLogger(__name__)


def file_response(request: HttpRequest, job: ExportJob, caller: Caller) -> HttpResponseBase:
    """The answer to GET or HEAD: 200, 206, 304, 412 or 416, the last three without a body.

    Raises what `delivery.require_file` does, FileGone where the file is missing, StorageFailed, and
    TooManyRunning.
    """
    delivery.require_file(job, caller)
    negotiated(request, negotiable=False)  # its bytes are counted: no coding may change them
    if location := _internal_location(job):
        delivery.opened(job).close()
        return _described(HttpResponse(headers={"X-Accel-Redirect": location}), job)
    plain = _described(HttpResponse(), job)
    answer = get_conditional_response(request, plain["ETag"], _modified(job), plain)
    if answer is not None and answer is not plain:
        answer.headers.setdefault("Cache-Control", plain["Cache-Control"])
        return answer
    try:
        part = _asked_for(request, job)
    except RangeNotSatisfiable:
        return _not_satisfiable(job)
    return _with_body(request, job, caller, part)


def _with_body(
    request: HttpRequest, job: ExportJob, caller: Caller, part: ByteRange | None
) -> StreamingHttpResponse:
    wanted = part or ByteRange(0, job.byte_count)
    if request.method == "HEAD":
        delivery.opened(job).close()
        response = StreamingHttpResponse(())
    else:
        response = _streamed(request, _sending(job, caller, wanted), caller)
    response["Content-Length"] = str(len(wanted))
    if part is not None:
        response.status_code = 206
        response["Content-Range"] = part.content_range(job.byte_count)
    return _described(response, job)


def _internal_location(job: ExportJob) -> str | None:
    """Where nginx finds the file by itself; None where this service sends it."""
    prefix = export_settings().x_accel
    if prefix is None:
        return None
    try:
        file_storage().path(job.stored_as)
    except NotImplementedError:  # no folder of this machine
        return None
    return f"{prefix.rstrip('/')}/{quote(job.stored_as)}"


def _described[Response: HttpResponseBase](response: Response, job: ExportJob) -> Response:
    """With what is known of the whole file, whichever part is sent."""
    response["Content-Type"] = job.media_type
    set_download_headers(response, job.filename)
    response["Accept-Ranges"] = "bytes"
    response["ETag"] = f'"{job.sha256}"'
    response["Last-Modified"] = http_date(_modified(job))
    digest = base64.b64encode(bytes.fromhex(job.sha256)).decode()
    response["Repr-Digest"] = f"sha-256=:{digest}:"  # RFC 9530
    if job.export_id:
        response["X-Export-Id"] = str(job.export_id)
    if job.cursor:
        response["X-Export-Cursor"] = job.cursor
    return response


def _modified(job: ExportJob) -> int:
    return int((job.finished_at or job.created_at).timestamp())


def _asked_for(request: HttpRequest, job: ExportJob) -> ByteRange | None:
    """The range that the request asks for, if it gets one. Raises RangeNotSatisfiable."""
    header, if_range = request.headers.get("Range"), request.headers.get("If-Range")
    if header is None or request.method != "GET":
        return None
    if if_range is not None and not is_same(if_range, f'"{job.sha256}"', _modified(job)):
        return None
    return byte_range(header, job.byte_count)


def _not_satisfiable(job: ExportJob) -> HttpResponse:
    response = HttpResponse(status=416, headers={"Content-Range": f"bytes */{job.byte_count}"})
    response["Cache-Control"] = "private, no-store"
    response["Accept-Ranges"] = "bytes"
    return response


def _sending(job: ExportJob, caller: Caller, wanted: ByteRange) -> Sending:
    name = f"The file of job {job.pk}, bytes {wanted.start} to {wanted.stop}, for user {caller.user.pk}"
    sending = Sending(caller, name, len(wanted))
    try:
        sending.comes_from(delivery.opened(job, wanted.start))
    except BaseException:
        sending.close()
        raise
    logger.info("%s is on its way to %s", name, caller.ip or "an unknown address")
    return sending


def _streamed(request: HttpRequest, sending: Sending, caller: Caller) -> StreamingHttpResponse:
    body = FileBody(sending)
    client = caller.client
    response = StreamingHttpResponse(AsyncBody(body, client) if isinstance(client, AsgiClient) else body)
    close_with(request, body)
    return response
