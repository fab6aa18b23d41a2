"""What a DATABASE_URL says of connections."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from exports_project import backends
from exports_project.backends import database
from tests.servers import ROOT

# A text about URLs is the same on every database.
pytestmark = pytest.mark.sqlite

URL = "postgres://u:secret@db.example.com/exports"


def test_it_works():
    configured = database(URL)
    assert configured["CONN_MAX_AGE"] == 0
    assert "pool" not in configured["OPTIONS"]


def test_a_pool():
    configured = database(f"{URL}?pool_size=8&sslmode=require")
    assert configured["OPTIONS"] == {
        "pool": {"min_size": 0, "max_size": 8, "timeout": backends.POOL_SECONDS},
        "sslmode": "require",
        "connect_timeout": 5,
    }
    # Django refuses a pool beside kept connections, and tests one before it is used.
    assert configured["CONN_MAX_AGE"] == 0
    assert configured["CONN_HEALTH_CHECKS"] is True


def test_the_pool_is_one_that_psycopg_makes():
    from psycopg_pool import ConnectionPool

    ConnectionPool(open=False, **database(f"{URL}?pool_size=1")["OPTIONS"]["pool"])


@pytest.mark.parametrize(("text", "age"), [("60", 60), ("0", 0), ("None", None)])
def test_kept_connections(text, age):
    assert database(f"{URL}?conn_max_age={text}")["CONN_MAX_AGE"] == age


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("pool_size=0", "pool_size is the number"),
        ("pool_size=", "pool_size is the number"),
        ("pool_size=-1", "pool_size is the number"),
        ("pool_size=many", "pool_size is the number"),
        ("pool_size=10000", "pool_size is the number"),
        ("pool_size=2&conn_max_age=60", "remove one"),
        ("pool_size=2&conn_max_age=None", "remove one"),
        ("conn_max_age=minute", "conn_max_age is a number"),
        ("CONN_MAX_AGE=-1", "conn_max_age is a number"),
    ],
)
def test_what_cannot_be_is_refused_and_not_shown(query, message):
    with pytest.raises(ImproperlyConfigured, match=message) as refused:
        database(f"{URL}?{query}")
    assert "secret" not in str(refused.value)


def test_no_pool_of_sqlite():
    with pytest.raises(ImproperlyConfigured, match="PostgreSQL alone"):
        database("sqlite:///db.sqlite3?pool_size=2")


def test_the_documentation_says_how_long_a_request_waits():
    text = (ROOT / "docs/databases.md").read_text(encoding="utf-8")
    assert f"waits for {backends.POOL_SECONDS} seconds" in text
    assert f'"timeout": {backends.POOL_SECONDS}}}' in text
