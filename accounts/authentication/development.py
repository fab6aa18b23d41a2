"""The development header."""

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from rest_framework import exceptions
from rest_framework.request import Request

from accounts.authentication.base import Authentication
from accounts.models import User, active_user

DEVELOPMENT_HEADER = "X-User-Id"


class DevelopmentHeaderAuthentication(Authentication):
    """`X-User-Id: user-123` makes the request that user's, where the setting DEV_USER_HEADER is on.

    Where it is off the header is not read at all. An unknown or inactive user, an empty value, one that
    cannot be an id, and a repeated header (servers join the values with a comma) are refused alike.
    """

    scheme = DEVELOPMENT_HEADER
    realm = "development"
    personal = True

    def authenticate(self, request: Request) -> tuple[User, None] | None:
        value = request.headers.get(DEVELOPMENT_HEADER)
        if value is None or not settings.DEV_USER_HEADER:
            return None
        user = active_user(value)
        if user is None:
            raise exceptions.AuthenticationFailed(_("No active user has this id."))
        return user, None
