"""The JSON of webhooks and of what is sent to them."""

from typing import Any, ClassVar

from django.urls import reverse
from rest_framework import serializers

from ..models import Webhook, WebhookDelivery
from ..notices.signing import secret_of


class WebhookLinksSerializer(serializers.Serializer[Webhook]):
    """Paths."""

    self = serializers.CharField()
    secret = serializers.CharField()
    test = serializers.CharField()
    deliveries = serializers.CharField()

    def to_representation(self, instance: Webhook) -> dict[str, Any]:
        names = {"self": "detail", "secret": "secret", "test": "test", "deliveries": "deliveries"}
        return {
            key: reverse(f"exports-api:webhook-{name}", args=[instance.pk]) for key, name in names.items()
        }


class WebhookSerializer(serializers.ModelSerializer[Webhook]):
    """A webhook, without its secret."""

    events = serializers.ListField(child=serializers.CharField())
    links = WebhookLinksSerializer(source="*")

    class Meta:
        model = Webhook
        fields: ClassVar = [
            *("id", "url", "events", "is_active", "error", "created_at", "rotated_at", "links")
        ]
        read_only_fields = fields


class WebhookSecretSerializer(WebhookSerializer):
    """A webhook with its secret, which is told this once."""

    secret = serializers.SerializerMethodField()

    class Meta(WebhookSerializer.Meta):
        fields: ClassVar = [*WebhookSerializer.Meta.fields, "secret"]
        read_only_fields = fields

    def get_secret(self, webhook: Webhook) -> str:
        return secret_of(webhook)


class DeliveryAttemptSerializer(serializers.Serializer[object]):
    """One attempt: when, how long it took, and the receiver's status or why there was none."""

    at = serializers.DateTimeField()
    seconds = serializers.FloatField()
    status = serializers.IntegerField(allow_null=True)
    error = serializers.CharField()


class DeliveryLinksSerializer(serializers.Serializer[WebhookDelivery]):
    """Paths."""

    again = serializers.CharField()

    def to_representation(self, instance: WebhookDelivery) -> dict[str, Any]:
        args = [instance.webhook_id, instance.pk]
        return {"again": reverse("exports-api:webhook-delivery-again", args=args)}


class WebhookDeliverySerializer(serializers.ModelSerializer[WebhookDelivery]):
    """What was sent, or will be, and each attempt at it."""

    job = serializers.UUIDField(source="job_id", allow_null=True)
    log = DeliveryAttemptSerializer(many=True)
    links = DeliveryLinksSerializer(source="*")

    class Meta:
        model = WebhookDelivery
        fields: ClassVar = [
            *("id", "event", "job", "status", "attempts", "unsure", "created_at", "due_at", "sent_at"),
            *("error", "payload", "log", "links"),
        ]
        read_only_fields = fields
