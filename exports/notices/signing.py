"""Signatures of webhooks after the Standard Webhooks specification, version 1 (symmetric).

The secret of a webhook is derived from SECRET_KEY and kept nowhere: who reads the database cannot sign. While
SECRET_KEY_FALLBACKS has an older key, and for a day after a secret was changed, messages are signed with the
older secrets too, and receivers have time to be told.
"""

import base64
import datetime as dt
import hmac
from collections.abc import Iterator
from hashlib import sha256
from typing import Final

from django.conf import settings
from django.utils.crypto import salted_hmac
from django.utils.timezone import now

from ..models import Webhook

PREFIX: Final = "whsec_"
OVERLAP: Final = dt.timedelta(days=1)
"""For how long, after the last change, the secrets before it are still signed with."""

MOST: Final = 5
"""Secrets that a message is signed with: whoever changes theirs so often in a day has lost the others."""

_SALT: Final = "exports.notices.webhook"


def secret_of(webhook: Webhook) -> str:
    """What its receiver verifies with: `whsec_` and 32 bytes in base64."""
    return PREFIX + base64.b64encode(_key(webhook, webhook.generation, settings.SECRET_KEY)).decode()


def signature_headers(webhook: Webhook, message_id: str, body: bytes) -> dict[str, str]:
    """The headers that prove who has sent this body, and when: a receiver refuses what is minutes old."""
    timestamp = str(int(now().timestamp()))
    signed = f"{message_id}.{timestamp}.".encode() + body
    signatures = [base64.b64encode(hmac.digest(key, signed, sha256)).decode() for key in _keys(webhook)]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(f"v1,{signature}" for signature in signatures),
    }


def is_over(webhook: Webhook) -> bool:
    """Whether the time is over in which messages are signed with earlier secrets too."""
    return webhook.rotated_at is None or webhook.rotated_at <= now() - OVERLAP


def _keys(webhook: Webhook) -> Iterator[bytes]:
    oldest = webhook.generation if is_over(webhook) else webhook.oldest_generation
    generations = range(webhook.generation, oldest - 1, -1)
    for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        for generation in generations:
            yield _key(webhook, generation, secret)


def _key(webhook: Webhook, generation: int, secret: str | bytes) -> bytes:
    value = f"{webhook.pk}:{generation}"
    return salted_hmac(_SALT, value, secret=secret, algorithm="sha256").digest()
