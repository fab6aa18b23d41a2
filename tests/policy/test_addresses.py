"""From where: the deployment's networks, the user's, and those for sensitive datasets."""

import pytest

from accounts.models import APIKey
from exports.models import ExportLog
from tests.policy.doors import DOORS, refused

pytestmark = pytest.mark.sqlite  # no row decides

NETWORK_DOORS = [door for door in DOORS if door != "command"]


@pytest.fixture
def from_address(client):
    """from_address("192.0.2.7"): the test client's requests come from there."""

    def from_address(address: str) -> None:
        client.defaults["REMOTE_ADDR"] = address

    return from_address


LISTS = [
    # What limits them, and a dataset that it is about.
    ({"ALLOWED_NETWORKS": ["192.0.2.0/24", "2001:db8::/32"]}, (), "contacts"),
    ({}, ("192.0.2.0/24", "2001:db8::/32"), "contacts"),
    # Of addresses mapped into IPv6.
    ({"ALLOWED_NETWORKS": ["::ffff:192.0.2.0/120", "2001:db8::/32"]}, (), "contacts"),
    ({"SENSITIVE_NETWORKS": ["192.0.2.0/24", "2001:db8::/32"]}, (), "sensitive"),
    # Two lists: both count.
    (
        {"ALLOWED_NETWORKS": ["192.0.0.0/16", "2001:db8::/32"]},
        ("192.0.2.0/24", "2001:db8:0::/48"),
        "contacts",
    ),
]


@pytest.mark.parametrize(("keys", "own", "dataset"), LISTS)
@pytest.mark.parametrize("door", NETWORK_DOORS)
def test_it_works(client, contact, as_staff, configure, from_address, door, keys, own, dataset):
    configure(**keys)
    as_staff.networks = list(own)
    as_staff.save()
    for inside in ("192.0.2.7", "::ffff:192.0.2.7", "2001:db8::1", "2001:DB8:0:0::1"):
        from_address(inside)
        params = {"columns": "name"} if dataset == "contacts" else {}
        assert DOORS[door](client, as_staff, dataset, **params) == [["name"], ["Ada"]]
    ExportLog.objects.all().delete()
    for outside in ("192.0.3.7", "::ffff:192.0.3.7", "2001:db9::1", "::1", "127.0.0.1"):
        from_address(outside)
        assert refused(client, as_staff, door, dataset) == 403, outside
    assert set(ExportLog.objects.values_list("outcome", "export_type")) == {("denied", dataset)}
    assert ExportLog.objects.filter(ip="192.0.3.7").count() == 2


@pytest.mark.parametrize(
    "address", ["", "unix:", "localhost", "192.0.2.7:80", "010.0.0.1", "192.0.2.256", "%"]
)
def test_what_is_no_address_is_in_no_network(client, contact, user, configure, from_address, address):
    """As over a Unix socket, where the server sees no address."""
    from_address(address)
    assert DOORS["api"](client, user, "contacts")
    configure(ALLOWED_NETWORKS=["192.0.2.0/24"])
    assert refused(client, user, "api", "contacts") == 403


def test_a_command_comes_from_nowhere(client, contact, user, configure):
    user.networks = ["192.0.2.0/24"]
    user.save()
    configure(ALLOWED_NETWORKS=["192.0.2.0/24"])
    for dataset in ("contacts", "sensitive"):
        assert DOORS["command"](client, user, dataset, columns="name") == [["name"], ["Ada"]]


def test_the_admin_records_that_it_was_the_address(client, contact, as_staff, configure):
    configure(ALLOWED_NETWORKS=["192.0.2.0/24"])
    assert refused(client, as_staff, "admin", "contacts") == 403
    assert "address" in ExportLog.objects.get().error


def test_sensitive_datasets_without_a_list_go_nowhere(client, contact, user, configure):
    configure(SENSITIVE_NETWORKS=[])
    assert refused(client, user, "api", "sensitive") == 403
    assert DOORS["api"](client, user, "contacts")


@pytest.mark.parametrize("keys", [{"ALLOWED_NETWORKS": ["192.0.2.0/24"]}, {}])
@pytest.mark.parametrize("path", ["/api/exports/info", "/api/exports/logs", "/exports/", "/exports/history/"])
def test_what_tells_of_exports_asks_too(client, user, configure, from_address, path, keys):
    configure(**keys)
    user.networks = [] if keys else ["192.0.2.0/24"]
    user.save()
    client.force_login(user)
    for address, status in (("192.0.2.7", 200), ("192.0.3.7", 403)):
        from_address(address)
        assert client.get(path).status_code == status
    # Open to everybody; it tells of nobody's.
    assert client.get("/api/exports/health").status_code == 200


def test_sensitive_datasets_are_listed_where_they_may_be_exported(client, user, configure, from_address):
    configure(SENSITIVE_NETWORKS=["192.0.2.0/24"])
    client.force_login(user)
    for address, there in (("192.0.2.7", True), ("192.0.3.7", False)):
        from_address(address)
        names = [entry["name"] for entry in client.get("/api/exports/info").json()["exports"]]
        assert ("sensitive" in names) is there
        assert ("/exports/sensitive/" in client.get("/exports/").content.decode()) is there


def test_a_key_s_networks_and_its_user_s(client, contact, user, from_address):
    """A key from elsewhere is no credential (401); a user from elsewhere may not (403)."""
    text = APIKey.objects.issue(user=user, name="x", networks=["192.0.2.0/24"])[1]
    user.networks = ["192.0.2.7/32"]
    user.save()
    for address, status in (("192.0.2.7", 200), ("192.0.2.8", 403), ("192.0.3.7", 401)):
        from_address(address)
        headers = {"Authorization": f"Api-Key {text}"}
        assert client.get("/api/exports/info", headers=headers).status_code == status


@pytest.mark.parametrize(
    "header",
    ["X-Forwarded-For", "X-Real-IP", "Forwarded", "True-Client-IP", "CF-Connecting-IP", "X-Client-IP"],
)
def test_the_engine_reads_no_header(client, contact, user, configure, header):
    configure(ALLOWED_NETWORKS=["192.0.2.0/24"])
    headers = {"X-User-Id": user.pk, header: "192.0.2.7"}
    assert client.get("/api/exports/contacts", headers=headers).status_code == 403
