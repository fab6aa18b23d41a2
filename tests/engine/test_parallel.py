"""One export over several connections: the same bytes, in order, of one moment; and nothing is left of it."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from django.db import connection, connections
from django.http import QueryDict

from exports import engine
from exports.caller import Caller
from exports.clients import Client
from exports.exceptions import ServerStopping
from exports.models import ExportLog
from exports.sources import parallel
from exports.sources.ranges import ranges, splits
from exports.stream import ExportStream
from tests.engine.models import Order

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]

ROWS = 1000
AHEAD = 500


@pytest.fixture
def orders(user, stranger, make_order, monkeypatch) -> Iterator[None]:
    """A thousand in ranges of ten, few of them read ahead; as many of a stranger's between them."""
    monkeypatch.setattr("exports.sources.ranges.RANGE_ROWS", 10)
    monkeypatch.setattr("exports.sources.copying.BLOCK_BYTES", 64)
    monkeypatch.setattr(parallel, "AHEAD_BYTES", AHEAD)
    customer = make_order(user, 0).customer
    Order.everything.bulk_create(
        Order(tenant=tenant, customer=customer, number=number // 3, status=f"{tenant.pk} {number}")
        for number in range(1, ROWS)
        for tenant in (user, stranger)
    )
    # A table of this size would be read and sorted as a whole.
    database = connection.ops.quote_name(connection.settings_dict["NAME"])
    with connection.cursor() as cursor:
        cursor.execute("CREATE INDEX test_order ON engine_order (tenant_id, number, id)")
        for name in ("enable_seqscan", "enable_bitmapscan"):
            cursor.execute(f"ALTER DATABASE {database} SET {name} = off")
    connection.close()
    yield
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER DATABASE {database} RESET ALL; DROP INDEX test_order")
    connection.close()


@pytest.fixture
def start(user, orders, settings) -> Iterator[Callable[..., ExportStream]]:
    """start(connections, **params): an export of the orders; closed after the test."""
    made: list[ExportStream] = []

    def start(connections: int, **params: str) -> ExportStream:
        settings.EXPORTS = {"PARALLEL": connections, "RATE": None}
        query = QueryDict(mutable=True)
        query.update({"columns": "number,status,customer"} | params)
        made.append(
            engine.start("orders", Caller(user=user, door=ExportLog.Door.API, client=Client()), query)
        )
        return made[-1]

    yield start
    for stream in made:
        stream.close()
    _wait_for_no_others()


def backends() -> int:
    """How many connections others have to this database."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND backend_type = 'client backend'"
        )
        return cursor.fetchone()[0]


def wait_for_backends(number: int) -> None:
    """Each connects in a thread of its own, and is seen until its process has gone."""
    deadline = time.monotonic() + 20
    while (found := backends()) != number:
        assert time.monotonic() < deadline, found
        time.sleep(0.02)


def _wait_for_no_others() -> None:
    wait_for_backends(0)


@pytest.mark.parametrize("count", [2, 3, 5])
def test_it_works(start, count):
    alone = b"".join(start(1))
    together = start(count)
    assert b"".join(together) == alone
    assert alone.count(b"\r\n") == 1 + ROWS
    assert b"user-456" not in alone
    first, record = ExportLog.objects.order_by("timestamp")
    assert (record.outcome, record.row_count, record.sha256) == ("succeeded", ROWS, first.sha256)
    assert record.source == f"copy: PostgreSQL writes the CSV, over {count} connections at most"
    assert first.source == "copy: PostgreSQL writes the CSV"


def test_others_really_read(start):
    stream = start(3)
    next(stream)
    wait_for_backends(3)
    b"".join(stream)
    _wait_for_no_others()


def test_a_short_export_has_one_connection(start, monkeypatch):
    monkeypatch.setattr("exports.sources.ranges.RANGE_ROWS", ROWS + 1)
    stream = start(3)
    next(stream)
    wait_for_backends(1)


def test_rows_that_others_add_meanwhile_are_in_no_range(start, user, monkeypatch):
    """Nor in those of a connection that comes after them."""
    share, changed, joined = parallel.shared, threading.Event(), threading.Event()

    @contextmanager
    def late(using: str, name: str, **limits) -> Iterator[None]:
        changed.wait(10)
        with share(using, name, **limits):
            joined.set()
            yield

    monkeypatch.setattr(parallel, "shared", late)
    stream = start(2)
    begun = next(stream)
    Order.everything.filter(tenant=user, number__gt=300).delete()
    Order.everything.filter(tenant=user).update(status="other")
    changed.set()
    assert joined.wait(10)
    file = begun + b"".join(stream)
    assert file.count(b"\r\n") == 1 + ROWS
    assert b"other" not in file


def test_a_reader_who_leaves(start):
    stream = start(4)
    next(stream)
    stream.close()
    assert ExportLog.objects.get().outcome == "cancelled"
    _wait_for_no_others()


def test_ended_from_outside(start):
    stream = start(4)
    next(stream)
    thread = threading.Thread(target=stream.end, args=[ServerStopping()])
    thread.start()
    thread.join()
    with pytest.raises(ServerStopping):
        b"".join(stream)
    _wait_for_no_others()
    assert ExportLog.objects.get().outcome == "failed"


def test_a_connection_that_cannot_be_had_is_not_missed(start, monkeypatch, caplog):
    alone = b"".join(start(1))
    with monkeypatch.context() as patch, connection.cursor() as cursor:
        cursor.execute("SELECT pg_export_snapshot()")  # ends with its statement: nobody can share it
        gone = cursor.fetchone()[0]
        patch.setattr(parallel, "exported", lambda using: gone)
        assert b"".join(start(3)) == alone
    assert "An export goes on with a connection less" in caplog.text


def test_a_range_that_fails_breaks_the_file(start, monkeypatch):
    """Whichever connection it is that loses it."""
    stream = start(3)
    begun = next(stream)
    deadline = time.monotonic() + 10
    with connection.cursor() as cursor:
        # One that has no range yet would not be missed; one that waits has the next before it.
        while not cursor.rowcount > 0:
            assert time.monotonic() < deadline
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
                " AND pid <> pg_backend_pid() AND state <> 'idle' AND query LIKE 'COPY %'"
                " ORDER BY backend_start DESC LIMIT 1"
            )
    with pytest.raises(Exception, match="terminat|closed|lost"):
        b"".join([begun, *stream])
    assert ExportLog.objects.get().outcome == "failed"


def test_nobody_reads_far_ahead(start, monkeypatch):
    """A reader that takes nothing holds all connections up, but for the one that it waits for."""
    copies: list[parallel.ParallelCopy] = []
    make = parallel.ParallelCopy.__init__
    monkeypatch.setattr(
        parallel.ParallelCopy, "__init__", lambda self, *a, **k: (make(self, *a, **k), copies.append(self))[0]
    )
    stream = start(3)
    next(stream)
    time.sleep(0.5)
    assert copies[0]._ahead < 3 * AHEAD
    assert b"".join(stream).count(b"\r\n") > ROWS / 2


def test_an_order_without_an_index_is_read_by_one(start):
    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX test_order; CREATE INDEX test_order ON engine_order (status)")
    stream = start(3)
    next(stream)
    wait_for_backends(1)


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        (["number", "pk"], True),
        (["-number", "-pk"], True),
        (["status", "id"], True),
        (["-number", "pk"], False),
        (["customer__email", "pk"], False),
        (["customer", "pk"], False),
        (["?"], False),
        ([], False),
    ],
)
def test_which_orders_are_cut_into_ranges(orders, order, expected):
    rows = Order.objects.order_by(*order)
    assert splits(rows) is expected
    if expected:
        found = [list(part) for part, _ in ranges(rows)]
        assert [row for part in found for row in part] == list(rows)
        assert {len(part) for part in found[:-1]} == {10}


def test_a_command_shares_nothing_it_should_not(start):
    """The connection is this thread's own again."""
    b"".join(start(2))
    assert not connections["default"].allow_thread_sharing
    assert not connection.in_atomic_block
