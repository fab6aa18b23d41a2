"""What nmap's XML says of one host: the `<host>` element, trusted in nothing."""

import datetime as dt
import ipaddress
from dataclasses import dataclass
from typing import Any
from xml.etree.ElementTree import Element

from .models import Port

_IS_UP = {"up": True, "down": False}
_PROTOCOLS = {"tcp", "udp", "sctp", "ip"}
_STATES = set(Port.State.values)


SHOWN = 50


class NmapError(Exception):
    """The file is not the whole, sound output of one nmap run."""


def shown(text: str | None) -> str:
    """A value of the file as an error may show it: its beginning, with nothing that moves a terminal."""
    return repr(text and text[:SHOWN])


@dataclass(frozen=True)
class FoundPort:
    protocol: str
    number: int
    state: str
    service: str | None


@dataclass(frozen=True)
class FoundHost:
    """A host as nmap saw it. `is_up`, `hostname` and `os_guess` are None where it does not say."""

    ip: str
    is_up: bool | None
    hostname: str | None
    os_guess: str | None
    seen_at: dt.datetime
    ports: tuple[FoundPort, ...]


def read_host(element: Element, run_started_at: dt.datetime) -> FoundHost:
    """Raises NmapError where something is missing, or is what nmap does not write."""
    ports = {(port.protocol, port.number): port for port in map(_port, element.iterfind("ports/port"))}
    seen_at = element.get("endtime") or element.get("starttime")
    return FoundHost(
        ip=_address(element),
        is_up=_IS_UP.get(_attribute(element.find("status"), "state")),
        hostname=_hostname(element),
        os_guess=_os_guess(element),
        seen_at=moment(seen_at) if seen_at else run_started_at,
        ports=tuple(ports.values()),
    )


def _address(host: Element) -> str:
    """The host's IP address, in the one spelling that every database gives back."""
    for address in host.iterfind("address"):
        if address.get("addrtype") in ("ipv4", "ipv6"):
            text = address.get("addr", "").partition("%")[0]
            try:
                return str(ipaddress.ip_address(text))
            except ValueError as error:
                raise NmapError(f"a host's address is wrong: {shown(text)}") from error
    raise NmapError("a host has no IP address")


def _hostname(host: Element) -> str | None:
    """The name that the user gave to nmap; else the first that DNS gave."""
    names = sorted(host.iterfind("hostnames/hostname"), key=lambda name: name.get("type") != "user")
    return names[0].get("name") if names else None


def _os_guess(host: Element) -> str | None:
    """The likeliest system; of equals, the one that nmap names first."""
    matches = list(host.iterfind("os/osmatch"))
    return max(matches, key=lambda match: _number(match, "accuracy", 100)).get("name") if matches else None


def _port(element: Element) -> FoundPort:
    protocol, state = element.get("protocol", ""), _attribute(element.find("state"), "state")
    if protocol not in _PROTOCOLS or state not in _STATES:
        raise NmapError(f"a port's protocol or state is unknown: {shown(protocol)}, {shown(state)}")
    return FoundPort(protocol, _number(element, "portid", 65_535), state, _service(element.find("service")))


def _service(element: Element | None) -> str | None:
    """As nmap itself prints it: `ssl/http nginx 1.22.1 (Ubuntu)`."""
    if element is None:
        return None
    name = element.get("name", "")
    if tunnel := element.get("tunnel"):
        name = f"{tunnel}/{name}"
    extra = element.get("extrainfo")
    parts = [name, element.get("product"), element.get("version"), f"({extra})" if extra else None]
    return " ".join(part for part in parts if part)


def _attribute(element: Element | None, name: str) -> str:
    return "" if element is None else element.get(name, "")


def _number(element: Element, name: str, most: int) -> int:
    text: Any = element.get(name, "")
    # str.isdigit alone would let the digits of other scripts through.
    if not (text.isascii() and text.isdigit() and len(text) < 6 and int(text) <= most):
        raise NmapError(f"a <{element.tag}> has the {name} {shown(text)}")
    return int(text)


def moment(text: str | None) -> dt.datetime:
    """A Unix time as nmap writes it. Raises NmapError."""
    try:
        return dt.datetime.fromtimestamp(int(text or ""), dt.UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise NmapError(f"a time is wrong: {shown(text)}") from error
