"""The pages of webhooks: one's own, and each of them with what was sent to it."""

import datetime as dt
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django import forms
from django.db import IntegrityError
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ...exceptions import ExportError, WebhookNotFound
from ...models import ExportJob, Outgoing, Webhook, WebhookDelivery
from ...notices import control
from ...notices.signing import secret_of
from ..addresses import see_other
from ..own import OwnList, OwnPage
from ..told import ToldForm
from .once import FIELD, key_of, new_key

DELIVERIES_SHOWN = 25


class WebhookForm(ToldForm):
    """Where it is sent, and of what."""

    url = forms.CharField(
        label=gettext_lazy("Address"),
        help_text=gettext_lazy("Such as https://example.com/exports. What is sent there is signed."),
        max_length=1000,
        widget=forms.URLInput(attrs={"spellcheck": "false"}),
    )
    events = forms.MultipleChoiceField(
        label=gettext_lazy("Events"),
        help_text=gettext_lazy("Of which it is told; none chosen: of all."),
        choices=[(name, name) for name in control.EVENT_NAMES],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )


class WebhookChangeForm(WebhookForm):
    """The same, and whether anything is sent."""

    is_active = forms.BooleanField(label=gettext_lazy("Switched on"), required=False)


class WebhookListView(OwnList):
    """The user's own webhooks, and a form, whose answer shows the secret: nothing holds it."""

    http_method_names = ["get", "head", "post", "options"]
    not_found = WebhookNotFound

    def get(self, request: HttpRequest) -> HttpResponseBase:
        return self._page(WebhookForm())

    def post(self, request: HttpRequest) -> HttpResponseBase:
        form, key = WebhookForm(request.POST), key_of(request.POST.get(FIELD, ""), request.user)
        if self._is_made(key):
            return self._repeated()
        try:
            made = self.filled(form, lambda: control.create(self.caller, **form.cleaned_data, key=key))
        except IntegrityError:
            if not self._is_made(key):  # by the same form, at the same moment
                raise
            return self._repeated()
        if made is None:
            return self._page(form)
        return self._page(WebhookForm(), made=made, secret=secret_of(made))

    def _is_made(self, key: UUID) -> bool:
        return control.own_webhooks(self.caller).filter(pk=key).exists()

    def _repeated(self) -> HttpResponseBase:
        """The list, with 409: the webhook that the form asked for was made, and its secret shown."""
        response = self._page(WebhookForm(), repeated=True)
        response.status_code = 409
        return response

    def _page(self, form: WebhookForm, **context: Any) -> TemplateResponse:
        context |= {
            **self.paged(control.own_webhooks(self.caller)),
            "once": new_key(self.request.user),
            "title": _("Webhooks"),
            "section": "webhooks",
            "webhook_form": form,
        }
        return self.told("exports/webhooks.html", context, forms=[form])


class WebhookPage(OwnPage):
    """About one webhook of the user's own."""

    not_found = WebhookNotFound

    @cached_property
    def webhook(self) -> Webhook:
        return control.own_webhook(self.kwargs["pk"], self.caller)

    @property
    def address(self) -> str:
        return reverse("exports-web:webhook", args=[self.webhook.pk])

    def refused(self, error: ExportError) -> HttpResponseBase:
        vars(self).pop("webhook", None)
        return self.page(error=error)

    def page(
        self, *, error: ExportError | None = None, form: WebhookChangeForm | None = None, **context: Any
    ) -> TemplateResponse:
        """The webhook's page, with the status that says what the error says."""
        webhook = self.webhook
        form = form or WebhookChangeForm(
            initial={"url": webhook.url, "events": webhook.events, "is_active": webhook.is_active}
        )
        context |= {
            "title": _("Webhook"),
            "section": "webhooks",
            "webhook": webhook,
            "webhook_form": form,
            "deliveries": list(_deliveries(webhook)),
        }
        return self.told("exports/webhook.html", context, error=error, forms=[form])

    def nothing_done(self, **why: Any) -> TemplateResponse:
        """The page that says why nothing was done, with 409."""
        response = self.page(**why)
        response.status_code = 409
        return response


class WebhookView(WebhookPage):
    """The page of a webhook; its address and its events are changed here, and it is switched off."""

    http_method_names = ["get", "head", "post", "options"]

    def get(self, request: HttpRequest, pk: UUID) -> HttpResponseBase:
        return self.page()

    def post(self, request: HttpRequest, pk: UUID) -> HttpResponseBase:
        form, webhook = WebhookChangeForm(request.POST), self.webhook
        if self.filled(form, lambda: control.change(webhook, **form.cleaned_data)):
            return see_other(self.address)
        del self.webhook  # the page shows it as it is
        return self.page(form=form)


def _deliveries(webhook: Webhook) -> Iterator[dict[str, Any]]:
    """The newest ones, each with its attempts and whether its job is there."""
    found = WebhookDelivery.objects.primary().filter(webhook=webhook)[:DELIVERIES_SHOWN]
    deliveries = list(found)
    own = ExportJob.objects.primary().filter(
        user=webhook.user, pk__in=[delivery.job_id for delivery in deliveries if delivery.job_id]
    )
    jobs = set(own.values_list("pk", flat=True))
    for delivery in deliveries:
        yield {
            "delivery": delivery,
            "job": delivery.job_id if delivery.job_id in jobs else None,
            "attempts": [_attempt(entry) for entry in reversed(delivery.log)],
            "waits": delivery.status in (Outgoing.Status.WAITING, Outgoing.Status.SENDING),
        }


def _attempt(entry: dict[str, Any]) -> dict[str, Any]:
    """When an attempt was, and what it was answered or why it was not."""
    status = entry["status"]
    text = f"HTTP {status}" if status else entry["error"]
    return {"at": dt.datetime.fromisoformat(entry["at"]), "text": text}
