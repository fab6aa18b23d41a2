"""From which network addresses exports may be asked for, and from which one a request came."""

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from ..caller import Caller, Credential
from ..clients import client_of
from ..conf import export_settings
from ..exceptions import NotPermitted
from ..models import ExportLog
from .terms import terms_of

NETWORK_DOORS: Final = frozenset({ExportLog.Door.API, ExportLog.Door.WEB, ExportLog.Door.ADMIN})
"""Where a request comes from somewhere. One without an address, as over a Unix socket, is in no network."""

_MAPPED_BITS: Final = 96
"""Of `::ffff:192.0.2.1`, those before the IPv4 address (RFC 4291, section 2.5.5.2)."""


def require_address(caller: Caller, *, sensitive: bool = False) -> None:
    """Raises NotPermitted where the caller's address is outside of a list of networks that counts for them.

    Those are the deployment's, the user's own, and for `sensitive` datasets one more. What limits a
    credential to networks refuses it before, as no credential at all.
    """
    if caller.door not in NETWORK_DOORS:
        return
    settings = export_settings()
    lists = [settings.allowed_networks, terms_of(caller.user).networks]
    if any(networks and not _is_in(caller.ip, networks) for networks in lists):
        raise NotPermitted(_("Exports are not allowed from your network address."))
    if sensitive and not _is_in(caller.ip, settings.sensitive_networks):
        raise NotPermitted(_("This dataset may not be exported from your network address."))


def _is_in(address: str | None, networks: Iterable[str]) -> bool:
    found = _parsed(address or "")
    return found is not None and any(found in _network(text) for text in networks)


@lru_cache(1000)
def _network(text: str) -> IPv4Network | IPv6Network:
    """A network; of one of addresses mapped into IPv6, that of the IPv4 addresses."""
    network = ip_network(text)
    mapped = getattr(network.network_address, "ipv4_mapped", None)
    if mapped and network.prefixlen >= _MAPPED_BITS:
        return ip_network(f"{mapped}/{network.prefixlen - _MAPPED_BITS}")
    return network


def _parsed(text: str) -> IPv4Address | IPv6Address | None:
    """An address; of one mapped into IPv6, as a socket for both versions shows it, the IPv4 address."""
    try:
        # The scope of a link (fe80::1%eth0) means nothing in a list of networks, and no record can hold it.
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def client_address(request: HttpRequest) -> str | None:
    """The address of the peer; None where there is none, as over a Unix socket.

    A forwarding header is a claim of whoever sent it, and is not read. A middleware that knows which proxies
    to believe sets REMOTE_ADDR.
    """
    address = _parsed(request.META.get("REMOTE_ADDR", ""))
    return None if address is None else str(address)


def http_caller(request: HttpRequest, door: ExportLog.Door, credential: Credential | None = None) -> Caller:
    """The signed-in user behind this request."""
    return Caller(
        user=request.user,
        door=door,
        ip=client_address(request),
        user_agent=request.headers.get("User-Agent", "").replace("\0", ""),
        client=client_of(request),
        credential=credential,
    )
