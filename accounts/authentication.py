"""Ways for a request to prove who it comes from. The settings list which are used, and in which order.

An authenticator answers None where its credential is absent, so that the next one is asked; where it is
present and wrong, the request is refused with 401, whatever else it carries.
"""

import logging
import re

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from rest_framework import authentication, exceptions
from rest_framework.request import Request

from accounts.models import USER_ID_PATTERN, User

csrf_logger = logging.getLogger("django.security.csrf")  # where Django itself tells it

DEVELOPMENT_HEADER = "X-User-Id"
CSRF_FAILED = _("The CSRF token is missing or wrong, or the request comes from a page of another site.")


class SessionAuthentication(authentication.SessionAuthentication):
    """Django's session cookie, of an active user; unsafe methods need the CSRF token, else 403."""

    def authenticate_header(self, request: Request) -> str:
        """Names the scheme in WWW-Authenticate; without one REST framework would answer 403, not 401."""
        return 'Session realm="api"'

    def enforce_csrf(self, request: Request) -> None:
        """REST framework's, in the language of the request; Django's reason, in English, goes to the log."""
        try:
            super().enforce_csrf(request)
        except exceptions.PermissionDenied as error:
            # repr: the reason may quote a header, with which a client could write log lines of its own.
            csrf_logger.warning("%r for %s %r", str(error.detail), request.method, request.path)
            raise exceptions.PermissionDenied(CSRF_FAILED) from error


class DevelopmentHeaderAuthentication(authentication.BaseAuthentication):
    """`X-User-Id: user-123` makes the request that user's, where the setting DEV_USER_HEADER is on.

    Where it is off the header is not read at all. An unknown or inactive user, an empty value, one that
    cannot be an id, and a repeated header (servers join the values with a comma) are refused alike.
    """

    def authenticate(self, request: Request) -> tuple[User, None] | None:
        value = request.headers.get(DEVELOPMENT_HEADER)
        if value is None or not settings.DEV_USER_HEADER:
            return None
        user = self._active_user(value)
        if user is None:
            raise exceptions.AuthenticationFailed(_("No active user has this id."))
        return user, None

    def authenticate_header(self, request: Request) -> str:
        """Names the header in WWW-Authenticate."""
        return f'{DEVELOPMENT_HEADER} realm="development"'

    def _active_user(self, value: str) -> User | None:
        if not re.match(USER_ID_PATTERN, value):
            return None
        return User.objects.filter(pk=value, is_active=True).first()
