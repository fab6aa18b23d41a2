"""Exports through psycopg's pool, kept connections and pgbouncer: right files, and nothing left behind."""

import hashlib
import http.client
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from tests.calls import BREAKING, BROKEN, FEW, FEW_CALLS, MANY, PATH
from tests.connections.dropping import HEADER
from tests.connections.fronts import POOL_SIZE, Front
from tests.connections.pgbouncer import POOL_SIZE as BOUNCER_SIZE
from tests.connections.postgres import Observer
from tests.operations.shutting_down import until
from tests.processes.services import connect
from tests.servers import manage

pytestmark = pytest.mark.postgresql

# Ten times what the smallest way has room for: one left behind for each export would be noticed at the third.
TIMES = 20


@pytest.fixture(params=["gunicorn", "uvicorn"])
def kind(request) -> str:
    return request.param


@pytest.fixture(params=["pool", "kept", "pgbouncer"])
def way(request) -> str:
    return request.param


@pytest.fixture
def front(fronts: Callable[[str, str], Front], way: str, kind: str) -> Front:
    return fronts(way, kind)


def assert_works(front: Front, expected: bytes) -> None:
    """The next export is right, and neither a record nor a transaction is left open."""
    export_id, body = front.download(PATH, FEW)
    assert body == expected
    record = front.observer.record(export_id)
    assert record["source"].startswith("copy: ")
    assert (record["outcome"], record["row_count"]) == ("succeeded", FEW_CALLS)
    assert (record["byte_count"], record["sha256"]) == (len(body), hashlib.sha256(body).hexdigest())


def test_it_works(front, expected):
    assert_works(front, expected)


@pytest.mark.parametrize(
    ("way", "most"), [("pool", POOL_SIZE), ("pgbouncer", BOUNCER_SIZE)], ids=["pool", "pgbouncer"]
)
def test_more_at_once_than_there_are_connections(fronts, way, most, kind, expected):
    front = fronts(way, kind)
    with ThreadPoolExecutor(3 * most) as threads:
        answers = list(threads.map(lambda _: front.download(PATH, FEW), range(3 * most)))
    assert [body for _, body in answers] == [expected] * len(answers)
    assert {front.observer.record(export_id)["outcome"] for export_id, _ in answers} == {"succeeded"}
    # pgbouncer's are shared by all servers behind it.
    assert 1 <= len(front.observer.backends(f"{way}-{kind}" if way == "pool" else way)) <= most


@pytest.mark.parametrize("way", ["pool", "pgbouncer"])
def test_a_download_holds_one_connection_and_the_next_waits_or_is_told_to_come_again(
    fronts, way, kind, expected
):
    front = fronts(way, kind)
    with front.answer(PATH, MANY) as first, front.answer(PATH, MANY) as second:
        assert first.read(1) == second.read(1) == b"i"
        # Processes that sweep have some, too, for milliseconds.
        until(lambda: len(front.observer.in_transactions()) == 2)
        with front.answer(PATH, FEW) as refused:
            assert refused.status == 503, refused.read()
            assert refused.headers["Retry-After"]
    front.observer.settle()
    assert_works(front, expected)


@pytest.mark.parametrize("ending", ["?pool_size=1", "?conn_max_age=None"])
def test_the_command_too(filled, expected, ending):
    """And its process ends without a word of threads or connections that are left."""
    env = {"PYTHONWARNINGS": "error", "LOG_LEVEL": "WARNING"}
    done = manage(filled + ending, "export", "calls", f"--user={FEW}", "--output=-", env=env)
    assert done.returncode == 0
    [summary] = done.stderr.splitlines()
    assert f"{FEW_CALLS} rows" in summary
    assert done.stdout.splitlines() == expected.decode().splitlines()


def test_twenty_that_break(front, expected):
    begun = front.observer.now()
    for _ in range(TIMES):
        with front.answer(BREAKING, BROKEN) as response:
            assert response.status == 200
            with pytest.raises((http.client.IncompleteRead, ConnectionError)):
                response.read()
    front.observer.settle()
    assert front.observer.outcomes(after=begun) == ["failed"] * TIMES
    assert_works(front, expected)


def test_twenty_that_break_in_the_database(front, expected):
    """Where PostgreSQL writes the file itself, with the connection still in use."""
    begun = front.observer.now()
    for _ in range(TIMES):
        with front.answer(PATH, MANY) as response:
            assert response.read(1)
            front.observer.cancel()
            with pytest.raises((http.client.IncompleteRead, ConnectionError)):
                response.read()
    front.observer.settle()
    assert front.observer.outcomes(after=begun) == ["failed"] * TIMES
    assert front.observer.errors(after=begun) == {"OperationalError"}
    assert_works(front, expected)


def test_twenty_that_nobody_waits_for(front, expected):
    begun = front.observer.now()
    for _ in range(TIMES):
        with front.answer(PATH, MANY) as response:
            assert response.read(10)
    front.observer.settle()
    assert front.observer.outcomes(after=begun) == ["cancelled"] * TIMES
    assert_works(front, expected)


def test_twenty_that_are_dropped_before_they_start(front, expected):
    begun = front.observer.now()
    for _ in range(TIMES):
        with front.answer(PATH, MANY, {HEADER: "1"}) as response:
            assert response.status == 204
    front.observer.settle()
    assert front.observer.outcomes(after=begun) == ["cancelled"] * TIMES
    assert_works(front, expected)


@pytest.mark.parametrize("silence", [Observer.locked, Observer.silent], ids=["planning", "copying"])
def test_a_silent_query_ends_when_its_client_leaves(front, expected, silence):
    """The request to cancel it reaches PostgreSQL by every way; here a lock keeps it from the first row."""
    begun = front.observer.now()
    with silence(front.observer, "telephony_calllog"):
        with closing(connect(front.server.url)) as client:
            client.request("GET", PATH, headers={"X-User-Id": FEW})
            front.observer.wait_until_waiting(1)
        front.observer.wait_until_waiting(0)
    front.observer.settle()
    assert front.observer.outcomes(after=begun) == ["cancelled"]
    assert_works(front, expected)


def test_connections_that_the_database_has_closed_meanwhile_are_made_anew(front, way, kind, expected):
    assert_works(front, expected)
    front.observer.terminate(way)
    assert_works(front, expected)


def test_what_is_kept_is_used_again(fronts, expected, kind):
    """By gunicorn's threads, of which there are few. Under ASGI each request has one of its own."""
    front = fronts("kept", kind)
    with ThreadPoolExecutor(6) as threads:
        assert list(threads.map(lambda _: front.download(PATH, FEW)[1], range(18))) == [expected] * 18
    least, most = (1, 9) if kind == "gunicorn" else (0, 1)  # the sweep's thread has one
    # A connection that has been closed is seen until its process has gone.
    until(lambda: least <= len(front.observer.backends(f"kept-{kind}")) <= most)
