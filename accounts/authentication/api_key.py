"""API keys: `Authorization: Api-Key <key>`."""

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from rest_framework import exceptions
from rest_framework.request import Request

from accounts import lockout
from accounts.authentication.base import Authentication, authorization
from accounts.models import APIKey, User


class APIKeyAuthentication(Authentication):
    """The user of the key, within what the key may; `request.auth` is the key.

    Unknown, expired, revoked, from a wrong address and locked out are refused alike.
    """

    scheme = "Api-Key"

    def authenticate(self, request: Request) -> tuple[User, APIKey] | None:
        text = authorization(request, self.scheme)
        if text is None:
            return None
        key = self._key(request._request, text)
        if key is None:
            raise exceptions.AuthenticationFailed(_("This API key is not valid, or not any more."))
        key.used()
        return key.user, key

    def _key(self, request: HttpRequest, text: str) -> APIKey | None:
        # Nobody guesses a key; but who tries is kept from trying, by the key's prefix and by address.
        name = f"api-key {APIKey.objects.prefix_of(text) or ''}"
        failures = lockout.failures(request, name)
        locked = lockout.too_many(failures)
        key = APIKey.objects.matching(text)
        if key is None and not locked:
            lockout.count_failure(request, name)
        if key is None or locked or key.state != APIKey.State.ACTIVE or not key.user.is_active:
            return None
        if not key.allows_address(request.META.get("REMOTE_ADDR", "")):
            return None
        if failures:
            lockout.forget(request, name)
        return key
