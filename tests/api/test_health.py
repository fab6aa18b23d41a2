"""`/api/exports/health`, with a database that answers and with one that is really not there."""

import datetime as dt
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import connection, connections

pytestmark = pytest.mark.django_db

HEALTH = "/api/exports/health"


def test_it_works(client, database_name):
    for path in (HEALTH, f"{HEALTH}/"):
        answer = client.get(path)
        assert answer.status_code == 200
        assert answer.json()["status"] == "healthy"
        assert answer.json()["database"] == database_name
        assert dt.datetime.fromisoformat(answer.json()["timestamp"]).tzinfo


@pytest.mark.parametrize("credentials", [{"X-User-Id": "nobody"}, {"Authorization": "Bearer nonsense"}])
def test_it_is_open_and_credentials_are_not_looked_at(client, credentials):
    assert client.get(HEALTH, headers=credentials).status_code == 200


@contextmanager
def closed_port() -> Iterator[int]:
    """A port of this machine that nobody else takes, and where nobody listens."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]


@pytest.fixture
def unreachable(tmp_path, database_name) -> Iterator[str]:
    """The project's database is not there any more; gives a word of its address, nobody's business."""
    there = connections["default"]
    gone = connection.copy()
    with closed_port() as port:
        if database_name == "postgresql":
            gone.settings_dict |= {"HOST": "127.0.0.1", "PORT": port}
            secret = str(port)
        else:
            gone.settings_dict["NAME"] = str(tmp_path / "missing" / "main.sqlite3")
            secret = "main.sqlite3"
        connections["default"] = gone
        try:
            yield secret
        finally:
            connections["default"] = there
            gone.close()


@pytest.mark.parametrize("path", [HEALTH, "/api/exports/calls", "/api/exports/info"])
def test_503_when_the_database_is_not_there(client, unreachable, path):
    client.raise_request_exception = False
    answer = client.get(path, headers={"X-User-Id": "user-123"})
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.json()["type"] == "server_error"
    assert [(error["code"], error["attr"]) for error in answer.json()["errors"]] == [
        ("service_unavailable", None)
    ]
    assert unreachable not in answer.content.decode()


@pytest.mark.postgresql
def test_503_when_an_open_connection_has_died(client):
    """As one that is kept between requests may: that it is there says nothing."""
    there = connections["default"]
    kept = connection.copy()
    with kept.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        [process] = cursor.fetchone()
    with there.cursor() as cursor:
        # Until it has ended, for up to five seconds.
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [process])
    client.raise_request_exception = False
    connections["default"] = kept
    try:
        answer = client.get(HEALTH)
    finally:
        connections["default"] = there
        kept.close()
    assert answer.status_code == 503
    assert answer.json()["errors"][0]["code"] == "service_unavailable"
