"""What a user does with a webhook, each by a form of its page."""

from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse

from ...exceptions import WebhookNotFound
from ...models import WebhookDelivery
from ...notices import control
from ...notices.signing import secret_of
from ..addresses import see_other
from ..own import OwnAction
from .once import FIELD
from .views import WebhookPage

DIGITS = 10
"""More than a webhook's secrets are counted with; the database knows no larger numbers."""


class WebhookSecretView(OwnAction, WebhookPage):
    """The page with a new secret. It is in this answer alone: a form that is sent again makes no other."""

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        webhook, seen = self.webhook, request.POST.get(FIELD, "")
        if not control.rotate(webhook, int(seen) if seen.isdecimal() and len(seen) < DIGITS else None):
            return self.nothing_done(repeated=True)  # it was made, and shown
        return self.page(made=webhook, secret=secret_of(webhook))


class WebhookTestView(OwnAction, WebhookPage):
    """A message that says nothing; it stands on top of what was sent. While one waits, there is no other."""

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        tests = WebhookDelivery.objects.primary().filter(webhook=self.webhook, event=control.TEST_EVENT)
        if tests.filter(status__in=control.OPEN).exists():
            return self.nothing_done(test_waits=True)
        control.test(self.webhook)
        return see_other(self.address)


class WebhookDeliveryAgainView(OwnAction, WebhookPage):
    """Sends a message of the webhook once more. One that is on its way is left to it."""

    def act(self) -> None:
        deliveries = WebhookDelivery.objects.primary().filter(webhook=self.webhook)
        delivery = deliveries.filter(pk=self.kwargs["delivery"]).first()
        if delivery is None:
            raise WebhookNotFound
        control.send_again(delivery)


class WebhookDeleteView(OwnAction, WebhookPage):
    """Leads to the list: there is no page of the webhook any more."""

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        control.delete(self.webhook)
        return see_other(reverse("exports-web:webhooks"))
