"""Pages that ask again by themselves, with htmx, for as long as something goes on.

htmx is the project's to have: without it, and without JavaScript, a link does the same.
"""

from typing import Any

from django.apps import apps
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from ..jobs import storage
from .signed_in import SignedInView, is_poll


def can_poll() -> bool:
    """Whether the project has htmx."""
    return apps.is_installed("django_htmx")


class PolledView(SignedInView):
    """A page that asks again.

    A poll that cannot be answered, because what it is about is gone or its user signed out, has the whole
    page asked for again, which tells why. So it stops, too.
    """

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not is_poll(request):
            return super().dispatch(request, *args, **kwargs)
        try:
            return super().dispatch(request, *args, **kwargs)
        except Http404:
            return reload_page(404)
        except PermissionDenied:
            return reload_page(403)

    def handle_no_permission(self) -> Any:
        response = super().handle_no_permission()
        return reload_page(204) if is_poll(self.request) else response


class JobsView(PolledView):
    """Pages of jobs: they are there where there are jobs."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not storage.is_configured():
            raise Http404
        return super().dispatch(request, *args, **kwargs)


def reload_page(status: int) -> HttpResponse:
    """Tells htmx to load the page that asks anew."""
    headers = {"HX-Refresh": "true", "Cache-Control": "private, no-store"}
    return HttpResponse(status=status, headers=headers)
