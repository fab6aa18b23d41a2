"""The cells of a file as the contract spells them, byte by byte, at the door."""

import datetime as dt
from decimal import Decimal
from uuid import UUID

import pytest

from exports.contrib.telephony.models import CallLog
from tests.api import rows

pytestmark = pytest.mark.django_db

CALLS = "/api/exports/calls"


def test_it_works(get, user):
    rows.call(
        user,
        id=UUID("6F3A8C1E-0000-4000-8000-00000000000A"),
        livekit_room_name='a,"b"',
        livekit_room_sid=None,
        direction="outbound",
        phone_number="+4930123456",
        sip_call_id="",
        duration=61,
        status="ended",
        outcome="no_answer",
        started_at=dt.datetime(2024, 1, 1, 10, 30, tzinfo=dt.timezone(dt.timedelta(hours=1))),
        ended_at=dt.datetime(2024, 1, 1, 9, 30, 0, 5, tzinfo=dt.UTC),
        recording_url="line\nbreak é 😀",
        cost=Decimal("0.1500"),
        metadata={"bb": [1, 2.5, None, True], "a": "é\n", "c": {}},
    )
    assert get(CALLS).body.decode().split("\r\n", 1)[1] == (
        '6f3a8c1e-0000-4000-8000-00000000000a,"a,""b""",,outbound,+4930123456,,61,2024-01-01T09:30:00+00:00,'
        '2024-01-01T09:30:00.000005+00:00,ended,no_answer,"line\nbreak é 😀",0.1500,'
        '"{""a"": ""é\\n"", ""c"": {}, ""bb"": [1, 2.5, null, true]}",2024-01-15T12:00:00+00:00\r\n'
    )


def test_no_byte_order_mark_and_crlf_at_every_line(get, user):
    rows.calls(user, 2)
    body = get(CALLS, {"columns": "id"}).body
    assert not body.startswith(b"\xef\xbb\xbf")
    assert body.count(b"\r\n") == body.count(b"\n") == 3
    assert body.endswith(b"\r\n")


def test_control_characters_never_reach_the_file(get, user):
    codes = [code for code in (*range(1, 32), 127) if chr(code) not in "\t\r\n"]
    rows.call(user, recording_url="x" + "".join(map(chr, codes)) + "\ty")
    assert get(CALLS, {"columns": "recordingUrl"}).body == b"recordingUrl\r\nx\ty\r\n"


def test_booleans(get, user):
    rows.agent(user, is_active=True, greeting_enabled=False)
    assert get("/api/exports/agents", {"columns": "isActive,greetingEnabled"}).lines == [["true", "false"]]


def test_null_json_and_an_empty_object(get, user):
    rows.call(user, metadata=None)
    rows.call(user, metadata={}, started_at=rows.NOON + dt.timedelta(seconds=1))
    assert get(CALLS, {"columns": "metadata,direction"}).lines == [["", "inbound"], ["{}", "inbound"]]


def test_addresses_have_no_prefix_length(get, user):
    rows.alert(user, ip="192.0.2.1")
    rows.alert(user, ip="2001:db8::1", created_at=rows.NOON + dt.timedelta(seconds=1))
    assert get("/api/exports/alerts", {"columns": "IP,Port"}).lines == [
        ["192.0.2.1", "443"],
        ["2001:db8::1", "443"],
    ]


def test_alerts_read_as_words(get, user):
    rows.alert(user, network=rows.network(user, name="Büro"), acknowledged=True)
    rows.alert(user, acknowledged=False, alert_type="blocked", created_at=rows.NOON + dt.timedelta(seconds=1))
    assert get("/api/exports/alerts", {"columns": "Alert Type,Network,Status"}).lines == [
        ["new_port", "Büro", "Acknowledged"],
        ["blocked", "", "Open"],
    ]


def test_hosts_read_as_words_and_count_open_ports(get, user):
    scan = rows.scan(user)
    old = rows.scan(user, network=scan.network)
    up = rows.host(user, scan.network, ip="192.0.2.1", is_pingable=True, latest_scan=scan, os_guess="Linux")
    down = rows.host(user, scan.network, ip="192.0.2.2", is_pingable=False)
    rows.host(user, scan.network, ip="192.0.2.3", is_pingable=None, hostname=None, os_guess=None)
    for number, state in [(22, "open"), (80, "open"), (81, "closed"), (82, "filtered")]:
        rows.port(user, scan, host=up, port=number, state=state)
    rows.port(user, old, host=up, port=443)  # an earlier scan's
    for within in (scan, old):
        rows.port(user, within, host=down, port=25, ip="192.0.2.2")  # without a latest scan, all of them
    answer = get("/api/exports/hosts", {"columns": "IP,Hostname,Status,OS Guess,Open Ports Count"})
    assert answer.lines == [
        ["192.0.2.1", "gate", "Up", "Linux", "2"],
        ["192.0.2.2", "gate", "Down", "", "2"],
        ["192.0.2.3", "", "Unknown", "", "0"],
    ]
    assert answer.queries.count("SELECT netscan_host") == 1
    assert len(answer.queries) == 4


def test_a_scan_has_its_open_ports(get, user):
    scan = rows.scan(user)
    for number, state in [(22, "open"), (81, "closed")]:
        rows.port(user, scan, port=number, state=state)
    assert [line[1] for line in get(rows.path("scans", scan.pk)).lines] == ["22"]


def test_the_order_is_stable_and_ties_are_broken(get, user, one_row_a_block):
    made = sorted(str(row.pk) for row in (rows.call(user) for _ in range(6)))
    first = [line[0] for line in get(CALLS, {"columns": "id"}).lines]
    assert first == made
    CallLog.objects.filter(pk=made[0]).update(livekit_room_name="moved in the table")
    assert [line[0] for line in get(CALLS, {"columns": "id"}).lines] == first


def test_block_size_does_not_matter(get, mine_and_theirs, settings):
    mine = mine_and_theirs[0]
    bodies = set()
    for size in (1, 2, 5, 1000):
        settings.EXPORTS = settings.EXPORTS | {"CHUNK_SIZE": size}
        bodies.add(get(mine.path("calls")).body)
    assert len(bodies) == 1


def test_a_stranger_reads_no_value(get, user, stranger):
    rows.call(user, recording_url="https://example.org/secret")
    assert b"secret" not in get(CALLS, user=stranger).body
