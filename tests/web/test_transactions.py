"""Under ATOMIC_REQUESTS preview and download stand outside of the request's transaction."""

import pytest
from django.core.handlers.base import BaseHandler
from django.db import connection

from exports.models import ExportLog
from exports.web.builder.views import DatasetView, DownloadView
from exports.web.history.views import HistoryView
from tests.api import rows


@pytest.fixture(autouse=True)
def _atomic_requests(monkeypatch):
    monkeypatch.setitem(connection.settings_dict, "ATOMIC_REQUESTS", True)


@pytest.mark.parametrize("view", [DatasetView, DownloadView])
def test_it_works(view):
    handler = BaseHandler()
    exempt, other = view.as_view(), HistoryView.as_view()
    assert handler.make_view_atomic(exempt) is exempt
    assert handler.make_view_atomic(other) is not other


@pytest.mark.django_db(transaction=True)
def test_rows_records_and_refusals(client, user):
    rows.calls(user, 2)
    client.force_login(user)
    assert client.get("/exports/calls/").status_code == 200
    assert client.get("/exports/calls/download").getvalue().count(b"\r\n") == 3
    assert client.get("/exports/calls/?formulas=raw").status_code == 403
    assert client.get("/exports/calls/download?formulas=raw").status_code == 403
    assert list(ExportLog.objects.values_list("outcome", flat=True)) == ["denied", "denied", "succeeded"]
    assert connection.get_autocommit()
