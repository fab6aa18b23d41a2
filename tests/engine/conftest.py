"""What the engine's tests share."""

import csv
import io
import threading
from collections.abc import Callable, Iterator
from weakref import WeakSet

import pytest
from django.core.files.storage import storages
from django.db import connections
from django.http import QueryDict
from django.tasks import default_task_backend
from django.test import Client

from exports import engine
from exports.caller import Caller
from exports.clients import Client as ExportClient
from exports.models import ExportLog
from exports.stream import ExportStream
from tests.engine import background
from tests.engine.models import Customer, Order


@pytest.fixture
def whole_copies(monkeypatch: pytest.MonkeyPatch) -> None:
    """COPY inside of a test's transaction too, for downloads that are read to the end at once."""
    monkeypatch.setattr("exports.sources.postgres_copy.in_transaction", lambda connection: False)


@pytest.fixture
def download(client: Client, auth_headers, whole_copies) -> Callable[..., bytes]:
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


@pytest.fixture
def start(user, make_order, settings, monkeypatch) -> Iterator[Callable[..., ExportStream]]:
    """start(dataset="orders", **params): a stream over ten orders in blocks of two; closed after the test."""
    made: WeakSet[ExportStream] = WeakSet()  # some tests are about a stream that nobody holds any more
    settings.EXPORTS = {"CHUNK_SIZE": 2, "RATE": None}
    monkeypatch.setattr("exports.sources.copying.BLOCK_BYTES", len("0\n1\n"))
    for number in range(10):
        make_order(user, number)
    caller = Caller(user=user, door=ExportLog.Door.API, client=ExportClient())

    def start(dataset: str = "orders", **params: str) -> ExportStream:
        query = QueryDict(mutable=True)
        query.update(params)
        stream = engine.start(dataset, caller, query)
        made.add(stream)
        return stream

    yield start
    for stream in made:
        stream.close()


@pytest.fixture
def join_ends(db) -> Iterator[Callable[[], None]]:
    """Waits for the threads that end streams; until then the connection may be theirs.

    The thread of the test has its first connection again in the end, by which the database is removed.
    """
    first = connections["default"]

    def join() -> None:
        for thread in threading.enumerate():
            if thread.name == "exports-end":
                thread.join()

    yield join
    join()
    if connections["default"] is not first:
        connections["default"].close()
        connections["default"] = first


@pytest.fixture
def orders(transactional_db, user, stranger, make_order, settings) -> Iterator[None]:
    """Ten orders of the user's and two of the stranger's, in blocks of two, for background jobs."""
    settings.EXPORTS = settings.EXPORTS | {"CHUNK_SIZE": 2, "RATE": None}
    default_task_backend.clear()
    for number in range(10):
        make_order(user, number)
    for number in (100, 101):
        make_order(stranger, number)
    yield
    for name in background.stored():
        storages["exports"].delete(name)


@pytest.fixture
def in_the_middle(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], None]], None]:
    """in_the_middle(do): once the dataset `computed-orders` has given half of its rows, that is done."""

    def hook(do: Callable[[], None]) -> None:
        pending = [do]

        def shout(order: Order) -> str:
            if order.number == 5 and pending:
                pending.pop()()
            return order.status

        monkeypatch.setattr("tests.engine.exports.shout", shout)

    return hook
