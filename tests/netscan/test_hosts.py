"""The hosts dataset at the REST door, and its short path."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from exports.contrib.netscan.models import Host, Network, Port, Scan
from tests.dataset_door import download, is_stamped, refusal

from .conftest import DATA

pytestmark = pytest.mark.django_db
PATH = "/api/exports/hosts"
NOON = dt.datetime(2026, 1, 15, 12, tzinfo=dt.UTC)
COUNT = "Open Ports Count"


@pytest.fixture
def networks(user, stranger) -> dict[str, Network]:
    return {
        "office": Network.objects.create(user=user, name="office"),
        "home": Network.objects.create(user=user, name="home"),
        "theirs": Network.objects.create(user=stranger, name="office"),
    }


@pytest.fixture
def hosts(user, stranger, networks) -> None:
    """Of each tenant one host a state in each network, turn by turn; the last octet tells which is which."""
    for number, state in enumerate((True, False, None)):
        for base, name in ((0, "office"), (10, "home"), (100, "theirs")):
            network = networks[name]
            Host.objects.create(
                user=network.user, network=network, ip=f"192.0.2.{base + number}", is_pingable=state
            )


def octets(got) -> list[int]:
    return [int(ip.rpartition(".")[2]) for ip in got.column("IP")]


@pytest.mark.parametrize("path", [PATH, "/api/hosts/export/csv"])
def test_it_works(path, client, user, networks):
    Host.objects.create(
        user=user,
        network=networks["office"],
        ip="2001:db8::1",
        hostname="@host",
        is_pingable=True,
        os_guess=None,
        first_seen=NOON,
        last_seen=NOON + dt.timedelta(microseconds=1),
    )
    got = download(client, path, user)
    assert is_stamped(got.filename, "hosts")
    assert list(got.rows[0].items()) == [
        ("IP", "2001:db8::1"),
        ("Hostname", "'@host"),
        ("Status", "Up"),
        ("OS Guess", ""),
        ("First Seen", "2026-01-15T12:00:00+00:00"),
        ("Last Seen", "2026-01-15T12:00:00.000001+00:00"),
        ("Open Ports Count", "0"),
    ]


@pytest.mark.parametrize(
    ("status", "expected", "title"),
    [
        *((value, [0, 10], "Up") for value in ("up", "true", "UP", "Up", "True", "TRUE")),
        *((value, [1, 11], "Down") for value in ("down", "false", "DOWN", "False")),
        *((value, [2, 12], "Unknown") for value in ("unknown", "null", "Unknown", "NULL")),
    ],
)
def test_status(status, expected, title, client, user, hosts):
    got = download(client, PATH, user, status=status)
    assert octets(got) == expected
    assert set(got.column("Status")) == {title}


def test_all_hosts_in_order(client, user, hosts):
    assert octets(download(client, PATH, user)) == [0, 10, 1, 11, 2, 12]


def test_network_id(client, user, hosts, networks):
    network_id = str(networks["home"].pk)
    assert octets(download(client, PATH, user, network_id=network_id)) == [10, 11, 12]
    assert octets(download(client, PATH, user, network_id=network_id, status="down")) == [11]


def test_a_strangers_network_is_as_good_as_none(client, user, hosts, networks):
    mine = Host.objects.filter(user=user).first()
    Host.objects.filter(pk=mine.pk).update(network=networks["theirs"])  # even where a row names it
    for network_id in (networks["theirs"].pk, 999_999):
        assert download(client, PATH, user, network_id=str(network_id)).rows == []


@pytest.mark.parametrize("network_id", ["0", "-1", str(2**63), "-" + "9" * 30, "9" * 40])
def test_a_network_that_no_column_can_hold(network_id, client, user, hosts):
    assert download(client, PATH, user, network_id=network_id).rows == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("status", "asleep"),
        ("status", "none"),
        ("status", "1"),
        ("status", ""),
        ("network_id", "office"),
        ("network_id", "1.5"),
        ("network_id", ""),
        ("is_pingable", "true"),
    ],
)
def test_bad_values(name, value, client, user, hosts):
    assert refusal(client, PATH, user, **{name: value}) == (400, [name])


def add_ports(host, scan, *ports: int, **fields) -> None:
    for port in ports:
        Port.objects.create(
            **{"user": host.user, "scan": scan, "host": host, "ip": host.ip, "port": port, **fields}
        )


@pytest.fixture
def counted(user, networks) -> Host:
    return Host.objects.create(user=user, network=networks["office"], ip="192.0.2.1")


@pytest.fixture
def scans(user, networks) -> list[Scan]:
    return [Scan.objects.create(user=user, network=networks["office"]) for _ in range(2)]


def test_open_ports_of_the_latest_scan_are_counted(client, user, counted, scans):
    add_ports(counted, scans[0], 1, 2, 3)
    add_ports(counted, scans[1], 1, 2)
    add_ports(counted, scans[1], 4, state="closed")
    add_ports(counted, scans[1], 5, state="open|filtered")
    for latest, number in ((scans[0], "3"), (scans[1], "2"), (None, "5")):
        Host.objects.update(latest_scan=latest)
        assert download(client, PATH, user).column(COUNT) == [number]


def test_a_strangers_ports_do_not_count(client, user, stranger, counted, scans):
    add_ports(counted, scans[0], 1, 2, user=stranger)
    add_ports(counted, scans[0], 3)
    for latest in (scans[0], None):
        Host.objects.update(latest_scan=latest)
        assert download(client, PATH, user).column(COUNT) == ["1"]


def test_one_statement_counts_the_ports_of_all_hosts(client, user, networks, scans):
    def statements() -> int:
        with CaptureQueriesContext(connection) as queries:
            download(client, PATH, user)
        return len([query for query in queries if "netscan_" in query["sql"]])

    for number in range(30):
        found = Host.objects.create(
            user=user, network=networks["office"], ip=f"192.0.2.{number}", latest_scan=scans[0]
        )
        add_ports(found, scans[0], 1, 2)
    assert statements() == 1


def test_imported_hosts(client, user, run_import):
    run_import(DATA / "strange.xml", user)
    got = download(client, PATH, user)
    assert [
        tuple(row[name] for name in ("IP", "Hostname", "Status", "OS Guess", COUNT)) for row in got.rows
    ] == [
        ("2001:db8::a", "'=cmd|'/C calc'!A0", "Up", "'-Linux, or  not", "3"),
        ("192.0.2.2", "", "Down", "", "0"),
        ("192.0.2.3", "given.example", "Up", "", "0"),
        ("192.0.2.4", "", "Unknown", "", "0"),
        ("192.0.2.5", "", "Up", "", "1"),
    ]
