"""`formulas=`: what happens to a cell that a spreadsheet would run."""

import pytest

from exports import unescape_formula
from exports.models import ExportLog
from tests.api import rows

pytestmark = pytest.mark.django_db

CALLS = "/api/exports/calls"
LIVE = [
    "=1+1",
    "+1+1",
    "-2+3",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "'=1+1",
    "  =1",
    "\ufeff=1",
    "\u200b=1",
    "＝1",
    "\x07=1+1",
]
TAME = ["1=1", "+4930123456", "-5", "-5.25", "it's", "'quoted'", "", " x", "a@b.c", "\x07x"]


def test_it_works(get, user):
    """Escaped by default, so that no cell is live, and back without loss (control characters aside)."""
    for number, text in enumerate(LIVE + TAME):
        rows.call(user, livekit_room_sid=text.replace("\x07", "\x07"), livekit_room_name=str(number))
    answer = get(CALLS, {"columns": "livekitRoomName,livekitRoomSid"})
    cells = {int(number): cell for number, cell in answer.lines}
    clean = [text.replace("\x07", "") for text in LIVE + TAME]
    assert [unescape_formula(cells[n]) for n in range(len(clean))] == clean
    assert [cells[n] for n in range(len(clean))] == ["'" + t for t in clean[: len(LIVE)]] + clean[len(LIVE) :]
    assert answer.record.options["formulas"] == "escape"


def test_json_obeys_the_same_rule(get, user):
    rows.call(user, metadata="=1+1")
    rows.call(user, metadata=-5)
    rows.call(user, metadata=[1])
    assert sorted(line[0] for line in get(CALLS, {"columns": "metadata"}).lines) == sorted(
        ['"=1+1"', "-5", "[1]"]
    )


@pytest.mark.parametrize("value", ["1", "=cmd()"])
def test_reject_names_row_and_column(get, user, value):
    rows.calls(user, 2)
    third = rows.NOON.replace(hour=13)
    rows.call(user, recording_url=value, started_at=third)
    answer = get(CALLS, {"formulas": "reject"})
    if value == "1":
        assert (answer.status, len(answer.lines)) == (200, 3)
        assert answer.record.options["formulas"] == "reject"
        return
    assert (answer.status, answer.errors) == (409, [("formula_found", None)])
    detail = answer.json["errors"][0]["detail"]
    assert "3" in detail
    assert "recordingUrl" in detail
    assert "cmd" not in detail
    record = ExportLog.objects.get()
    assert (record.outcome, record.options["formulas"]) == ("failed", "reject")
    assert (record.row_count, record.byte_count) == (0, 0)
    assert "recordingUrl" in record.error
    assert "X-Export-Id" not in answer.headers


def test_reject_looks_at_the_chosen_columns_alone(get, user):
    rows.call(user, recording_url="=1")
    assert get(CALLS, {"formulas": "reject", "columns": "id"}).status == 200
    assert get(CALLS, {"formulas": "reject", "columns": "id,recordingUrl"}).status == 409


def test_reject_in_a_later_block_breaks_the_stream(client, user, auth_headers, one_row_a_block):
    rows.calls(user, 2)
    rows.call(user, livekit_room_name="=1", started_at=rows.NOON.replace(hour=13))
    params = {"formulas": "reject", "columns": "livekitRoomName"}
    response = client.get(CALLS, params, headers=auth_headers)
    assert response.status_code == 200
    with pytest.raises(Exception, match="Row 3, column 'livekitRoomName'"):
        response.getvalue()
    record = ExportLog.objects.get()
    assert (record.outcome, record.row_count) == ("failed", 2)
    assert record.byte_count == len(b"livekitRoomName\r\nroom-0\r\nroom-1\r\n")
    assert record.error.startswith("Row 3, column 'livekitRoomName'")


def test_raw_with_the_permission(get, user, allow):
    allow(user, "export_raw_formulas")
    rows.call(user, livekit_room_name="=1+1", recording_url="'=2", sip_call_id="\x07=3", metadata="@x")
    answer = get(CALLS, {"formulas": "raw", "columns": "livekitRoomName,recordingUrl,sipCallId,metadata"})
    assert answer.lines == [["=1+1", "'=2", "=3", '"@x"']]
    assert answer.record.options["formulas"] == "raw"
    assert answer.record.outcome == "succeeded"


def test_raw_without_it_is_403(get, user, allow):
    allow(user, "export_for_other_tenant", "export_for_all_tenants")
    assert get(CALLS, {"formulas": "raw"}).status == 403


def test_a_strangers_formula_rejects_nothing(get, user, stranger):
    rows.call(stranger, livekit_room_name="=1")
    rows.call(user)
    assert get(CALLS, {"formulas": "reject"}).status == 200
