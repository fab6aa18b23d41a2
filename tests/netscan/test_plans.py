"""No export of a network dataset sorts, filtered or not: its rows come from an index in their order."""

import datetime as dt
import itertools

import pytest

from exports.contrib.netscan.models import Alert, Host, Network, Port, Scan
from tests.dataset_door import analyze, wrong_plans

pytestmark = pytest.mark.django_db
START = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
ROWS = 4000


@pytest.fixture
def loaded(user, stranger) -> Scan:
    """Some thousand rows in each table, two tenants' in turn, in no order of time; gives one's own scan."""
    hours = itertools.cycle(range(0, 720, 7))
    networks = [
        Network.objects.create(user=owner, name=f"network {number}")
        for number in range(4)
        for owner in (user, stranger)
    ]
    scans = [
        Scan.objects.create(user=network.user, network=network) for network in networks for _ in range(5)
    ]
    hosts = Host.objects.bulk_create(
        Host(
            user=scan.user,
            network=scan.network,
            latest_scan=scan if number % 9 else None,
            ip=f"10.0.{number // 250}.{number % 250}",
            is_pingable=(True, True, True, False, None)[number % 5],
        )
        for number, scan in zip(range(ROWS), itertools.cycle([*scans, scans[0]]), strict=False)
    )
    Port.objects.bulk_create(
        Port(user=host.user, scan=host.latest_scan or scans[0], host=host, ip=host.ip, port=port)
        for host in hosts
        for port in (22, 80)
    )
    Alert.objects.bulk_create(
        Alert(
            user=network.user,
            network=network,
            alert_type=Alert.Type.values[number // 8 % 3],
            acknowledged=number // 8 % 5 == 0,
            ip="10.0.0.1",
            port=number,
            created_at=START + dt.timedelta(hours=next(hours)),
        )
        for number, network in zip(range(ROWS), itertools.cycle(networks), strict=False)
    )
    analyze()
    return scans[0]


def test_no_export_sorts(client, user, loaded):
    cases = {
        "scans": [({"scan_id": str(loaded.pk)}, "port_scan")],
        "alerts": [
            ({}, "alert_created"),
            *(({"type": value}, "alert_type_created") for value in Alert.Type.values),
            *(({"acknowledged": value}, "alert_acknowledged_created") for value in ("true", "false")),
        ],
        "hosts": [
            ({}, "host_user"),
            ({"network_id": str(loaded.network_id)}, "host_network"),
            *(({"status": value}, "host_pingable") for value in ("up", "down", "unknown")),
        ],
    }
    assert not wrong_plans(client, user, cases)
