"""What the engine's tests share."""

import csv
import io
from collections.abc import Callable

import pytest
from django.test import Client

from tests.engine.models import Customer, Order


@pytest.fixture
def download(client: Client, auth_headers) -> Callable[..., bytes]:
    """The body of `/api/exports/<dataset>?…`, which must be 200."""

    def get(dataset: str, **params: str) -> bytes:
        response = client.get(f"/api/exports/{dataset}", params, headers=auth_headers)
        assert response.status_code == 200, response.content
        return b"".join(response.streaming_content)

    return get


@pytest.fixture
def read(download) -> Callable[..., list[list[str]]]:
    """The rows of a download, the header row left out."""

    def rows(dataset: str, **params: str) -> list[list[str]]:
        return list(csv.reader(io.StringIO(download(dataset, **params).decode(), newline="")))[1:]

    return rows


@pytest.fixture
def make_order(db) -> Callable[..., Order]:
    """make_order(tenant, number, status="new", removed=False)"""
    customer = Customer.objects.create(email="c@example.com")

    def make(tenant, number: int, **fields) -> Order:
        return Order.everything.create(
            tenant=tenant, customer=customer, number=number, **({"status": "new"} | fields)
        )

    return make
