"""`columns=` chooses and orders columns by header."""

import pytest

from tests.api import rows
from tests.api.rows import DATASETS, HEADERS

pytestmark = pytest.mark.django_db


def test_it_works(get, user):
    row = rows.call(user, duration=7)
    answer = get("/api/exports/calls", {"columns": "duration,id"})
    assert answer.body == f"duration,id\r\n7,{row.pk}\r\n".encode()
    assert answer.record.columns == ["duration", "id"]


@pytest.mark.parametrize("dataset", DATASETS)
def test_every_column_alone_and_all_in_reverse(get, mine_and_theirs, dataset):
    mine = mine_and_theirs[0]
    extra = {"scan_id": mine.scan.pk} if dataset == "scans" else {}
    whole = get(f"/api/exports/{dataset}", extra)
    headers = HEADERS[dataset].split(",")
    backwards = get(f"/api/exports/{dataset}", {"columns": ",".join(reversed(headers)), **extra})
    assert backwards.header.split(",") == headers[::-1]
    assert [line[::-1] for line in backwards.lines] == whole.lines
    for number, header in enumerate(headers):
        alone = get(f"/api/exports/{dataset}", {"columns": header, **extra})
        assert alone.header == header
        assert alone.lines == [[line[number]] for line in whole.lines]
        assert alone.queries == whole.queries


def test_all_of_them_by_default(get):
    assert get("/api/exports/calls").record.columns == HEADERS["calls"].split(",")


@pytest.mark.parametrize(
    "value", ["user", "ID", "livekit_room_name", "id,nonsense", " id", "id, duration", "user__password"]
)
def test_an_unknown_column_is_400(get, value):
    answer = get("/api/exports/calls", {"columns": value})
    assert (answer.status, answer.errors) == (400, [("unknown_column", "columns")])


def test_a_repeated_column_is_400(get):
    answer = get("/api/exports/calls", {"columns": "id,duration,id"})
    assert (answer.status, answer.errors) == (400, [("repeated_column", "columns")])


@pytest.mark.parametrize("value", ["", ",", "id,", ",id", "id,,duration"])
def test_an_empty_column_is_400(get, value):
    answer = get("/api/exports/calls", {"columns": value})
    assert answer.status == 400
    assert [attr for _code, attr in answer.errors] == ["columns"]


def test_headers_with_a_space(get, user):
    rows.alert(user, acknowledged=True)
    answer = get("/api/exports/alerts?columns=Created+At,Alert%20Type")
    assert answer.body == b"Created At,Alert Type\r\n2024-01-15T12:00:00+00:00,new_port\r\n"


def test_the_order_of_rows_does_not_need_the_ordering_columns(get, user):
    rows.calls(user, 4)
    answer = get("/api/exports/calls", {"columns": "livekitRoomName"})
    assert [line[0] for line in answer.lines] == ["room-0", "room-1", "room-2", "room-3"]


def test_a_stranger_gets_no_cell(get, user, stranger):
    rows.calls(user, 2)
    assert get("/api/exports/calls", {"columns": "id"}, user=stranger).body == b"id\r\n"
