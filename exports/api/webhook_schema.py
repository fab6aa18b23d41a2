"""What the OpenAPI document says of webhooks."""

from functools import partial
from typing import Any, Final

from ..notices.control import EVENT_NAMES
from .operations import (
    BODY_REFUSALS,
    REFUSALS,
    documented,
    id_of,
    location,
    object_of,
    refusals,
    wait,
)
from .webhook_serializers import WebhookDeliverySerializer, WebhookSecretSerializer, WebhookSerializer

_ID: Final = id_of("webhook")

_PROPERTIES: Final[dict[str, Any]] = {
    "url": {"type": "string", "maxLength": 1000, "description": "Where messages are sent, by HTTPS."},
    "events": {
        "type": "array",
        "items": {"type": "string", "enum": list(EVENT_NAMES)},
        "description": "Of which it is told; none: of all.",
    },
    "is_active": {"type": "boolean", "description": "Whether anything is sent."},
}
_EXAMPLE: Final = {"url": "https://example.com/hooks", "events": ["export.succeeded"]}

_NEW: Final = object_of(
    {name: _PROPERTIES[name] for name in ("url", "events")}, required=("url",), example=_EXAMPLE
)
_CHANGES: Final = object_of(_PROPERTIES, example={"is_active": False})

_described: Final = partial(documented, "webhooks")

LIST: Final = _described(
    "webhook_list",
    "The caller's own webhooks, newest first",
    "Pages of webhooks. A credential that is limited to datasets is refused.",
    responses={200: WebhookSerializer(many=True)} | refusals(*REFUSALS),
)

CREATE: Final = _described(
    "webhook_create",
    "Be told of the ends of jobs",
    "Messages are signed after the Standard Webhooks specification. The answer has the `secret`, this once.",
    location("webhook", 201),
    wait(503),
    request={"application/json": _NEW},
    responses={201: WebhookSecretSerializer} | refusals(*BODY_REFUSALS),
)

DETAIL: Final = _described(
    "webhook_detail",
    "One of the caller's own webhooks",
    "`error` says why it was switched off, if it was.",
    _ID,
    wait(503),
    responses={200: WebhookSerializer} | refusals(*REFUSALS),
)

CHANGE: Final = _described(
    "webhook_change",
    "Change a webhook",
    "Another address, other events, or on and off. What the body does not name stays.",
    _ID,
    wait(503),
    request={"application/json": _CHANGES},
    responses={200: WebhookSerializer} | refusals(*BODY_REFUSALS),
)

DELETE: Final = _described(
    "webhook_delete",
    "Remove a webhook, and what is told of its messages",
    "What was not sent yet is not.",
    _ID,
    wait(503),
    responses={204: None} | refusals(*REFUSALS),
)

SECRET: Final = _described(
    "webhook_secret",
    "Make a new secret",
    "For a day messages are signed with both. The answer has the new one, this once.",
    _ID,
    wait(503),
    request=None,
    responses={200: WebhookSecretSerializer} | refusals(*REFUSALS),
)

TEST: Final = _described(
    "webhook_test",
    "Send a message that says nothing",
    "To see whether it is received: the list of deliveries says so.",
    _ID,
    wait(503),
    request=None,
    responses={202: WebhookDeliverySerializer} | refusals(*REFUSALS),
)

DELIVERIES: Final = _described(
    "webhook_deliveries",
    "What was sent to a webhook, or will be, newest first",
    "Pages of messages, each with the `log` of the attempts at it.",
    _ID,
    wait(503),
    responses={200: WebhookDeliverySerializer(many=True)} | refusals(*REFUSALS),
)

AGAIN: Final = _described(
    "webhook_delivery_again",
    "Send a message once more",
    "At once, with its old id. One that waits or is being sent is left as it is.",
    _ID,
    id_of("message", "delivery"),
    wait(503),
    request=None,
    responses={202: WebhookDeliverySerializer} | refusals(*REFUSALS),
)
