"""The alerts dataset at the REST door, and its short path."""

import datetime as dt

import pytest

from exports.contrib.netscan.models import Alert, Network
from tests.dataset_door import download, is_stamped, refusal

pytestmark = pytest.mark.django_db
PATH = "/api/exports/alerts"
NOON = dt.datetime(2026, 1, 15, 12, tzinfo=dt.UTC)


@pytest.fixture
def networks(user, stranger) -> dict[str, Network]:
    return {
        "mine": Network.objects.create(user=user, name="=office"),
        "theirs": Network.objects.create(user=stranger, name="secret"),
    }


@pytest.fixture
def alerts(user, stranger, networks) -> None:
    for number, kind in enumerate(Alert.Type.values):
        for acknowledged in (False, True):
            for owner, network in ((stranger, networks["theirs"]), (user, networks["mine"])):
                Alert.objects.create(
                    user=owner,
                    network=network,
                    alert_type=kind,
                    ip="192.0.2.1",
                    port=10 * number + acknowledged + (1000 if owner == stranger else 0),
                    acknowledged=acknowledged,
                    created_at=NOON - dt.timedelta(days=number),
                )


@pytest.mark.parametrize("path", [PATH, "/api/alerts/export/csv"])
def test_it_works(path, client, user, networks):
    Alert.objects.create(
        user=user,
        network=networks["mine"],
        alert_type="not_allowed",
        ip="192.0.2.1",
        port=22,
        acknowledged=True,
        created_at=NOON,
    )
    got = download(client, path, user)
    assert is_stamped(got.filename, "alerts")
    assert list(got.rows[0].items()) == [
        ("Alert Type", "not_allowed"),
        ("IP", "192.0.2.1"),
        ("Port", "22"),
        ("Network", "'=office"),
        ("Status", "Acknowledged"),
        ("Created At", "2026-01-15T12:00:00+00:00"),
    ]


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({}, [20, 21, 10, 11, 0, 1]),
        ({"type": "new_port"}, [0, 1]),
        ({"type": "not_allowed"}, [10, 11]),
        ({"type": "blocked"}, [20, 21]),
        ({"acknowledged": "true"}, [21, 11, 1]),
        ({"acknowledged": "false"}, [20, 10, 0]),
        ({"acknowledged": "false", "type": "blocked"}, [20]),
    ],
)
def test_filters_and_order(params, expected, client, user, alerts):
    got = download(client, PATH, user, **params)
    assert got.column("Port") == [str(port) for port in expected]
    assert set(got.column("Network")) == {"'=office"}
    assert got.column("Status") == ["Acknowledged" if port % 10 else "Open" for port in expected]


def test_a_strangers_network_is_not_named(client, user, alerts, networks):
    Alert.objects.filter(user=user).update(network=networks["theirs"])
    assert download(client, PATH, user).column("Network") == [""] * 6


def test_an_alert_outlives_its_network(client, user, alerts, networks):
    networks["mine"].delete()
    assert download(client, PATH, user).column("Network") == [""] * 6


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("type", "old_port"),
        ("type", ""),
        ("acknowledged", "maybe"),
        ("acknowledged", "Acknowledged"),
        ("alert_type", "blocked"),
        ("network_id", "1"),
    ],
)
def test_bad_values(name, value, client, user, alerts):
    assert refusal(client, PATH, user, **{name: value}) == (400, [name])
