"""What a proxy says of the client, believed only from the proxies that TRUSTED_PROXIES names."""

import ipaddress
from collections.abc import Callable, Sequence

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.deprecation import MiddlewareMixin

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def parse_address(text: str) -> Address | None:
    """An address as servers and proxies write it: padded, with a port, in brackets, IPv4 mapped into IPv6."""
    text = text.strip().partition("%")[0]  # the scope of a link means nothing to another machine
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def client_address(peer: str, forwarded_for: str, trusted: Sequence[Network]) -> str:
    """The nearest address that is not one of our proxies.

    Takes the connection's peer and the X-Forwarded-For header, which is read from the right: each proxy adds,
    at the end, the address it was called from; what stands left of the first stranger, that stranger wrote.
    Empty where a proxy of ours names something that is no address: nobody knows whose it is.
    """
    hops = forwarded_for.split(",") if forwarded_for.strip() else []  # without any, the proxy asks itself
    nearest = peer
    for hop in [peer, *reversed(hops)]:
        address = parse_address(hop)
        if address is None:
            return ""
        nearest = str(address)
        if not _is_in(address, trusted):
            return nearest
    return nearest


def _is_in(address: Address, networks: Sequence[Network]) -> bool:
    return any(address in network for network in networks)


class TrustedProxyMiddleware(MiddlewareMixin):
    """Puts the client's address in REMOTE_ADDR; removes forwarding headers that no trusted proxy sent.

    So whatever reads REMOTE_ADDR or the scheme (rates, records, log, redirect to HTTPS) needs no care.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        super().__init__(get_response)
        self.trusted = [ipaddress.ip_network(proxy) for proxy in settings.TRUSTED_PROXIES]

    def process_request(self, request: HttpRequest) -> None:
        peer = request.META.get("REMOTE_ADDR", "")
        address = parse_address(peer)
        if address is not None and _is_in(address, self.trusted):
            request.META["REMOTE_ADDR"] = client_address(
                peer, request.META.get("HTTP_X_FORWARDED_FOR", ""), self.trusted
            )
        else:
            for header in ("HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO", "HTTP_X_FORWARDED_HOST"):
                request.META.pop(header, None)
