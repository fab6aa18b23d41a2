"""Cookies: a browser sends them by itself, so unsafe methods need the CSRF token as well."""

import logging

from django.utils.translation import gettext_lazy as _
from rest_framework import authentication, exceptions
from rest_framework.request import Request

from accounts.authentication.base import Authentication

csrf_logger = logging.getLogger("django.security.csrf")  # where Django itself tells it

CSRF_FAILED = _("The CSRF token is missing or wrong, or the request comes from a page of another site.")


class SessionAuthentication(Authentication, authentication.SessionAuthentication):
    """Django's session cookie, of an active user; unsafe methods need the CSRF token, else 403."""

    scheme = "Session"
    personal = True

    def enforce_csrf(self, request: Request) -> None:
        """REST framework's, in the language of the request; Django's reason, in English, goes to the log."""
        try:
            super().enforce_csrf(request)
        except exceptions.PermissionDenied as error:
            # repr: the reason may quote a header, with which a client could write log lines of its own.
            csrf_logger.warning("%r for %s %r", str(error.detail), request.method, request.path)
            raise exceptions.PermissionDenied(CSRF_FAILED) from error
