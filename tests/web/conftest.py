"""What the tests of the pages share: a signed-in visitor, who reads pages and downloads."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.http.response import HttpResponseBase
from django.test.utils import CaptureQueriesContext

from tests.api.conftest import named
from tests.web.html import Element, parse

type Read = Callable[..., Element]


@pytest.fixture
def visit(client, user) -> Callable[..., HttpResponseBase]:
    """visit(path, params): the answer to user-123, who is signed in; `user=…` to somebody else."""

    def visit(path: str, params: Any = None, /, *, visitor: Any = user, method: str = "get") -> Any:
        client.force_login(visitor)
        return getattr(client, method)(path, query_params=params)

    return visit


@pytest.fixture
def read(visit) -> Read:
    """read(path, params): the page, which must have that status and be HTML; redirects are not followed."""

    def read(path: str, params: Any = None, /, *, status: int = 200, **options: Any) -> Element:
        response = visit(path, params, **options)
        assert response.status_code == status, (response.status_code, response.headers)
        assert response.headers["Content-Type"] == "text/html; charset=utf-8"
        assert response.headers["Cache-Control"] == "private, no-store"
        return parse(response.content.decode())

    return read


@pytest.fixture
def queries(client, visit) -> Callable[..., list[str]]:
    """queries(path, params): those of the page, without what signing in takes."""

    def queries(path: str, params: Any = None) -> list[str]:
        visit(path, params)  # signs in, and fills the caches that last
        with CaptureQueriesContext(connection) as found:
            client.get(path, query_params=params)
        return [name for name in named(found) if not name.endswith(("django_session", "accounts_user"))]

    return queries


@pytest.fixture
def export(visit) -> Callable[..., bytes]:
    """export(dataset, **params): a whole download through the page."""

    def export(dataset: str, visitor: Any = None, **params: Any) -> bytes:
        options = {"visitor": visitor} if visitor else {}
        response = visit(f"/exports/{dataset}/download", params, **options)
        assert response.status_code == 200, response.content
        return response.getvalue()

    return export


@pytest.fixture
def poll(client, user):
    """poll(path, visitor): what htmx is answered; None is nobody who has signed in."""

    def poll(path, visitor=user):
        if visitor:
            client.force_login(visitor)
        else:
            client.logout()
        return client.get(path, headers={"HX-Request": "true"})

    return poll
