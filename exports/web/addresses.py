"""Addresses of the pages, with a choice in them."""

from django.http import QueryDict
from django.urls import NoReverseMatch, reverse


def page_address(name: str, dataset: str, params: QueryDict) -> str:
    """The address of this page (`dataset` or `download`) of a dataset, with these parameters."""
    return _with_params(reverse(f"exports-web:{name}", args=[dataset]), params)


def api_address(dataset: str, params: QueryDict) -> str | None:
    """The same choice at the REST door; None in a project that has no such door."""
    try:
        return _with_params(reverse(f"exports-api:{dataset}"), params)
    except NoReverseMatch:
        return None


def _with_params(path: str, params: QueryDict) -> str:
    # Left as they are, because people read these addresses; a query may hold all of them (RFC 3986).
    query = params.urlencode(safe=",:*/@")
    return f"{path}?{query}" if query else path
