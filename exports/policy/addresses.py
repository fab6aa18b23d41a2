"""The network address that a request came from."""

from ipaddress import ip_address

from django.http import HttpRequest


def client_address(request: HttpRequest) -> str | None:
    """The address of the peer, for the audit record; None where there is none, as over a Unix socket.

    A forwarding header is a claim of whoever sent it, and is not read.
    """
    try:
        return str(ip_address(request.META.get("REMOTE_ADDR", "")))
    except ValueError:
        return None
