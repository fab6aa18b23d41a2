"""One's own API keys: a list, a form for a new one, which is shown once, and the question before an end."""

from collections.abc import Iterator
from typing import Any

from django.contrib.auth.mixins import UserPassesTestMixin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse_lazy
from django.utils.decorators import method_decorator
from django.views.decorators.cache import cache_control
from django.views.generic import DetailView, FormView, View
from django.views.generic.base import ContextMixin

from accounts.forms import OwnAPIKeyForm
from accounts.models import APIKey


@method_decorator(cache_control(private=True, no_store=True), name="dispatch")
class OwnKeysMixin(UserPassesTestMixin, ContextMixin, View):
    """For active users, as all pages are; nobody else's keys exist.

    The pages hold a secret once: no cache keeps them.
    """

    request: HttpRequest
    extra_context = {"section": "api-keys"}

    def test_func(self) -> bool:
        return self.request.user.is_active  # a visitor is not: the login page leads back

    def get_queryset(self) -> QuerySet[APIKey]:
        return APIKey.objects.of(self.request.user)


class APIKeysView(OwnKeysMixin, FormView):  # type: ignore[type-arg]
    """The list, and a form. The answer to the form itself shows the key: no session or cookie holds it."""

    template_name = "accounts/api_keys.html"
    form_class = OwnAPIKeyForm

    def form_valid(self, form: OwnAPIKeyForm) -> HttpResponse:
        key, text = APIKey.objects.issue(user=self.request.user, **form.cleaned_data)
        return self.render_to_response(self.get_context_data(form=OwnAPIKeyForm(), made=key, text=text))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(keys=self.get_queryset(), **kwargs)
        return context | {"mistakes": list(_mistakes(context["form"]))}


def _mistakes(form: OwnAPIKeyForm) -> Iterator[tuple[str, str, str]]:
    """Id, label and text of each error beside a field, for the list at the top, which leads there."""
    for field in form:
        for text in field.errors:
            # Of several boxes the first: none has the name's own id.
            yield field.id_for_label or f"{field.auto_id}_0", str(field.label), str(text)


class APIKeyRevokeView(OwnKeysMixin, DetailView):  # type: ignore[type-arg]
    """Whether a key is really to be revoked, and doing it."""

    template_name = "accounts/api_key_revoke.html"
    context_object_name = "key"
    success_url = reverse_lazy("api-keys-page")

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.get_object().revoke()
        return HttpResponseRedirect(str(self.success_url))
