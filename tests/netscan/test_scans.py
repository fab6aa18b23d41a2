"""The scans dataset at the REST door, and its short path."""

import datetime as dt

import pytest

from exports.contrib.netscan.models import Host, Network, Port, Scan
from tests.dataset_door import download, is_stamped, refusal

from .conftest import DATA

pytestmark = pytest.mark.django_db
PATH = "/api/exports/scans"
NOON = dt.datetime(2026, 1, 15, 12, tzinfo=dt.UTC)


def make_scan(user) -> Scan:
    network, _ = Network.objects.get_or_create(user=user, name="office")
    return Scan.objects.create(user=user, network=network)


def add_port(scan, port: int, **fields) -> Port:
    return Port.objects.create(**{"user": scan.user, "scan": scan, "ip": "192.0.2.1", "port": port, **fields})


@pytest.fixture
def scan(user) -> Scan:
    return make_scan(user)


def test_it_works(client, user, scan):
    add_port(
        scan, 443, ip="2001:db8::1", service="=1+1", first_seen=NOON, last_seen=NOON + dt.timedelta(days=1)
    )
    for path, params in ((PATH, {"scan_id": str(scan.pk)}), (f"/api/scans/{scan.pk}/export/csv", {})):
        got = download(client, path, user, **params)
        assert is_stamped(got.filename, f"scan_{scan.pk}")
        assert list(got.rows[0].items()) == [
            ("IP", "2001:db8::1"),
            ("Port", "443"),
            ("Protocol", "tcp"),
            ("Service", "'=1+1"),
            ("First Seen", "2026-01-15T12:00:00+00:00"),
            ("Last Seen", "2026-01-16T12:00:00+00:00"),
        ]


def test_only_that_scan_in_its_order(client, user, stranger, scan):
    others = [make_scan(user), make_scan(stranger)]
    for port in (443, 80, 22):
        for each in (others[0], scan, others[1]):
            add_port(each, port)
    assert download(client, PATH, user, scan_id=str(scan.pk)).column("Port") == ["443", "80", "22"]


def test_ports_that_are_not_open_are_left_out(client, user, scan):
    for number, state in enumerate(Port.State.values):
        add_port(scan, number, state=state)
    assert download(client, PATH, user, scan_id=str(scan.pk)).column("Port") == ["0"]


def test_a_strangers_port_in_ones_own_scan(client, user, stranger, scan):
    add_port(scan, 22, user=stranger)
    assert download(client, PATH, user, scan_id=str(scan.pk)).rows == []


def test_a_scan_without_ports_has_a_header(client, user, scan):
    got = download(client, PATH, user, scan_id=str(scan.pk))
    assert got.header == ["IP", "Port", "Protocol", "Service", "First Seen", "Last Seen"]
    assert got.rows == []


@pytest.mark.parametrize("scan_id", ["0", "-1", "999999", "9" * 19, "9" * 40])
def test_a_scan_that_does_not_exist(scan_id, client, user, scan):
    assert refusal(client, PATH, user, scan_id=scan_id)[0] == 404


def test_a_strangers_scan(client, user, stranger):
    theirs = make_scan(stranger)
    add_port(theirs, 22, user=user)  # even where a row of one's own stands in it
    assert refusal(client, PATH, user, scan_id=str(theirs.pk))[0] == 404
    assert refusal(client, f"/api/scans/{theirs.pk}/export/csv", user)[0] == 404


@pytest.mark.parametrize(
    ("params", "name"),
    [
        ({}, "scan_id"),
        ({"scan_id": ""}, "scan_id"),
        ({"scan_id": "one"}, "scan_id"),
        ({"scan_id": "1.5"}, "scan_id"),
        ({"scan_id": "1e3"}, "scan_id"),
        ({"scan_id": "1", "port": "22"}, "port"),
    ],
)
def test_bad_values(params, name, client, user, scan):
    assert refusal(client, PATH, user, **params) == (400, [name])


def test_an_imported_scan(client, user, run_import):
    run_import(DATA / "strange.xml", user)
    got = download(client, PATH, user, scan_id=str(Scan.objects.get().pk))
    assert [(row["IP"], row["Port"], row["Service"]) for row in got.rows] == [
        ("2001:db8::a", "22", 'ssh A, "B"\nC =1+1 (你好 😀)'),
        ("2001:db8::a", "443", "ssl/http nginx 1.22.1"),
        ("2001:db8::a", "65535", ""),
        ("192.0.2.5", "80", "http"),
    ]


def test_a_scan_stays_whole_when_a_host_goes(client, user, run_import):
    run_import(DATA / "localhost.xml", user)
    Host.objects.all().delete()
    assert len(download(client, PATH, user, scan_id=str(Scan.objects.get().pk)).rows) == 2
