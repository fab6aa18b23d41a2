"""The transaction that rows are read in, as PostgreSQL itself tells of it while it lasts, and after it."""

import http.client
import time
from collections.abc import Iterator
from urllib.parse import urlencode

import psycopg
import pytest
from django.db import DataError, connection
from django.db.models import Func, TextField
from django.http import QueryDict

import exports
from exports import engine
from exports.caller import Caller
from exports.clients import Client
from exports.models import ExportLog
from exports.registry import registry
from tests.calls import ENVIRONMENT, FEW, MANY, MANY_CALLS, PATH
from tests.connections.fronts import Front
from tests.connections.pgbouncer import pgbouncer
from tests.engine.models import Customer, Order

pytestmark = [pytest.mark.postgresql]

NAME = "reporting"
# To name the row of a formula, rows must come one by one.
BY_ORM = {"formulas": "reject"}
# As a project may have set them for its web pages; milliseconds.
OF_THE_SESSION = {"statement_timeout": "7777", "idle_in_transaction_session_timeout": "8888"}


def setting(name: str) -> Func:
    return Func(template=f"(SELECT setting FROM pg_settings WHERE name = '{name}')", output_field=TextField())


CURSORS = Func(
    template="(SELECT string_agg(is_holdable::text, ',') FROM pg_cursors"
    " WHERE starts_with(name, '_django_curs'))",
    output_field=TextField(),
)
LOCKS = Func(
    template="(SELECT count(*)::text FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid())",
    output_field=TextField(),
)

# PostgreSQL fails at number 2; not before, while it sorts, because of a function that it calls row by row.
INVERSE = Func(
    "number", template="(1 / (2 - %(expressions)s) + 0 * random())::int::text", output_field=TextField()
)


class ReportingExport(exports.ModelExport):
    """What the transaction is like in which its rows are read."""

    name = NAME
    scope_field = "tenant"
    columns = [
        "number",
        exports.Column("isolation", setting("transaction_isolation")),
        exports.Column("read_only", setting("transaction_read_only")),
        *(exports.Column(name, setting(name)) for name in OF_THE_SESSION),
        exports.Column("cursors", CURSORS),
        exports.Column("locks", LOCKS),
        exports.Column("inverse", INVERSE),
    ]
    ordering = ["number", "pk"]


@pytest.fixture(autouse=True)
def _declared():
    registry.register(Order)(ReportingExport)
    yield
    registry.unregister(NAME)


@pytest.fixture(params=["COPY", "ORM"])
def asked(request, monkeypatch) -> dict[str, str]:
    """The parameters that lead to that source, which gives each row as a block of its own."""
    monkeypatch.setattr("exports.sources.copying.BLOCK_BYTES", 1)
    return {} if request.param == "COPY" else BY_ORM


@pytest.fixture
def _session(monkeypatch) -> Iterator[None]:
    """The connection has time-outs of its own, and is the thread's again after the export."""
    monkeypatch.setitem(connection.settings_dict, "CONN_MAX_AGE", None)
    with connection.cursor() as cursor:
        for name, value in OF_THE_SESSION.items():
            cursor.execute(f"SET {name} = {value}")
    yield
    connection.close()


def left_in_the_session() -> dict[str, str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name, setting FROM pg_settings WHERE name = ANY(%s) ORDER BY name DESC",
            [[*OF_THE_SESSION]],
        )
        return dict(cursor.fetchall())


def advisory_locks() -> int:
    """Of this database: others of the same server belong to other processes of the tests."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = database"
            " WHERE locktype = 'advisory' AND datname = current_database()"
        )
        return cursor.fetchone()[0]


def make_orders(user, count: int) -> None:
    customer = Customer.objects.create(email="c@example.com")
    for number in range(count):
        Order.objects.create(tenant=user, customer=customer, number=number, status="new")


def start(user, asked: dict[str, str]) -> engine.ExportStream:
    caller = Caller(user=user, door=ExportLog.Door.API, client=Client())
    params = QueryDict(mutable=True)
    params.update(asked)
    return engine.start(NAME, caller, params)


def assert_source(asked: dict[str, str]) -> None:
    # Not before the export is over: the thread would have another connection open then.
    assert ExportLog.objects.get().source.startswith("orm: " if asked else "copy: ")


def report(user, asked: dict[str, str]) -> list[dict[str, str]]:
    header, *lines = b"".join(start(user, asked)).decode().splitlines()
    return [dict(zip(header.split(","), line.split(","), strict=True)) for line in lines]


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_session")
def test_it_works(user, settings, asked):
    settings.EXPORTS = {"MAX_SECONDS": 60, "CHUNK_SIZE": 1}
    make_orders(user, 2)
    first, second = report(user, asked)
    assert first == second | {"number": "0", "inverse": "0"}
    assert (first["isolation"], first["read_only"]) == ("repeatable read", "on")
    assert first["cursors"] == ("false" if asked else ""), "WITH HOLD, or none on the server; COPY needs none"
    assert first["locks"] == "1", "the lock by which it is known to live"
    # Longer than the export's own limit, which has the better words; and no longer than that needs.
    for name in OF_THE_SESSION:
        assert 60_000 < int(first[name]) < 120_000, name
    assert left_in_the_session() == OF_THE_SESSION
    assert advisory_locks() == 0
    assert_source(asked)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_session")
@pytest.mark.parametrize("end", ["fails", "is left"])
def test_nothing_stays_in_the_session_however_it_ends(user, settings, asked, end):
    settings.EXPORTS = {"CHUNK_SIZE": 1}
    make_orders(user, 3)
    stream = start(user, asked)
    assert connection.connection is None, "the thread has another one, which nobody has used"
    if end == "is left":
        next(stream)
        stream.close()
    else:
        with pytest.raises(DataError, match="division"):
            list(stream)
    assert connection.get_autocommit()
    assert left_in_the_session() == OF_THE_SESSION
    assert advisory_locks() == 0
    assert_source(asked)
    assert ExportLog.objects.get().outcome == ("cancelled" if end == "is left" else "failed")


@pytest.mark.django_db(transaction=True)
def test_without_a_limit_the_databases_own_do_not_end_it(user, settings, asked):
    settings.EXPORTS = {"MAX_SECONDS": None}
    make_orders(user, 1)
    [row] = report(user, asked)
    assert [row[name] for name in OF_THE_SESSION] == ["0", "0"]


@pytest.mark.django_db(transaction=True)
def test_without_cursors_on_the_server_there_is_none_and_a_warning(user, monkeypatch, settings):
    from exports.checks import check_exports

    monkeypatch.setitem(connection.settings_dict, "DISABLE_SERVER_SIDE_CURSORS", True)
    make_orders(user, 1)
    [row] = report(user, BY_ORM)
    assert row["cursors"] == ""
    assert row["isolation"] == "repeatable read"
    assert "exports.W003" in [message.id for message in check_exports()]


@pytest.mark.parametrize(
    ("way", "kind"), [("pool", "gunicorn"), ("kept", "uvicorn"), ("pgbouncer", "gunicorn")]
)
def test_rows_that_come_and_go_meanwhile_change_nothing(fronts, observer, way, kind):
    """On a server: while the client of a large file reads slowly, another tenant's writer goes on."""
    front = fronts(way, kind)
    _, undisturbed = front.download(f"{PATH}?columns=id,recordingUrl", MANY)
    with front.answer(f"{PATH}?columns=id,recordingUrl", MANY) as response:
        received = response.read(10)
        changed = observer.ask(
            "UPDATE telephony_calllog SET recording_url = 'changed' WHERE user_id = %s RETURNING id", MANY
        )
        try:
            received += response.read()
        finally:
            observer.ask(
                "UPDATE telephony_calllog SET recording_url = repeat('x', 2000)"
                " WHERE user_id = %s RETURNING id",
                MANY,
            )
    assert len(changed) == MANY_CALLS
    assert received == undisturbed
    observer.settle()


def test_what_pgbouncer_does_to_a_cursor_without_a_transaction(observer):
    """A held cursor stays behind on one server connection; the next statement may go to another."""
    with pgbouncer(observer.name) as url:
        directory, _, name = url.partition("@/")[2].rpartition("/")
        options = {"host": directory, "dbname": name, "user": "postgres", "autocommit": True}
        with psycopg.connect(**options, prepare_threshold=None) as one, psycopg.connect(**options) as other:
            one.execute("DECLARE held CURSOR WITH HOLD FOR SELECT generate_series(1, 9)")
            assert one.execute("FETCH 2 FROM held").fetchall() == [(1,), (2,)]
            with other.transaction():
                other.execute("SELECT 1")
                with pytest.raises(psycopg.errors.InvalidCursorName):
                    one.execute("FETCH 2 FROM held")
            with one.transaction(), other.transaction():
                one.execute("DECLARE inside CURSOR FOR SELECT generate_series(1, 9)")
                other.execute("SELECT 1")
                assert one.execute("FETCH 2 FROM inside").fetchall() == [(1,), (2,)]


@pytest.mark.parametrize(
    ("limit", "path"),
    [("query_timeout", PATH), ("idle_transaction_timeout", f"{PATH}?{urlencode(BY_ORM)}")],
    ids=["COPY", "ORM"],
)
def test_what_pgbouncers_own_limits_do(observer, expected, start_server, limit, path):
    """They break the download of a client that reads slowly, visibly; so they are to be above MAX_SECONDS.

    A COPY is one query for as long as it takes, and never idle.
    """
    with pgbouncer(observer.name, **{limit: "1"}) as url:
        front = Front(start_server(url, env=ENVIRONMENT), observer)
        with front.answer(path, MANY) as response:
            assert response.read(1)
            time.sleep(2)
            with pytest.raises((http.client.IncompleteRead, ConnectionError)):
                response.read()
            export_id = response.headers["X-Export-Id"]
        assert observer.record(export_id)["outcome"] == "failed"
        assert front.download(PATH, FEW)[1] == expected
