"""One POST to an address that a user has named: never to a machine of the inside, unless that is allowed.

The name is resolved once, and each address that it has is looked at; the connection goes to one that was, so
that another answer to the same question a moment later leads nowhere else.
"""

import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from typing import Final
from urllib.parse import SplitResult, urlsplit

from django.utils.translation import gettext_lazy as _

from ..conf import export_settings
from ..exceptions import AddressNotAllowed, InvalidParameters, ParameterProblem, Text

type Address = ipaddress.IPv4Address | ipaddress.IPv6Address

MAX_URL_LENGTH: Final = 1000
_WELL_KNOWN: Final = (80, 443)
_FIRST_FREE_PORT: Final = 1024
_NAT64: Final = ipaddress.ip_network("64:ff9b::/96")
"""Stands for an IPv4 address in its last four bytes (RFC 6052)."""

_UNICAST: Final = ipaddress.ip_network("2000::/3")
"""All that is given out to the world (RFC 4291). Outside are some that Python calls global: fec0::1."""


def require_url(url: str) -> str:
    """A URL that may be a webhook's. Raises InvalidParameters naming `url`.

    What its name leads to is looked at when something is sent: that may be another thing by then.
    """
    problem = _problem(url)
    if problem is not None:
        raise InvalidParameters([ParameterProblem("url", "invalid", problem)])
    return url


def _problem(url: str) -> Text | None:
    if len(url) > MAX_URL_LENGTH or not (url.isascii() and url.isprintable()) or " " in url:
        return _("This is no URL, or too long: write it in ASCII, as https://example.com/hooks.")
    parts = _parts(url)
    if parts is None:
        return _("This is no URL such as https://example.com/hooks.")
    if parts.scheme != "https" and not (parts.scheme == "http" and export_settings().webhook_networks):
        return _("Webhooks are sent by HTTPS alone.")
    if parts.username is not None or parts.password is not None:
        return _("A URL with a user or a password is not taken: verify the signature instead.")
    if parts.fragment:
        return _("A URL with a fragment is not taken: it would not be sent.")
    port = _port(parts)
    if port not in _WELL_KNOWN and port < _FIRST_FREE_PORT:
        return _("The port has to be 80, 443, or 1024 or more.")
    literal = _literal(parts.hostname or "")
    if literal is not None and not is_allowed(literal, parts.scheme):
        return str(AddressNotAllowed.message)
    return None


@dataclass(frozen=True)
class Answer:
    """What a receiver has said."""

    status: int

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300


def post(url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
    """Sends the body, follows no redirect, and waits WEBHOOK_SECONDS at most.

    Raises AddressNotAllowed, before anything is sent; OSError or HTTPException where nobody answers.
    """
    seconds = export_settings().webhook_seconds
    deadline = time.monotonic() + seconds
    parts = urlsplit(url)
    failure: OSError = OSError("The name has no address.")
    for address in _addresses(parts):
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        try:
            return _post_to(address, parts, body, headers, left)
        except ConnectionRefusedError as error:  # the next address may be better
            failure = error
    raise failure


def is_allowed(address: Address, scheme: str) -> bool:
    """Whether a webhook may be sent to this address by this scheme: each that it stands for is looked at."""
    allowed = [ipaddress.ip_network(text) for text in export_settings().webhook_networks]
    real = list(_real(address))
    if all(any(one in network for network in allowed) for one in real):
        return True
    return scheme == "https" and all(map(_is_public, real))


def _is_public(address: Address) -> bool:
    given = address.version == 4 or address in _UNICAST
    return given and address.is_global and not address.is_multicast


def _real(address: Address) -> Iterator[Address]:
    """What packets to this address reach: of one that holds an IPv4 address, that one alone."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if inner is None and address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            yield inner
            return
    yield address


def _addresses(parts: SplitResult) -> list[Address]:
    """All addresses of the host. Raises AddressNotAllowed where one of them is not."""
    host, port = parts.hostname or "", _port(parts)
    found: list[Address] = []
    for *_rest, peer in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        address = ipaddress.ip_address(str(peer[0]).partition("%")[0])
        if not is_allowed(address, parts.scheme):
            raise AddressNotAllowed
        if address not in found:
            found.append(address)
    return found


def _post_to(
    address: Address, parts: SplitResult, body: bytes, headers: Mapping[str, str], seconds: float
) -> Answer:
    connection = _Connection(address, parts, seconds)
    # A time limit of the socket is one for each of its reads: who sends a byte now and then meets none.
    limit = threading.Timer(seconds, connection.abort)
    limit.daemon = True
    limit.start()
    try:
        connection.request("POST", _target(parts), body=body, headers={**headers, "Host": parts.netloc})
        return Answer(connection.getresponse().status)  # what else it says counts for nothing
    except (OSError, HTTPException, ValueError):
        if connection.is_over:
            raise TimeoutError from None
        raise
    finally:
        limit.cancel()
        connection.close()


class _Connection(HTTPConnection):
    """To one address, whatever its name leads to by now; the certificate has to be the name's."""

    def __init__(self, address: Address, parts: SplitResult, seconds: float) -> None:
        super().__init__(parts.hostname or "", _port(parts), timeout=seconds)
        self.is_over = False
        # Python's own reference goes once an answer has begun that ends with its connection.
        self._socket: socket.socket | None = None
        self._address = address
        self._is_secure = parts.scheme == "https"

    def connect(self) -> None:
        self.sock = self._socket = socket.create_connection((str(self._address), self.port), self.timeout)
        if self._is_secure:
            # A handshake has one time limit as a whole. It cannot be aborted: TLS has the socket then.
            context = ssl.create_default_context()
            self.sock = self._socket = context.wrap_socket(self.sock, server_hostname=self.host)
        if self.is_over:
            raise TimeoutError

    def abort(self) -> None:
        """Ends whatever another thread waits for here."""
        self.is_over = True
        if self._socket is not None:
            with suppress(OSError):
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)  # that of TLS would change the object


def _target(parts: SplitResult) -> str:
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _parts(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        known = parts.port != 0 and bool(parts.hostname)
    except ValueError:
        return None
    return parts if known and parts.scheme in ("http", "https") else None


def _port(parts: SplitResult) -> int:
    return parts.port or (443 if parts.scheme == "https" else 80)


def _literal(host: str) -> Address | None:
    """The address that a host is, and no name."""
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None
