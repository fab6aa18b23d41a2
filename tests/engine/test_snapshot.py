"""The transaction that rows are read in: one moment of the database, nothing written, nothing left behind."""

import pytest
from django.db import DatabaseError, connection, connections, transaction

from exports.models import ExportLog
from exports.sources.snapshot import snapshot
from tests.engine.models import Order


def other_connection():
    """A second connection to the same database."""
    return connection.copy()


@pytest.mark.django_db(transaction=True)
def test_rows_come_from_one_moment(client, auth_headers, make_order, user, settings):
    """Rows added, removed and changed while the body streams neither appear, go missing nor change."""
    settings.EXPORTS = {"CHUNK_SIZE": 10}
    for number in range(100):
        make_order(user, number)
    response = client.get("/api/exports/computed-orders?columns=number,shout", headers=auth_headers)
    body = iter(response.streaming_content)
    received = next(body)
    outsider = other_connection()
    try:
        with outsider.cursor() as cursor:
            cursor.execute("UPDATE engine_order SET status = 'lost'")
            cursor.execute("DELETE FROM engine_order WHERE number > 50")
    finally:
        outsider.close()
    received += b"".join(body)
    assert received.decode().splitlines() == ["number,shout", *(f"{number},'=NEW!" for number in range(100))]
    assert Order.everything.count() == 51


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_it_is_read_only_and_repeatable():
    with snapshot("default"), connection.cursor() as cursor:
        cursor.execute("SHOW transaction_isolation")
        assert cursor.fetchone() == ("repeatable read",)
        cursor.execute("SHOW transaction_read_only")
        assert cursor.fetchone() == ("on",)
    with pytest.raises(DatabaseError, match="read-only"), snapshot("default"):
        ExportLog.objects.create(user="x", export_type="x", door="api", format="csv", outcome="running")
    with connection.cursor() as cursor:
        cursor.execute("SHOW jit")
        assert cursor.fetchone() == ("on",)
    assert connection.get_autocommit()


@pytest.mark.sqlite
@pytest.mark.django_db(transaction=True)
def test_on_sqlite_it_never_takes_the_write_lock(monkeypatch):
    """A project whose transactions are IMMEDIATE can still write while an export streams."""
    connection.ensure_connection()
    monkeypatch.setattr(connections["default"], "transaction_mode", "IMMEDIATE")
    writer = other_connection()
    with snapshot("default"):
        assert ExportLog.objects.count() == 0
        try:
            with writer.cursor() as cursor:
                cursor.execute("UPDATE exports_exportlog SET error = ''")
        finally:
            writer.close()
    assert connection.transaction_mode == "IMMEDIATE"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("leave", ["end", "close", "nothing"])
def test_no_transaction_is_left_open(client, auth_headers, make_order, user, settings, leave):
    settings.EXPORTS = {"CHUNK_SIZE": 1}
    for number in range(5):
        make_order(user, number)
    response = client.get("/api/exports/orders?columns=number", headers=auth_headers)
    if leave == "end":
        b"".join(response.streaming_content)
    elif leave == "close":
        next(iter(response.streaming_content))
    response.close()
    assert connection.get_autocommit()
    assert not connection.in_atomic_block
    assert ExportLog.objects.get().outcome == ("succeeded" if leave == "end" else "cancelled")


def test_it_works_inside_a_strangers_atomic_block(read, make_order, user):
    make_order(user, 1)
    with transaction.atomic():
        assert read("orders", columns="number") == [["1"]]
        make_order(user, 2)  # the block goes on, and can write
    assert Order.objects.count() == 2
