"""Where webhooks are sent: never to the inside, however it is written, whatever a name leads to by then."""

import socket
import ssl
import time
from contextlib import suppress
from ipaddress import ip_address

import pytest

from exports.conf import export_settings
from exports.exceptions import AddressNotAllowed, InvalidParameters
from exports.models import WebhookDelivery
from exports.notices import control
from exports.notices.posting import is_allowed, post, require_url
from exports.notices.webhooks import deliver_due
from tests.notices.certificates import Authority
from tests.notices.receiver import running_receiver
from tests.schedules.made import caller

pytestmark = pytest.mark.sqlite

PUBLIC = "198.41.0.4"
INSIDE = [
    *("127.0.0.1", "127.255.255.254", "0.0.0.0", "0.1.2.3", "10.0.0.1", "172.16.0.1", "172.31.255.255"),  # noqa: S104
    *("192.168.1.1", "169.254.169.254", "100.64.0.1", "192.0.0.1", "192.0.2.1", "198.18.0.1", "198.51.100.1"),
    *("203.0.113.1", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255"),
    *("::", "::1", "fe80::1", "fe80::1%1", "fc00::1", "fd00:ec2::254", "fec0::1", "ff02::1", "ff0e::1"),
    *("2001:db8::1", "100::1", "2001::1", "4000::1"),
    # Each of these holds an IPv4 address of the inside.
    *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:7f00:1", "::127.0.0.1", "::ffff:0:127.0.0.1"),
    *("2002:7f00:1::", "2002:a00:1::1", "2002:c0a8:101::1", "64:ff9b::127.0.0.1", "64:ff9b::a00:1"),
    *("64:ff9b:1::7f00:1", "64:ff9b::a9fe:a9fe"),
]
OUTSIDE = [PUBLIC, "8.8.8.8", "2606:4700::1111", "2001:4860:4860::8888", "64:ff9b::808:808", "::ffff:8.8.8.8"]


@pytest.mark.parametrize("address", OUTSIDE)
def test_it_works(address):
    """By HTTPS alone."""
    assert is_allowed(ip_address(address), "https")
    assert not is_allowed(ip_address(address), "http")


@pytest.mark.parametrize("address", INSIDE)
def test_the_inside(address):
    assert not is_allowed(ip_address(address), "https")
    assert not is_allowed(ip_address(address), "http")
    host = f"[{address}]" if ":" in address else address
    with pytest.raises(InvalidParameters) as caught:
        require_url(f"https://{host}/hook")
    assert [problem.attr for problem in caught.value.errors] == ["url"]


def test_what_is_allowed_by_settings(settings):
    settings.EXPORTS = settings.EXPORTS | {"WEBHOOK_NETWORKS": ["10.1.0.0/16", "fd00::/8"]}
    for address in ("10.1.2.3", "fd00::1", "::ffff:10.1.2.3"):
        assert is_allowed(ip_address(address), "http")
        assert is_allowed(ip_address(address), "https")
    for address in ("10.2.0.1", "127.0.0.1", "fe80::1", "::1"):
        assert not is_allowed(ip_address(address), "https")
    assert require_url("http://hooks.inside:8080/a?b=c") == "http://hooks.inside:8080/a?b=c"


# As C's inet_aton, browsers and sloppy parsers read 127.0.0.1, 10.0.0.1 and the like.
SPELLINGS = [
    *("2130706433", "0x7f000001", "0x7f.0.0.1", "0177.0.0.1", "017700000001", "127.1", "127.0.1"),
    *("0x7f.1", "0", "127.0.0.1.", "127.1.", "10.1", "0xa000001", "localhost", "LOCALHOST."),
    *("localhost.localdomain", "ip6-localhost", "0x0", "00", "169.254.43518"),
]


@pytest.mark.parametrize("host", SPELLINGS)
def test_other_spellings(host, monkeypatch):
    """Whatever the system makes of them is looked at, and nothing is sent."""
    monkeypatch.setattr(socket, "create_connection", no_connection)
    url = f"https://{host}/hook"
    with suppress(InvalidParameters):
        require_url(url)
    with pytest.raises((AddressNotAllowed, OSError)) as caught:
        post(url, b"{}", {})
    assert not isinstance(caught.value, AssertionError)


def no_connection(*args: object) -> None:
    raise AssertionError(args)


@pytest.mark.parametrize(
    "url",
    [
        *("", "example.com", "//example.com/", "ftp://example.com/", "file:///etc/passwd", "https://"),
        *("http://example.com/", "https:///path", "https://example.com:0/", "https://example.com:99999/"),
        *("https://example.com:22/", "https://example.com:25/", "https://example.com:x/"),
        *("https://user@example.com/", "https://user:pw@example.com/", "https://example.com@127.0.0.1/"),
        *(
            "https://example.com\\@127.0.0.1/",
            "https://example.com/#a",
            "https://[::1",
            "https://[fe80::1%25eth0]/",
        ),
        *("https://example.com/\r\nHost: inside", "https://example.com /", "https://exa\u200bmple.com/"),
        *(
            "https://\uff11\uff12\uff17.0.0.1/",
            "https://\u2460\u2461.0.0.1/",
            "https://\u0661\u0662\u0667.0.0.1/",
        ),
        *(
            "https://b\u00fccher.example/",
            "https://example.com/" + "x" * 1000,
            "gopher://example.com/",
            "https:example",
        ),
        *(
            "javascript:alert(1)",
            " https://example.com/",
            "https://127.0.0.1:8443/",
            "https://[::ffff:127.0.0.1]/",
        ),
    ],
)
def test_what_is_no_address_of_a_webhook(url):
    with pytest.raises(InvalidParameters) as caught:
        require_url(url)
    assert [problem.attr for problem in caught.value.errors] == ["url"]


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com",
        "https://example.com:8443/a/b?c=d",
        "HTTPS://Example.COM:443/",
        "https://8.8.8.8/x",
    ],
)
def test_what_is_one(url):
    assert require_url(url) == url


def resolving(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> list[object]:
    """Names lead to these addresses, to others each time. Returns where was connected to."""
    real, left, connected = socket.getaddrinfo, list(answers), []

    def getaddrinfo(host, port, *args, **kwargs):
        with suppress(ValueError):
            ip_address(host)
            return real(host, port, *args, **kwargs)
        found = left.pop(0) if len(left) > 1 else left[0]
        family = socket.AF_INET6 if ":" in found[0] else socket.AF_INET
        return [(family, socket.SOCK_STREAM, 6, "", (address, port)) for address in found]

    def create_connection(address, *args, **kwargs):
        connected.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    monkeypatch.setattr(socket, "create_connection", create_connection)
    return connected


@pytest.mark.parametrize("address", [address for address in INSIDE if "%" not in address])
def test_a_name_of_the_inside(monkeypatch, address):
    connected = resolving(monkeypatch, [address])
    with pytest.raises(AddressNotAllowed):
        post("https://hooks.example.com/", b"{}", {})
    assert connected == []


def test_a_name_of_both(monkeypatch):
    """One address of the inside is one too many: which of them is taken would be chance."""
    for answer in ([PUBLIC, "10.0.0.1"], ["10.0.0.1", PUBLIC]):
        connected = resolving(monkeypatch, answer)
        with pytest.raises(AddressNotAllowed):
            post("https://hooks.example.com/", b"{}", {})
        assert connected == []
        monkeypatch.undo()


def test_a_name_that_leads_elsewhere_a_moment_later(monkeypatch):
    """It is asked for once; the connection goes to the address that was looked at."""
    connected = resolving(monkeypatch, [PUBLIC], ["127.0.0.1"])
    with pytest.raises(ConnectionRefusedError):
        post("https://hooks.example.com/", b"{}", {})
    assert connected == [(PUBLIC, 443)]
    with pytest.raises(AddressNotAllowed):
        post("https://hooks.example.com/", b"{}", {})
    assert connected == [(PUBLIC, 443)]


def test_all_addresses_of_a_name(monkeypatch):
    connected = resolving(monkeypatch, [PUBLIC, "8.8.8.8"])
    with pytest.raises(ConnectionRefusedError):
        post("https://hooks.example.com:8443/", b"{}", {})
    assert connected == [(PUBLIC, 8443), ("8.8.8.8", 8443)]


@pytest.mark.django_db(transaction=True)
def test_what_is_told_of_one_that_is_not_allowed(user, monkeypatch):
    """It is given up at once; and says no more of the inside than that."""
    control.test(control.create(caller(user), "https://hooks.example.com/"))
    resolving(monkeypatch, ["10.0.0.1"])
    assert deliver_due() == 0
    delivery = WebhookDelivery.objects.get()
    assert (delivery.status, delivery.attempts) == ("failed", 1)
    assert "10.0.0.1" not in delivery.error
    assert [attempt["status"] for attempt in delivery.log] == [None]


@pytest.fixture
def secure(settings, monkeypatch, tmp_path):
    """secure(name): a receiver by HTTPS with a certificate of that name, and its URL at hooks.example.com.

    The authority is trusted; the name leads to this machine, which is allowed.
    """
    settings.EXPORTS = settings.EXPORTS | {"WEBHOOK_NETWORKS": ["127.0.0.0/8"], "WEBHOOK_SECONDS": 5}
    authority, real = Authority(tmp_path), socket.getaddrinfo

    def getaddrinfo(host, port, *args, **kwargs):
        return real("127.0.0.1" if host == "hooks.example.com" else host, port, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    running = []

    def start(name: str):
        running.append(running_receiver(authority.wrapping(name)))
        receiver = running[-1].__enter__()
        return receiver, f"https://hooks.example.com:{receiver.port}/hook"

    yield start
    for one in running:
        one.__exit__(None, None, None)


def test_the_certificate_of_the_name(secure):
    receiver, url = secure("hooks.example.com")
    assert post(url, b"{}", {"X-A": "b"}).status == 204
    assert receiver.seen[0].body == b"{}"
    assert receiver.seen[0].headers["Host"] == f"hooks.example.com:{receiver.port}"


def test_the_certificate_of_another_name(secure):
    receiver, url = secure("other.example.com")
    with pytest.raises(ssl.SSLCertVerificationError):
        post(url, b"{}", {})
    assert receiver.seen == []


def test_a_certificate_that_nobody_trusts(secure, monkeypatch, tmp_path):
    (tmp_path / "other").mkdir()
    receiver, url = secure("hooks.example.com")
    monkeypatch.setenv("SSL_CERT_FILE", str(Authority(tmp_path / "other").file))
    with pytest.raises(ssl.SSLCertVerificationError):
        post(url, b"{}", {})
    assert receiver.seen == []


def test_a_slow_receiver_by_https(secure, settings):
    """TLS has the socket in its hand: its end comes in time all the same."""
    settings.EXPORTS = settings.EXPORTS | {"WEBHOOK_SECONDS": 1}
    receiver, url = secure("hooks.example.com")

    def slowly(handler):
        with suppress(OSError):
            for byte in b"HTTP/1.1 200 OK\r\nX: " + b"x" * 10_000:
                handler.wfile.write(bytes([byte]))
                if receiver.ended.wait(0.1):
                    return

    receiver.answer = slowly
    begun = time.monotonic()
    with pytest.raises(TimeoutError):
        post(url, b"{}", {})
    assert time.monotonic() - begun < 10


def test_a_handshake_that_takes_the_time_of_all(secure, settings, monkeypatch):
    """Once the time is over, nothing is asked of who has used it up by then."""
    settings.EXPORTS = settings.EXPORTS | {"WEBHOOK_SECONDS": 1}
    assert export_settings().webhook_seconds == 1
    receiver, url = secure("hooks.example.com")
    real = ssl.SSLContext.wrap_socket

    def wrap_socket(self, *args, **kwargs):
        found = real(self, *args, **kwargs)
        if kwargs.get("server_hostname"):  # not the receiver's own
            time.sleep(1.2)  # as one that sends its last byte then
        return found

    monkeypatch.setattr(ssl.SSLContext, "wrap_socket", wrap_socket)
    with pytest.raises(TimeoutError):
        post(url, b"{}", {})
    assert receiver.seen == []
