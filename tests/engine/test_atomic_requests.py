"""Under ATOMIC_REQUESTS a download stands outside of the request's transaction, which ends too early."""

from collections.abc import Iterator

import pytest
from django.core.handlers.base import BaseHandler
from django.db import connection, connections
from django.urls import URLPattern, URLResolver, get_resolver

from exports.api.views import ExportView, HealthView
from exports.models import ExportLog
from exports.registry import registry
from exports.web.builder.views import DatasetView, DownloadView
from tests.engine.exports import ComputedExport


@pytest.fixture
def atomic_requests(monkeypatch) -> None:
    monkeypatch.setitem(connection.settings_dict, "ATOMIC_REQUESTS", True)


def patterns(resolver: URLResolver) -> Iterator[URLPattern]:
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            yield from patterns(entry)
        else:
            yield entry


def downloads() -> list[URLPattern]:
    """Every address of the project that streams a dataset."""
    return [
        pattern
        for pattern in patterns(get_resolver())
        if getattr(pattern.callback, "view_class", None) is ExportView
    ]


def test_every_download_of_the_project_is_exempt(atomic_requests):
    handler = BaseHandler()
    found = downloads()
    assert {pattern.callback.view_initkwargs["dataset"] for pattern in found} == {
        definition.get_name() for definition in registry
    }
    assert len(found) == len(list(registry)) + 3  # the short paths of the network datasets
    for pattern in found:
        assert handler.make_view_atomic(pattern.callback) is pattern.callback, pattern
    other = HealthView.as_view()
    assert handler.make_view_atomic(other) is not other  # the setting does something


def test_a_download_is_exempt_on_every_database(monkeypatch):
    """On another one the stream's rollback would take the audit record with it."""
    other = {**connections["default"].settings_dict, "ATOMIC_REQUESTS": True}
    monkeypatch.setitem(connections.settings, "replica", other)
    for view in (ExportView.as_view(dataset="orders"), DownloadView.as_view(), DatasetView.as_view()):
        assert BaseHandler().make_view_atomic(view) is view
    health = HealthView.as_view()
    assert BaseHandler().make_view_atomic(health) is not health


@pytest.fixture
def watched(monkeypatch) -> list[bool]:
    """Whether a transaction was open, each time that the engine asked the dataset for its rows."""
    seen: list[bool] = []
    whole = ComputedExport.get_queryset

    def get_queryset(self):
        seen.append(connection.in_atomic_block)
        return whole(self)

    monkeypatch.setattr(ComputedExport, "get_queryset", get_queryset)
    return seen


@pytest.mark.django_db(transaction=True)
def test_no_transaction_is_around_an_export(client, auth_headers, atomic_requests, watched, user, make_order):
    make_order(user, 1)
    response = client.get("/api/exports/computed-orders", headers=auth_headers)
    assert response.getvalue().count(b"\r\n") == 2
    assert watched
    assert not any(watched)
    assert connection.get_autocommit()
    assert not connection.in_atomic_block


@pytest.mark.django_db(transaction=True)
def test_the_record_is_committed_while_the_body_streams(
    client, auth_headers, atomic_requests, settings, user, make_order
):
    settings.EXPORTS = {"CHUNK_SIZE": 1}
    for number in range(3):
        make_order(user, number)
    response = client.get("/api/exports/orders?columns=number", headers=auth_headers)
    body = iter(response.streaming_content)
    taken = next(body)
    assert outcomes_seen_by_another() == ["running"]
    assert taken + b"".join(body) == b"number\r\n0\r\n1\r\n2\r\n"
    response.close()
    assert outcomes_seen_by_another() == ["succeeded"]


@pytest.mark.django_db(transaction=True)
def test_a_refusal_is_recorded_all_the_same(client, auth_headers, atomic_requests):
    """An error's answer rolls a request's transaction back; the record of it must stay."""
    response = client.get("/api/exports/orders?tenant=user-456", headers=auth_headers)
    assert response.status_code == 403
    assert outcomes_seen_by_another() == ["denied"]


def outcomes_seen_by_another() -> list[str]:
    """The records that a second connection to the database finds."""
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute(f'SELECT outcome FROM "{ExportLog._meta.db_table}"')
            return [outcome for (outcome,) in cursor.fetchall()]
    finally:
        other.close()
