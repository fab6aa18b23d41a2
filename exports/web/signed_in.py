"""Who may open the pages."""

from typing import Any

from django.contrib.auth.mixins import AccessMixin
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.views.generic import View


class SignedInView(AccessMixin, View):
    """For active users: others are sent to the login page, which leads back; inactive ones get 403."""

    http_method_names = ["get", "head", "options"]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not (request.user.is_authenticated and request.user.is_active):
            return self.handle_no_permission()
        response = self.answer(request, *args, **kwargs)
        response.setdefault("Cache-Control", "private, no-store")  # each page holds a tenant's own
        return response

    def answer(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """The answer to somebody who may ask."""
        return super().dispatch(request, *args, **kwargs)
