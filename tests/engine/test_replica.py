"""Exports that read a database of their own: rows come from there, records and jobs stay where they were."""

import csv
import io
import sqlite3
from collections.abc import Iterator
from contextlib import closing

import environ
import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext

from exports import engine
from exports.catalogue import row_count
from exports.conf import export_settings
from exports.models import ExportJob, ExportLog
from exports.registry import registry
from tests.databases import current, fresh_database
from tests.engine.background import caller_of, content, made, run, state, submit
from tests.engine.models import Customer, Line, Order

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("orders")]

MARK = 1_000
"""Numbers of orders that the replica alone has."""


@pytest.fixture
def replica(tmp_path, user, settings, monkeypatch, django_db_blocker) -> Iterator[str]:
    """Another database under an alias of its own, whose orders are others than the primary's."""
    # Django's test case lets nobody connect to a database that it did not know of at the start.
    connect = django_db_blocker._real_ensure_connection
    monkeypatch.setattr(BaseDatabaseWrapper, "ensure_connection", connect)
    with fresh_database(tmp_path) as url:
        primary = connections["default"].settings_dict
        configured = {**primary, **environ.Env.db_url_config(url), "OPTIONS": primary["OPTIONS"]}
        connections.databases["replica"] = configured
        try:
            _fill(user)
            settings.EXPORTS = settings.EXPORTS | {"DATABASE": "replica"}
            yield "replica"
        finally:
            connections["replica"].close()
            del connections["replica"], connections.databases["replica"]


def _fill(user) -> None:
    """The tables that rows come from, and nothing else: a record could not be written there."""
    connection = connections["replica"]
    needed = [ContentType, Permission, Group, get_user_model(), Customer, Order, Line]
    with connection.schema_editor() as editor:
        for model in needed:
            editor.create_model(model)
    user.save(using="replica", force_insert=True)
    customer = Customer.objects.using("replica").create(email="replica@example.com")
    Order.everything.using("replica").bulk_create(
        Order(tenant_id=user.pk, customer=customer, number=MARK + number, status="new") for number in range(3)
    )


THEIRS = [str(MARK + number) for number in range(3)]


def numbers(file: bytes) -> list[str]:
    return [row[0] for row in csv.reader(io.StringIO(file.decode(), newline=""))][1:]


def test_it_works(user, client, auth_headers, replica):
    response = client.get("/api/exports/orders?columns=number", headers=auth_headers)
    assert numbers(b"".join(response.streaming_content)) == THEIRS
    record = ExportLog.objects.using("default").get(pk=response["X-Export-Id"])
    assert (record.outcome, record.row_count) == ("succeeded", 3)


@pytest.mark.parametrize("dataset", ["orders", "computed-orders"])
def test_a_job_reads_there_and_is_told_of_here(user, replica, dataset):
    job = made(user, dataset, "columns=number")
    assert numbers(content(job)) == THEIRS
    assert job.row_count == 3
    assert ExportJob.objects.using("default").get() == job
    assert ExportLog.objects.using("default").get().pk == job.export_id


def test_a_preview_shows_its_rows(user, replica):
    found = engine.preview("orders", caller_of(user), QueryDict("columns=number"))
    assert [list(row) for row in found.rows] == [[number] for number in THEIRS]
    assert found.row_count == 3


def test_its_rows_are_counted(user, replica):
    assert row_count(registry.get("orders"), user) == 3


def test_nothing_is_asked_of_the_primarys_rows(user, client, auth_headers, replica):
    with CaptureQueriesContext(connections["default"]) as primary:
        response = client.get("/api/exports/computed-orders?columns=number", headers=auth_headers)
        b"".join(response.streaming_content)
        made(user, "computed-orders")
    asked = [query["sql"] for query in primary]
    assert [statement for statement in asked if f'"{Order._meta.db_table}"' in statement] == []
    assert [statement for statement in asked if f'"{ExportJob._meta.db_table}"' in statement]


def test_one_that_is_gone_is_tried_again(user, replica, monkeypatch):
    """The primary is there: it takes what has become of the attempt."""
    job = submit(user, "computed-orders")
    connections["replica"].close()
    settings_dict = connections["replica"].settings_dict
    if current() == "sqlite":
        monkeypatch.setitem(settings_dict, "NAME", "/nowhere/at/all.sqlite3")
    else:
        monkeypatch.setitem(settings_dict, "HOST", "/nowhere/at/all")
    assert run() is not None
    assert (state(job), job.error) == ("queued", "OperationalError")


@pytest.mark.postgresql
def test_the_primary_may_close_the_connection_meanwhile(user, replica, monkeypatch):
    """It is idle while rows come from the other. What has become of the attempt is written by a new one."""

    def shout(order: Order) -> str:
        connections["default"].connection.close()
        raise ValueError

    monkeypatch.setattr("tests.engine.exports.shout", shout)
    job = submit(user, "computed-orders")
    assert run() is not None
    assert (state(job), job.error) == ("queued", "OperationalError")


def test_without_one_rows_come_from_the_primary(user):
    assert export_settings().database is None
    assert len(numbers(content(made(user)))) == 10


@pytest.mark.sqlite
def test_the_two_are_two(replica):
    """Or the tests above would say nothing."""
    primary, other = (str(connections[alias].settings_dict["NAME"]) for alias in ("default", "replica"))
    assert primary != other
    with closing(sqlite3.connect(other)) as connection:
        assert connection.execute("SELECT count(*) FROM engine_order").fetchone() == (3,)
