"""A stream that is ended before its end, by its own thread, by another, or by nobody."""

import threading
import time

import pytest
from django.db import connection, connections
from django.db.models import QuerySet
from django.http import QueryDict

from exports import engine, running
from exports.caller import Caller
from exports.exceptions import ReaderLeft, ServerStopping
from exports.models import ExportLog
from tests.engine.models import Order


def the_record() -> ExportLog:
    return ExportLog.objects.get()


@pytest.mark.parametrize("taken", [0, 1, 3])
def test_what_was_closed_before_its_end_raises_and_never_just_ends(start, taken):
    """Whoever reads on would take a part for the whole."""
    stream = start(columns="number")
    for _ in range(taken):
        next(stream)
    stream.close()
    for _ in range(2):
        with pytest.raises(ReaderLeft):
            next(stream)
        with pytest.raises(ReaderLeft):
            stream.read(1)
        with pytest.raises(ReaderLeft):
            b"".join(stream)
    stream.close()
    assert (the_record().outcome, the_record().row_count) == ("cancelled", max(2, 2 * taken))


def test_after_the_end_close_does_nothing(start):
    stream = start(columns="number")
    body = b"".join(stream)
    closed = the_record()
    stream.close()
    stream.end(ServerStopping())
    assert (list(stream), stream.read(1)) == ([], b"")
    after = the_record()
    assert (after.outcome, after.error, after.byte_count) == ("succeeded", "", len(body))
    assert after.finished_at == closed.finished_at


def test_chunks_are_joined_to_what_was_asked_for(start):
    whole = b"".join(start(columns="number"))
    stream = start(columns="number")
    first = stream.read(1)
    assert first == whole[: len(first)]
    assert 1 <= len(first) < len(whole)
    assert first + stream.read(len(whole)) == whole
    assert stream.read(1) == b""


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("taken", [0, 2])
def test_ended_by_another_thread(start, join_ends, taken):
    """The record tells why, and the connection is as good as new."""
    stream = start(columns="number")
    for _ in range(taken):
        next(stream)
    thread = threading.Thread(target=stream.end, args=[ServerStopping()])
    thread.start()
    thread.join()
    join_ends()
    with pytest.raises(ServerStopping):
        next(stream)
    with pytest.raises(ServerStopping):
        stream.read(1)
    record = the_record()
    assert (record.outcome, record.error) == (
        "failed",
        "The server was stopped before the end of the export.",
    )
    assert not connection.in_atomic_block
    assert not connection.allow_thread_sharing
    assert len(b"".join(start(columns="number")).splitlines()) == 11


@pytest.mark.django_db(transaction=True)
def test_close_returns_when_the_record_is_closed_whoever_closes_it(start, join_ends, monkeypatch):
    """What follows in a request is that its connections are closed."""
    stream = start(columns="number")
    next(stream)
    update, begun, go = QuerySet.update, threading.Event(), threading.Event()

    def late(records: QuerySet, **fields: object) -> int:
        begun.set()
        assert go.wait(20)
        return update(records, **fields)

    monkeypatch.setattr(QuerySet, "update", late)
    stop = threading.Thread(target=stream.end, args=[ServerStopping()])
    stop.start()
    assert begun.wait(20)
    threading.Timer(0.2, go.set).start()
    stream.close()
    assert the_record().outcome == "failed"
    stop.join()
    join_ends()


@pytest.mark.django_db(transaction=True)
def test_what_fails_before_it_begins_keeps_no_connection(start, monkeypatch):
    """Neither a name that cannot be made nor a first row that cannot be read."""
    before = connection.connection
    reading = ["exports.sources.orm.OrmSource._rendered", "exports.sources.copying._received"]
    for broken in (["exports.engine.facts_of"], reading):
        with monkeypatch.context() as patch:
            for name in broken:
                patch.setattr(name, lambda *args: 1 / 0)
            with pytest.raises(ZeroDivisionError):
                start(columns="number")
        assert connection.connection is before
        assert not connection.in_atomic_block
    assert the_record().outcome == "failed"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("age", [0, 60])
def test_the_thread_has_its_connection_again(start, monkeypatch, age):
    """A test runner closes the object by which it has made the database, before it removes that."""
    monkeypatch.setitem(connection.settings_dict, "CONN_MAX_AGE", age)
    first = connections["default"]
    stream = start(columns="number")
    assert connections["default"] is not first
    b"".join(stream)
    assert connections["default"] is first
    assert (first.connection is None) == (age == 0)
    first.close()


@pytest.mark.django_db(transaction=True)
def test_a_command_shares_its_connection(user, make_order):
    """With the iterator that it stands in, whose cursor is closed with the connection."""
    make_order(user, 1)
    caller = Caller(user=user, door=ExportLog.Door.COMMAND)
    found = Order.objects.iterator(chunk_size=1)
    for number, _ in enumerate(found):
        make_order(user, number + 10)
        before = connection.connection
        assert b"".join(engine.start("orders", caller, QueryDict("columns=number")))
        assert connection.connection is before
        if number:
            break
    found.close()


def test_of_two_reasons_the_first_is_told(start):
    stream = start(columns="number")
    stream.end(ServerStopping())
    stream.close()
    assert (the_record().outcome, str(ServerStopping.message)) == ("failed", the_record().error)


@pytest.mark.parametrize("taken", [0, 1])
def test_all_that_run_in_this_process_are_ended(start, taken):
    """At once where the client lets them wait; otherwise when their own thread comes by."""
    stream = start(columns="number")
    for _ in range(taken):
        next(stream)
    assert (running.ids(), running.count()) == ({the_record().pk}, 1)
    running.stop_all(ServerStopping())
    assert running.count() == 1 - taken
    with pytest.raises(ServerStopping):
        next(stream)
    stream.close()
    assert running.count() == 0
    assert (the_record().outcome, the_record().error) == ("failed", str(ServerStopping.message))


def test_dropped_without_being_closed(start):
    stream = start(columns="number")
    next(stream)
    del stream
    assert the_record().outcome == "cancelled"


@pytest.mark.django_db(transaction=True)
def test_dropped_in_another_thread(start, join_ends):
    """As by the collection of garbage, which runs in any."""
    held = [start(columns="number")]
    next(held[0])
    thread = threading.Thread(target=held.clear)
    thread.start()
    thread.join()
    join_ends()
    assert the_record().outcome == "cancelled"
    assert not connection.in_atomic_block


def test_the_time_limit_before_the_first_byte(client, user, make_order, auth_headers, settings, monkeypatch):
    settings.EXPORTS = settings.EXPORTS | {"MAX_SECONDS": 1}
    monkeypatch.setattr("exports.running.LOOK_SECONDS", 0.05)
    monkeypatch.setattr("tests.engine.exports.shout", lambda order: time.sleep(5))
    make_order(user, 1)
    client.raise_request_exception = False
    response = client.get("/api/exports/computed-orders", headers=auth_headers)
    assert (response.status_code, response["Retry-After"]) == (503, "5")
    assert response.json()["errors"][0]["code"] == "time_limit_exceeded"
    record = the_record()
    assert (record.outcome, record.byte_count) == ("failed", 0)
    assert "longer than 1 seconds" in record.error


def watched() -> bool:
    return "exports-watch" in {thread.name for thread in threading.enumerate()}


def test_where_no_thread_can_be_started_rows_come_all_the_same(start, monkeypatch, caplog):
    """And the next export is looked at again."""
    deadline = time.monotonic() + 20
    while watched():  # that of a test before
        assert time.monotonic() < deadline, running.ids()
        time.sleep(0.05)
    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", unstartable)
        body = b"".join(start(columns="number"))
    assert "Nobody looks at the exports that run" in caplog.text
    assert (the_record().outcome, the_record().byte_count) == ("succeeded", len(body))
    stream = start(columns="number")
    assert watched()
    assert b"".join(stream) == body


def unstartable(thread: threading.Thread) -> None:
    raise RuntimeError("can't start new thread")
