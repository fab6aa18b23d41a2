"""HTTP/1.0: who could not tell a part from the whole gets the whole, with its length, or an error."""

import hashlib
from pathlib import Path

import pytest

from exports.models import ExportLog
from tests.clients import close

ORDERS = "/api/exports/orders"


@pytest.fixture
def whole(start, download) -> bytes:
    """The file of ten orders, as HTTP/1.1 gets it."""
    body = download("orders")
    ExportLog.objects.all().delete()
    return body


@pytest.fixture
def ask(client, auth_headers):
    return lambda: client.get(ORDERS, headers=auth_headers, SERVER_PROTOCOL="HTTP/1.0")


def test_it_works(ask, whole, monkeypatch):
    monkeypatch.setattr("exports.spool.PIECE", 10)
    response = ask()
    assert (response.status_code, response["Content-Length"]) == (200, str(len(whole)))
    pieces = list(response.streaming_content)
    assert len(pieces) > 2
    assert b"".join(pieces) == whole
    record = ExportLog.objects.get(pk=response["X-Export-Id"])
    assert (record.outcome, record.row_count, record.byte_count) == ("succeeded", 10, len(whole))
    assert record.sha256 == hashlib.sha256(whole).hexdigest()


def test_http_1_1_gets_no_length(client, auth_headers, start):
    assert "Content-Length" not in client.get(ORDERS, headers=auth_headers)


def test_whoever_has_all_of_it_need_not_ask_for_the_end(ask, whole):
    """A server stops at the length, and closes."""
    response = ask()
    assert next(response.streaming_content) == whole
    close(response)
    assert ExportLog.objects.get().outcome == "succeeded"


def test_whoever_leaves_earlier_has_not(ask, whole, monkeypatch):
    monkeypatch.setattr("exports.spool.PIECE", len(whole) - 1)
    response = ask()
    assert next(response.streaming_content) == whole[:-1]
    close(response)
    assert ExportLog.objects.get().outcome == "cancelled"


@pytest.mark.parametrize("short_of", [0, 1])
def test_more_than_may_be_kept_is_refused_whole(ask, whole, settings, short_of):
    settings.EXPORTS = settings.EXPORTS | {"MAX_SPOOL_BYTES": len(whole) - short_of}
    response = ask()
    record = ExportLog.objects.get()
    if not short_of:
        assert b"".join(response.streaming_content) == whole
        return
    assert response.status_code == 413
    assert [error["code"] for error in response.json()["errors"]] == ["spool_limit_exceeded"]
    assert "X-Export-Id" not in response
    assert (record.outcome, record.byte_count, record.sha256) == ("failed", 0, "")
    assert "too large for HTTP/1.0" in record.error


def test_a_full_disk_is_an_error_and_nothing_is_sent(ask, whole, client, monkeypatch):
    full = Path("/dev/full")
    monkeypatch.setattr("exports.spool.tempfile.TemporaryFile", lambda **options: full.open("w+b"))
    client.raise_request_exception = False
    response = ask()
    assert response.status_code == 500
    assert not response.streaming
    assert b"new,c@example.com" not in response.content
    record = ExportLog.objects.get()
    assert (record.outcome, record.error, record.byte_count) == ("failed", "OSError", 0)
