"""Who may open the pages."""

from typing import Any

from django.contrib.auth.mixins import AccessMixin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.views.generic import View

from ..caller import Caller
from ..exceptions import NotPermitted
from ..models import ExportLog
from ..policy.addresses import http_caller, require_address
from ..sinks.http import non_atomic


def is_poll(request: HttpRequest) -> bool:
    """Whether a page asks by itself, with htmx, and no person has asked for another page."""
    return request.headers.get("HX-Request") == "true"


class SignedInView(AccessMixin, View):
    """For active users: others are sent to the login page, which leads back; inactive ones get 403."""

    http_method_names = ["get", "head", "options"]
    asks_engine = False
    """Whether the engine looks at the address itself, and records what it refuses."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not (request.user.is_authenticated and request.user.is_active):
            response: HttpResponseBase = self.handle_no_permission()
            return response
        if not self.asks_engine:
            self._require_address()
        response = self.answer(request, *args, **kwargs)
        response.setdefault("Cache-Control", "private, no-store")  # each page holds a tenant's own
        return response

    def handle_no_permission(self) -> Any:
        """The way to the login page; for htmx one that leads the whole page there, and not a part of it."""
        response = super().handle_no_permission()
        if is_poll(self.request) and "Location" in response.headers:
            headers = {"HX-Redirect": response["Location"], "Cache-Control": "private, no-store"}
            return HttpResponse(status=204, headers=headers)
        return response

    @property
    def caller(self) -> Caller:
        """Who asks, through this door."""
        return http_caller(self.request, ExportLog.Door.WEB)

    def _require_address(self) -> None:
        try:
            require_address(self.caller)
        except NotPermitted as refusal:
            raise PermissionDenied(str(refusal.detail)) from refusal

    def answer(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """The answer to somebody who may ask."""
        return super().dispatch(request, *args, **kwargs)


class NonAtomicView(SignedInView):
    """Exempt from ATOMIC_REQUESTS: rows are read in a transaction of their own, and what is written stays.

    So does the record of a refusal, and what was done before the page tells of an error.
    """

    @classmethod
    def as_view(cls, **initkwargs: Any) -> Any:
        return non_atomic(super().as_view(**initkwargs))
