"""One shape for every error: JSON under /api/, a page elsewhere."""

from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.utils.translation import gettext as _
from django.views import csrf, defaults
from rest_framework import exceptions, permissions
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.authentication.session import CSRF_FAILED


class UnknownPathView(APIView):
    """Whatever is asked for under /api/ and does not exist: 404 in the error shape, in development too."""

    authentication_classes = ()
    permission_classes = (permissions.AllowAny,)
    schema = None

    def initial(self, request: Request, *args: object, **kwargs: object) -> None:
        raise exceptions.NotFound


def is_api(request: HttpRequest) -> bool:
    """Whether the request asks for the API, where errors are JSON."""
    return request.path.startswith("/api/")


def error_response(status: int, code: str, detail: object) -> JsonResponse:
    """An error in the API's shape and REST framework's words, for what fails before or outside of it."""
    kind = "server_error" if status >= 500 else "client_error"
    return JsonResponse(
        {"type": kind, "errors": [{"code": code, "detail": str(detail), "attr": None}]}, status=status
    )


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """400 for what Django itself refuses: a host that is not allowed, a request that is too large."""
    if is_api(request):
        return error_response(400, "bad_request", _("The request is malformed or its host is not allowed."))
    return defaults.bad_request(request, exception)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """403 of a page that needs more rights."""
    if is_api(request):
        return error_response(403, "permission_denied", exceptions.PermissionDenied.default_detail)
    return _not_cached(defaults.permission_denied(request, exception))


def _not_cached(response: HttpResponseBase) -> HttpResponseBase:
    """A page that names who is signed in; a 404 may be cached otherwise (RFC 9111)."""
    response["Cache-Control"] = "private, no-store"
    return response


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """404 of a page."""
    if is_api(request):
        return error_response(404, "not_found", exceptions.NotFound.default_detail)
    return _not_cached(defaults.page_not_found(request, exception))


def server_error(request: HttpRequest) -> HttpResponseBase:
    """500: nothing of the cause leaves the server; it stands in the log."""
    if is_api(request):
        return error_response(500, "error", exceptions.APIException.default_detail)
    return defaults.server_error(request)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 of a request whose CSRF token is missing or wrong."""
    if is_api(request):
        return error_response(403, "permission_denied", CSRF_FAILED)
    return csrf.csrf_failure(request, reason=reason)
