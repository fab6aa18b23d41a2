"""Webhooks at the REST door: made, looked at, changed, tried and removed."""

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from rest_framework import status
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from ..exceptions import WebhookNotFound
from ..models import Webhook, WebhookDelivery
from ..notices import control
from .base import ObjectView
from .bodies import Fields, in_query, json_object
from .callers import caller_of
from .pagination import LogPagination
from .webhook_schema import AGAIN, CHANGE, CREATE, DELETE, DELIVERIES, DETAIL, LIST, SECRET, TEST
from .webhook_serializers import WebhookDeliverySerializer, WebhookSecretSerializer, WebhookSerializer


class WebhookEngineView(ObjectView):
    """What the views of webhooks share."""

    def own_webhook(self) -> Webhook:
        """The webhook that the path names. Raises WebhookNotFound and NotPermitted."""
        return control.own_webhook(self.object_id(WebhookNotFound), caller_of(self.request))

    def deliveries(self) -> QuerySet[WebhookDelivery]:
        """What was sent to it, or will be."""
        return WebhookDelivery.objects.primary().filter(webhook=self.own_webhook())

    def fields(self, kept: Mapping[str, Any], *known: str) -> Fields:
        """What the body says under these names, and of what it does not say, what is `kept`."""
        fields = Fields({**kept, **json_object(self.request)}, list(in_query(self.request)))
        fields.only(known)
        return fields


class WebhookListView(WebhookEngineView, ListAPIView[Webhook]):
    """The caller's own webhooks, newest first."""

    serializer_class = WebhookSerializer
    pagination_class = LogPagination

    @LIST
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)

    @CREATE
    def post(self, request: Request) -> Response:
        fields = self.fields({}, "url", "events")
        url, events = fields.text("url"), fields.texts("events")
        fields.finish()
        webhook = control.create(caller_of(request), url, events)
        answer = Response(WebhookSecretSerializer(webhook).data, status=status.HTTP_201_CREATED)
        answer["Location"] = reverse("exports-api:webhook-detail", args=[webhook.pk])
        return answer

    def get_queryset(self) -> QuerySet[Webhook]:
        return control.own_webhooks(caller_of(self.request))


class WebhookDetailView(WebhookEngineView):
    """One of the caller's own webhooks."""

    @DETAIL
    def get(self, request: Request, pk: str) -> Response:
        return Response(WebhookSerializer(self.own_webhook()).data)

    @CHANGE
    def patch(self, request: Request, pk: str) -> Response:
        webhook = self.own_webhook()
        kept = {"url": webhook.url, "events": webhook.events, "is_active": webhook.is_active}
        fields = self.fields(kept, *kept)
        url, events, is_active = fields.text("url"), fields.texts("events"), fields.flag("is_active")
        fields.finish()
        control.change(webhook, url, events, is_active=is_active)
        return Response(WebhookSerializer(webhook).data)

    @DELETE
    def delete(self, request: Request, pk: str) -> Response:
        control.delete(self.own_webhook())
        return Response(status=status.HTTP_204_NO_CONTENT)


class WebhookSecretView(WebhookEngineView):
    """Makes a new secret, and tells it."""

    @SECRET
    def post(self, request: Request, pk: str) -> Response:
        webhook = self.own_webhook()
        control.rotate(webhook)
        return Response(WebhookSecretSerializer(webhook).data)


class WebhookTestView(WebhookEngineView):
    """Sends a message that says nothing."""

    @TEST
    def post(self, request: Request, pk: str) -> Response:
        delivery = control.test(self.own_webhook())
        return Response(WebhookDeliverySerializer(delivery).data, status=status.HTTP_202_ACCEPTED)


class WebhookDeliveriesView(WebhookEngineView, ListAPIView[WebhookDelivery]):
    """What was sent to one webhook, newest first."""

    serializer_class = WebhookDeliverySerializer
    pagination_class = LogPagination

    @DELIVERIES
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)

    def get_queryset(self) -> QuerySet[WebhookDelivery]:
        return self.deliveries()


class WebhookDeliveryAgainView(WebhookEngineView):
    """Sends one of them once more."""

    @AGAIN
    def post(self, request: Request, pk: str, delivery: str) -> Response:
        control.send_again(self._delivery())
        return Response(WebhookDeliverySerializer(self._delivery()).data, status=status.HTTP_202_ACCEPTED)

    def _delivery(self) -> WebhookDelivery:
        found = self.deliveries().filter(pk=self.object_id(WebhookNotFound, "delivery")).first()
        if found is None:
            raise WebhookNotFound
        return found
