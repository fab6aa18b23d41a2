"""Requests are UTF-8, whatever charset their Content-Type names.

Django decodes query string and form in that charset, which may be any codec of Python's: `hex` raises before
a middleware could answer, and `unicode_escape` makes text that no database takes.
"""

from typing import Any

from django.core.handlers.asgi import ASGIRequest
from django.core.handlers.wsgi import WSGIRequest
from django.utils.http import parse_header_parameters


class _UTF8:
    """Reads the Content-Type for its media type alone. One that cannot be read counts as none."""

    content_type: str | None
    content_params: dict[str, str] | None

    def _set_content_type_params(self, meta: dict[str, Any]) -> None:
        try:
            self.content_type, self.content_params = parse_header_parameters(meta.get("CONTENT_TYPE", ""))
        except (TypeError, ValueError):  # TypeError: from Python's own reader of parameters, `a*=1; a*0=2`
            meta["CONTENT_TYPE"] = ""
            self.content_type, self.content_params = "", {}


class UTF8WSGIRequest(_UTF8, WSGIRequest):
    """For the handler of wsgi.py."""


class UTF8ASGIRequest(_UTF8, ASGIRequest):
    """For the handler of asgi.py."""
