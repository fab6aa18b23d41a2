"""Forwarding headers: believed from trusted proxies, removed from everybody else."""

import ipaddress

import pytest
from django.http import HttpResponse
from django.test import RequestFactory

from exports_project.proxies import TrustedProxyMiddleware, client_address

# No database has a part in it.
pytestmark = pytest.mark.sqlite

PROXIES = ["10.0.0.0/8", "2001:db8::/32"]
TRUSTED = [ipaddress.ip_network(proxy) for proxy in PROXIES]


@pytest.mark.parametrize(
    ("peer", "forwarded_for", "client"),
    [
        ("10.0.0.1", "192.0.2.7", "192.0.2.7"),
        ("10.0.0.1", "192.0.2.7, 10.0.0.2", "192.0.2.7"),
        ("10.0.0.1", "203.0.113.9, 192.0.2.7", "192.0.2.7"),  # the left one is the client's own invention
        ("10.0.0.1", "10.9.9.9, 192.0.2.7", "192.0.2.7"),
        ("10.0.0.1", " 192.0.2.7:4711 ", "192.0.2.7"),
        ("10.0.0.1", "[2001:db9::7]:4711", "2001:db9::7"),
        ("10.0.0.1", "::ffff:192.0.2.7", "192.0.2.7"),
        ("::ffff:10.0.0.1", "192.0.2.7", "192.0.2.7"),
        ("2001:db8::1", "2001:db9::7", "2001:db9::7"),
        ("10.0.0.1", "", "10.0.0.1"),
        # Nobody's, and not the proxy's own, which a list of networks may hold.
        ("10.0.0.1", "unknown", ""),
        ("10.0.0.1", "192.0.2.7, unknown", ""),
        ("10.0.0.1", "192.0.2.7,", ""),
        ("10.0.0.1", "fe80::1%eth0", "fe80::1"),
        ("10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"),
        ("192.0.2.7", "203.0.113.9", "192.0.2.7"),
    ],
)
def test_the_client_is_the_nearest_stranger(peer, forwarded_for, client):
    assert client_address(peer, forwarded_for, TRUSTED) == client


def passed_on(peer: str, **headers: str) -> dict[str, str]:
    """What the application sees of a request."""
    seen: dict[str, str] = {}

    def application(request):
        seen.update(request.META)
        return HttpResponse()

    TrustedProxyMiddleware(application)(RequestFactory().get("/", REMOTE_ADDR=peer, headers=headers))
    return seen


FORWARDED = {
    "X-Forwarded-For": "203.0.113.9",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "evil.example",
}


def test_a_stranger_is_not_believed(settings):
    settings.TRUSTED_PROXIES = PROXIES
    seen = passed_on("192.0.2.7", **FORWARDED)
    assert seen["REMOTE_ADDR"] == "192.0.2.7"
    assert not [name for name in seen if name.startswith("HTTP_X_FORWARDED")]


def test_without_proxies_nobody_is_believed():
    seen = passed_on("127.0.0.1", **FORWARDED)
    assert seen["REMOTE_ADDR"] == "127.0.0.1"
    assert "HTTP_X_FORWARDED_PROTO" not in seen


@pytest.mark.parametrize("peer", ["", "@", "not an address"])
def test_a_peer_without_an_address_is_a_stranger(settings, peer):
    settings.TRUSTED_PROXIES = PROXIES
    assert passed_on(peer, **FORWARDED)["REMOTE_ADDR"] == peer


def test_a_trusted_proxy_is_believed(settings):
    settings.TRUSTED_PROXIES = PROXIES
    seen = passed_on("10.0.0.1", **FORWARDED)
    assert seen["REMOTE_ADDR"] == "203.0.113.9"
    assert seen["HTTP_X_FORWARDED_PROTO"] == "https"
