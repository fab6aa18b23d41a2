"""Session cookies of NextAuth.js 4 and Auth.js 5 (next-auth 5, @auth/core): encrypted JSON Web Tokens.

Both encrypt to a key that is derived from the application's secret (`dir`, RFC 7518, section 4.5), and split
what is too long for one cookie. Measured against the libraries themselves: tests/accounts/nextauth.
"""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.utils.translation import gettext_lazy as _
from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import OctKey
from rest_framework import exceptions
from rest_framework.request import Request

from accounts.authentication.base import Authentication
from accounts.authentication.session import SessionAuthentication
from accounts.models import User, active_user

LEEWAY: Final = 15
"""Seconds by which clocks may differ: what both libraries allow."""


@dataclass(frozen=True, kw_only=True)
class Version:
    """How one of the two makes its cookie: its name, the encryption, and how the key comes of the secret."""

    cookie: str
    encryption: str
    key_bytes: int
    salt: Callable[[str], str]
    info: Callable[[str], str]

    def key(self, secret: str, name: str) -> OctKey:
        """The key for a cookie of this name (HKDF, RFC 5869)."""
        derivation = HKDF(
            SHA256(), self.key_bytes, salt=self.salt(name).encode(), info=self.info(name).encode()
        )
        return OctKey.import_key(derivation.derive(secret.encode()))

    def decrypted(self, token: str, name: str, secrets: list[str]) -> bytes | None:
        """What the token holds; None where none of the secrets opens it."""
        registry = jwe.JWERegistry(algorithms=["dir", self.encryption])
        for secret in secrets:
            try:
                return jwe.decrypt_compact(token, self.key(secret, name), registry=registry).plaintext
            # ValueError: of base64 and UTF-8 too. TypeError: of a header that is JSON of another shape.
            except (JoseError, ValueError, TypeError):
                continue
        return None


VERSIONS: Final = (
    Version(
        cookie="authjs.session-token",
        encryption="A256CBC-HS512",
        key_bytes=64,
        salt=lambda name: name,
        info=lambda name: f"Auth.js Generated Encryption Key ({name})",
    ),
    Version(
        cookie="next-auth.session-token",
        encryption="A256GCM",
        key_bytes=32,
        salt=lambda name: "",
        info=lambda name: "NextAuth.js Generated Encryption Key",
    ),
)


class NextAuthAuthentication(Authentication):
    """The active user whose id the cookie's `sub` is. Unsafe methods need Django's CSRF token, else 403.

    Of several such cookies the first counts: Auth.js before NextAuth.js, `__Secure-` before the plain name.
    """

    scheme = "NextAuth"
    personal = True
    prefixes: ClassVar = ("__Secure-", "")

    def authenticate(self, request: Request) -> tuple[User, None] | None:
        for version, name, token in self._found(request.COOKIES):
            claims = _claims(version.decrypted(token, name, settings.NEXTAUTH_SECRETS))
            user = active_user(claims.get("sub"))
            if user is None:
                raise exceptions.AuthenticationFailed(_("This session is not valid, or not any more."))
            SessionAuthentication().enforce_csrf(request)
            return user, None
        return None

    def _found(self, cookies: Mapping[str, str]) -> Iterator[tuple[Version, str, str]]:
        for version in VERSIONS:
            for prefix in self.prefixes:
                name = prefix + version.cookie
                token = joined(name, cookies)
                if token is not None:
                    yield version, name, token


def joined(name: str, cookies: Mapping[str, str]) -> str | None:
    """The value of a cookie that may come in pieces (`name.0`, `name.1`, …); None where there is none."""
    pieces: list[str] = []
    while (piece := cookies.get(f"{name}.{len(pieces)}")) is not None:
        pieces.append(piece)
    return "".join(pieces) if pieces else cookies.get(name)


def _claims(plaintext: bytes | None) -> dict[str, Any]:
    """The claims of a token that has not run out; none of any other."""
    try:
        claims = json.loads(plaintext or b"")
    except (ValueError, RecursionError):
        return {}
    expiry = claims.get("exp") if isinstance(claims, dict) else None
    alive = isinstance(expiry, int | float) and expiry > time.time() - LEEWAY
    return claims if alive else {}
