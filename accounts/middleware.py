"""Refused credentials in the log."""

import logging

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.deprecation import MiddlewareMixin

logger = logging.getLogger("accounts.authentication")


class RefusalLogMiddleware(MiddlewareMixin):
    """Logs each 401, whichever view gave it: the method, the path and the address, never what was offered."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if response.status_code == 401:
            # repr: a path can hold a line break, with which a client could write log lines of its own.
            # No query string: it can hold a secret.
            address = request.META.get("REMOTE_ADDR", "")
            logger.warning("401 for %s %r from %r", request.method, request.path, address)
        return response
