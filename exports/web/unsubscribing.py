"""The page behind the link in a mail of a schedule: no more of them, without signing in."""

from typing import Any

from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.generic import View

from ..exceptions import LinkInvalid
from ..notices.unsubscribing import subscription, unsubscribe


# Mail programs send the form by themselves (RFC 8058), with no cookie: the signature is what proves.
@method_decorator(csrf_exempt, name="dispatch")
class UnsubscribeView(View):
    """Asks, because programs open the links of mails too; a POST does it. It tells what the mail had told."""

    http_method_names = ["get", "head", "post", "options"]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            response = super().dispatch(request, *args, **kwargs)
        except LinkInvalid as error:
            raise Http404(error.detail) from error
        response["Cache-Control"] = "private, no-store"
        response["Referrer-Policy"] = "no-referrer"
        return response

    def get(self, request: HttpRequest, signature: str) -> HttpResponseBase:
        _schedule, address = subscription(signature)
        return self._page(address, done=False)

    def post(self, request: HttpRequest, signature: str) -> HttpResponseBase:
        return self._page(unsubscribe(signature), done=True)

    def _page(self, address: str, *, done: bool) -> TemplateResponse:
        title = _("No more mail of this schedule")
        context = {"title": title, "address": address, "done": done}
        return TemplateResponse(self.request, "exports/unsubscribe.html", context)
