"""What every download carries: its headers, its name, its record."""

import datetime as dt

import pytest
import time_machine
from django.http import StreamingHttpResponse

from exports.models import ExportLog
from tests.api import rows
from tests.api.rows import DATASETS, HEADERS
from tests.clients import close

pytestmark = pytest.mark.django_db

# 01:30 in Berlin is half past midnight in UTC.
NIGHT = dt.datetime(2026, 1, 31, 0, 30, 0, tzinfo=dt.UTC)

STEMS = {
    "calls": "calls_export",
    "agents": "agents_export",
    "phone-numbers": "phone_numbers_export",
    "events": "events_export",
    "scans": "scan_{scan}",
    "alerts": "alerts",
    "hosts": "hosts",
}
SHORT = {
    "scans": "/api/scans/{scan}/export/csv",
    "alerts": "/api/alerts/export/csv",
    "hosts": "/api/hosts/export/csv",
}


@pytest.fixture
def scan(user):
    return rows.scan(user)


@pytest.mark.parametrize("dataset", DATASETS)
def test_it_works(get, scan, settings, dataset):
    settings.TIME_ZONE = "Europe/Berlin"
    with time_machine.travel(NIGHT, tick=False):
        answer = get(rows.path(dataset, scan.pk))
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "text/csv"
    stem = STEMS[dataset].format(scan=scan.pk)
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{stem}_20260131_003000.csv"'
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Accel-Buffering"] == "no"
    assert answer.record.export_type == dataset


@pytest.mark.parametrize("dataset", DATASETS)
def test_no_rows_leave_the_header_row(get, scan, dataset):
    assert get(rows.path(dataset, scan.pk)).body == f"{HEADERS[dataset]}\r\n".encode()


@pytest.mark.parametrize("dataset", DATASETS)
def test_a_trailing_slash_is_allowed(get, scan, dataset):
    bare, _, query = rows.path(dataset, scan.pk).partition("?")
    assert get(f"{bare}/?{query}").status == 200
    assert get(f"{bare}?{query}").status == 200


@pytest.mark.parametrize("dataset", SHORT)
def test_the_short_paths_give_the_same_file(get, user, scan, dataset):
    rows.port(user, scan)
    rows.alert(user)
    rows.host(user, scan.network)
    short = SHORT[dataset].format(scan=scan.pk)
    long = get(rows.path(dataset, scan.pk))
    assert len(long.lines) == 1
    for answer in (get(short), get(f"{short}/")):
        assert answer.body == long.body
        assert answer.record.export_type == dataset
        assert answer.headers["Content-Type"] == "text/csv"


def test_the_export_id_is_the_record_of_this_very_download(get, user):
    rows.calls(user, 3)
    first, second = get("/api/exports/calls"), get("/api/exports/calls", {"columns": "id"})
    assert first.headers["X-Export-Id"] != second.headers["X-Export-Id"]
    assert first.record.byte_count == len(first.body)
    assert second.record.byte_count == len(second.body)
    assert ExportLog.objects.count() == 2


def test_the_body_streams_in_blocks(client, user, auth_headers, one_row_a_block):
    rows.calls(user, 3)
    response = client.get("/api/exports/calls", {"columns": "livekitRoomName"}, headers=auth_headers)
    assert isinstance(response, StreamingHttpResponse)
    assert "Content-Length" not in response.headers
    assert list(response.streaming_content) == [
        b"livekitRoomName\r\nroom-0\r\n",
        b"room-1\r\n",
        b"room-2\r\n",
    ]


def test_the_header_row_is_there_before_any_further_block_is_read(
    client, user, auth_headers, one_row_a_block
):
    rows.calls(user, 3)
    response = client.get("/api/exports/calls", {"columns": "livekitRoomName"}, headers=auth_headers)
    assert ExportLog.objects.get().outcome == "running"
    assert next(iter(response.streaming_content)) == b"livekitRoomName\r\nroom-0\r\n"
    assert ExportLog.objects.get().outcome == "running"
    close(response)


def test_a_file_whose_rows_are_one_empty_cell(get, user):
    rows.call(user, sip_call_id=None)
    rows.call(user, sip_call_id="")
    assert get("/api/exports/calls", {"columns": "sipCallId"}).body == b'sipCallId\r\n""\r\n""\r\n'


def test_a_stranger_gets_a_file_of_nothing(get, user, stranger):
    rows.calls(user, 3)
    assert get("/api/exports/calls", user=stranger).lines == []
