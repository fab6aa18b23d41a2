"""One line for each request, and an id that stands in every line written meanwhile."""

import logging
import re
import time
import uuid

import structlog
from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.encoding import escape_uri_path
from django.utils.functional import LazyObject, empty
from django_structlog.middlewares import RequestMiddleware

from exports_project.operations.monitoring import monitoring_match

logger = structlog.get_logger(__name__)

HEADER = "X-Request-ID"
# What proxies make: a UUID, a hexadecimal number, a trace's id. Nothing that could disturb a log.
SANE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}")


class RequestLogMiddleware(RequestMiddleware):
    """django-structlog's, with a line of our own when the answer begins.

    Its own lines hold query strings, and it asks the database for the user of every request. And it wraps
    the body of a streaming answer, which then does not learn at once that it is dropped; what becomes of an
    export is for the engine to say.
    """

    def prepare(self, request: HttpRequest) -> None:
        structlog.contextvars.clear_contextvars()  # what a thread's last request may have left
        request._log_begun = time.perf_counter()  # type: ignore[attr-defined]
        request._log_id = request_id(request)  # type: ignore[attr-defined]
        structlog.contextvars.bind_contextvars(request_id=request._log_id)  # type: ignore[attr-defined]

    def handle_response(self, request: HttpRequest, response: HttpResponseBase) -> None:
        response[HEADER] = request._log_id  # type: ignore[attr-defined]
        facts = {
            "method": request.method,
            "path": escape_uri_path(request.path),  # no query string: it can hold secrets
            "route": request.resolver_match.view_name if request.resolver_match else None,
            "code": response.status_code,
            "seconds": round(time.perf_counter() - request._log_begun, 4),  # type: ignore[attr-defined]
            "ip": request.META.get("REMOTE_ADDR"),
            "user_id": known_user(request),
            "export_id": response.get("X-Export-Id"),
        }
        known = {name: value for name, value in facts.items() if value is not None}
        logger.log(level(request, response), "request_finished", **known)
        structlog.contextvars.clear_contextvars()

    def process_got_request_exception(self, sender: object, request: HttpRequest, **kwargs: object) -> None:
        """Nothing: Django's own logger tells of an exception, with its traceback and the request's id."""


def request_id(request: HttpRequest) -> str:
    """The one that a proxy has given, where it is short and plain; else a new one."""
    given: str = request.headers.get(HEADER, "")
    return given if SANE.fullmatch(given) else str(uuid.uuid4())


def known_user(request: HttpRequest) -> str | None:
    """The user's id where the request has found out who asks. The log asks nobody."""
    user = vars(request).get("user")
    if isinstance(user, LazyObject) and user._wrapped is empty:
        return None
    return getattr(user, "pk", None)


def level(request: HttpRequest, response: HttpResponseBase) -> int:
    """Monitoring and static files are not worth a line; errors of ours are worth a look."""
    if is_silent(request):
        return logging.DEBUG
    if response.status_code >= 500:
        return logging.ERROR if response.status_code == 500 else logging.WARNING
    return logging.INFO


def is_silent(request: HttpRequest) -> bool:
    """What asks every few seconds, or many times for each page."""
    path = request.path_info
    return path.startswith((settings.STATIC_URL, "/favicon.ico")) or monitoring_match(path) is not None
