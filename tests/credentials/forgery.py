"""JSON Web Tokens as a forger makes them: libraries refuse to."""

import base64
import hashlib
import hmac
import json
from typing import Any

import jwt

ISSUER = AUDIENCE = "django-exports"


def encoded(part: Any) -> str:
    """base64url of JSON or of bytes, without padding (RFC 7515)."""
    octets = part if isinstance(part, bytes) else json.dumps(part).encode()
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def unsigned(claims: dict[str, Any], algorithm: str = "none") -> str:
    """`alg: none`, and no signature."""
    return f"{encoded({'alg': algorithm, 'typ': 'JWT'})}.{encoded(claims)}."


def signed_with_the_public_key(claims: dict[str, Any], public_key: bytes) -> str:
    """HS256 with the text of the public key as the secret: who trusts `alg` takes it for good."""
    text = f"{encoded({'alg': 'HS256', 'typ': 'JWT'})}.{encoded(claims)}"
    return f"{text}.{encoded(hmac.digest(public_key, text.encode(), hashlib.sha256))}"


def signed(claims: dict[str, Any], private_key: str, **changes: Any) -> str:
    """Signed by the service's own key; None as a claim's value leaves it out."""
    wanted = claims | {"iss": ISSUER, "aud": AUDIENCE} | changes
    return jwt.encode(
        {name: value for name, value in wanted.items() if value is not None}, private_key, "RS256"
    )


def tampered(text: str) -> str:
    """One character changed to another one of its kind, in the middle."""
    place = len(text) // 2
    old = text[place]
    new = ("1" if old != "1" else "2") if old.isdigit() else ("b" if old != "b" else "c")
    return text[:place] + new + text[place + 1 :]
