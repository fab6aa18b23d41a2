"""A cell that the format cannot hold: row and column in an error, or in the record of a broken stream."""

import pytest

from exports.models import ExportLog
from tests.api import rows

pytestmark = pytest.mark.django_db

CALLS = "/api/exports/calls"
HUGE = "x" * 32_768


@pytest.fixture
def infinite(monkeypatch):
    """What PostgreSQL can hold, and Python cannot: on either database, by the text of the cell."""
    from exports.sources.orm import OrmSource

    rendered = OrmSource._rendered

    def with_infinity(self, block, before):
        for cells in rendered(self, block, before):
            yield ["infinity" if cell and cell.startswith("2030-") else cell for cell in cells]

    monkeypatch.setattr(OrmSource, "_rendered", with_infinity)


def test_it_works(get, user):
    rows.call(user, livekit_room_name="x" * 32_767)
    rows.call(user, livekit_room_name=HUGE, started_at=rows.NOON.replace(hour=13))
    params = {"columns": "livekitRoomName:room", "format": "xlsx"}
    answer = get(CALLS, params)
    assert (answer.status, answer.errors) == (409, [("cell_too_long", None)])
    detail = answer.json["errors"][0]["detail"]
    assert detail == "Row 2, column 'room': the cell has more than 32767 characters, the limit of Excel."
    record = ExportLog.objects.get()
    assert (record.outcome, record.error, record.byte_count) == ("failed", detail, 0)
    assert get(CALLS, params | {"overlong": "cut"}).status == 200
    assert get(CALLS, params | {"format": "csv"}).status == 200


def test_parquet_has_no_room(get, user, infinite):
    rows.call(user, ended_at=rows.NOON)
    rows.call(user, ended_at=rows.NOON.replace(year=2030), started_at=rows.NOON.replace(hour=13))
    answer = get(CALLS, {"columns": "id,endedAt", "format": "parquet"})
    assert (answer.status, answer.errors) == (409, [("cell_not_representable", None)])
    assert answer.json["errors"][0]["detail"] == "Row 2, column 'endedAt': Parquet cannot hold the value."
    for format_name in ("csv", "jsonl", "xlsx"):
        assert get(CALLS, {"columns": "id,endedAt", "format": format_name}).status == 200


@pytest.mark.parametrize("format_name", ["xlsx", "parquet"])
def test_a_later_block_breaks_the_stream(client, user, auth_headers, one_row_a_block, infinite, format_name):
    rows.calls(user, 2)
    rows.call(
        user,
        livekit_room_name=HUGE,
        ended_at=rows.NOON.replace(year=2030),
        started_at=rows.NOON.replace(hour=13),
    )
    column = {"xlsx": "livekitRoomName", "parquet": "endedAt"}[format_name]
    params = {"columns": column, "format": format_name}
    response = client.get(CALLS, params, headers=auth_headers)
    assert response.status_code == 200
    with pytest.raises(Exception, match=f"Row 3, column '{column}'"):
        response.getvalue()
    record = ExportLog.objects.get()
    assert (record.outcome, record.sha256) == ("failed", "")


def test_a_strangers_cells_refuse_nothing(get, user, stranger):
    rows.call(stranger, livekit_room_name=HUGE)
    rows.call(user)
    assert get(CALLS, {"format": "xlsx"}).status == 200
