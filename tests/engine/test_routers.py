"""A project's database routers are asked once for an export: its statements may not part."""

import pytest
from django.db import models

from tests.engine.models import Order


class Router:
    """Answers "default" always, and counts what it was asked for which model."""

    def __init__(self) -> None:
        self.reads: list[type[models.Model]] = []

    def db_for_read(self, model: type[models.Model], **hints: object) -> str:
        self.reads.append(model)
        return "default"


@pytest.fixture
def router(settings) -> Router:
    router = Router()
    settings.DATABASE_ROUTERS = [router]
    return router


@pytest.mark.parametrize("max_rows", [None, 5])
@pytest.mark.parametrize(
    "query",
    ["orders", "orders?columns=number", "orders?number_min=1", "orders?article=nail", "computed-orders"],
)
def test_one_answer_holds_for_the_whole_export(
    client, auth_headers, make_order, user, router, settings, query, max_rows
):
    """A router that spreads reads over replicas gives another answer each time."""
    settings.EXPORTS = {"CHUNK_SIZE": 1, "MAX_ROWS": max_rows}
    for number in range(3):
        make_order(user, number)
    router.reads.clear()
    response = client.get(f"/api/exports/{query}", headers=auth_headers)
    assert response.status_code == 200
    response.getvalue()
    assert router.reads.count(Order) <= 1


def test_the_router_is_asked(client, auth_headers, make_order, user, router):
    """Or the test above would say nothing."""
    make_order(user, 1)
    router.reads.clear()
    client.get("/api/exports/orders", headers=auth_headers).getvalue()
    assert Order in router.reads
