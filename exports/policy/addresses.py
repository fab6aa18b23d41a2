"""Who a request came from, and from which network address."""

from ipaddress import ip_address

from django.http import HttpRequest

from ..caller import Caller, Credential
from ..clients import client_of
from ..models import ExportLog


def client_address(request: HttpRequest) -> str | None:
    """The address of the peer, for the audit record; None where there is none, as over a Unix socket.

    A forwarding header is a claim of whoever sent it, and is not read.
    """
    try:
        return str(ip_address(request.META.get("REMOTE_ADDR", "")))
    except ValueError:
        return None


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
