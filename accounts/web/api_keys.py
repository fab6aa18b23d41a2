"""One's own API keys: a list, a form for a new one, which is shown once, and the question before an end."""

import shlex
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.contrib.auth.mixins import UserPassesTestMixin
from django.db import IntegrityError, transaction
from django.db.models import Case, Q, QuerySet, When
from django.db.models.functions import Now
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import NoReverseMatch, reverse, reverse_lazy
from django.utils.decorators import method_decorator
from django.views.decorators.cache import cache_control
from django.views.generic import DetailView, FormView, View
from django.views.generic.base import ContextMixin
from django.views.generic.list import MultipleObjectMixin

from accounts.datasets import dataset_names
from accounts.forms import OwnAPIKeyForm
from accounts.models import APIKey
from accounts.web import once

KEYS_A_PAGE = 25

# Those that count still are what one looks for; those that were revoked are kept for good.
_ACTIVE_FIRST = Case(When(Q(expires_at=None) | Q(expires_at__gt=Now()), revoked_at=None, then=0), default=1)


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


class APIKeysView(OwnKeysMixin, MultipleObjectMixin, FormView):  # type: ignore[type-arg]
    """The list, and a form. The answer to the form itself shows the key: no session or cookie holds it."""

    template_name = "accounts/api_keys.html"
    form_class = OwnAPIKeyForm
    context_object_name = "keys"
    paginate_by = KEYS_A_PAGE

    def form_valid(self, form: OwnAPIKeyForm) -> HttpResponse:
        new_id = once.id_of(self.request.POST.get(once.FIELD, ""), self.request.user)
        if self._is_made(new_id):
            return self._repeated()
        try:
            with transaction.atomic():
                key, text = APIKey.objects.issue(id=new_id, user=self.request.user, **form.cleaned_data)
        except IntegrityError:
            if not self._is_made(new_id):  # by the same form, at the same moment
                raise
            return self._repeated()
        return self.render_to_response(self.get_context_data(form=self._blank(), made=key, text=text))

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"owner": self.request.user}

    def _blank(self) -> OwnAPIKeyForm:
        return OwnAPIKeyForm(owner=self.request.user)

    def _is_made(self, key_id: UUID) -> bool:
        return self.get_queryset().filter(pk=key_id).exists()

    def _repeated(self) -> HttpResponse:
        context = self.get_context_data(form=self._blank(), repeated=True)
        return self.render_to_response(context, status=409)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        keys = self.get_queryset().order_by(_ACTIVE_FIRST, "-created_at", "pk")
        context = super().get_context_data(object_list=keys, **kwargs)
        context |= {"mistakes": list(_mistakes(context["form"])), "once": once.new_id(self.request.user)}
        if "made" in context:
            context["example_line"] = _example_line(self.request, context["made"], context["text"])
        return context


def _example_line(request: HttpRequest, key: APIKey, text: str) -> str | None:
    """How curl gets a file with this key; None where there is no address for it."""
    names = key.datasets or dataset_names(request.user)
    try:
        url = request.build_absolute_uri(reverse(f"exports-api:{names[0]}")) if names else None
    except NoReverseMatch:
        return None
    return url and shlex.join(["curl", "--fail", "-OJ", "-H", f"Authorization: Api-Key {text}", url])


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
