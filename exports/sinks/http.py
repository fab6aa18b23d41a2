"""A stream as an HTTP response."""

from django.http import StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import content_disposition_header

from ..stream import ExportStream


def streaming_response(stream: ExportStream) -> StreamingHttpResponse:
    """The response that sends `stream` and, as Django does with whatever it streams, closes it."""
    response = StreamingHttpResponse(stream, content_type=stream.media_type)
    response["X-Export-Id"] = stream.export_id
    set_download_headers(response, stream.filename)
    return response


def headers_only(filename: str, media_type: str) -> StreamingHttpResponse:
    """The answer to HEAD: the download's headers but its id, because nothing was exported.

    It streams nothing, so that nobody gives it the Content-Length of an empty file.
    """
    response = StreamingHttpResponse((), content_type=media_type)
    set_download_headers(response, filename)
    return response


def set_download_headers(response: HttpResponseBase, filename: str) -> None:
    """What every download carries (RFC 6266 for the file name)."""
    response["Content-Disposition"] = content_disposition_header(True, filename) or "attachment"
    response["Cache-Control"] = "private, no-store"
    response["X-Content-Type-Options"] = "nosniff"
    response["X-Accel-Buffering"] = "no"
