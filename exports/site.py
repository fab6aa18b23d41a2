"""Addresses of this service for who reads them elsewhere, in a mail or by a webhook."""

from typing import Any

from django.urls import NoReverseMatch, reverse

from .conf import export_settings


def absolute_url(name: str, *args: Any) -> str | None:
    """The whole address of a view by the name of its URL.

    None where EXPORTS["BASE_URL"] does not say where the service is, or there is no such view.
    """
    base = export_settings().base_url
    try:
        return None if base is None else base.rstrip("/") + reverse(name, args=args)
    except NoReverseMatch:
        return None
