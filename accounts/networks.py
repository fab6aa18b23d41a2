"""Networks as people write them."""

import ipaddress
import re
from collections.abc import Iterable
from typing import Final

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

MOST: Final = 50
"""How many a key may name: each of its requests compares its address with them."""


MAPPED_BITS: Final = 96
"""Of an IPv4 address in IPv6, `::ffff:192.0.2.1` (RFC 4291, section 2.5.5.2), those before the IPv4 part."""


def canonical_network(text: str) -> str:
    """An address or a network in CIDR notation as `192.0.2.0/24`. Raises ValidationError."""
    try:
        network = ipaddress.ip_network(text.strip())
        if "%" in text:
            raise ValueError("the scope of a link means nothing to another machine")
    except ValueError as error:
        raise ValidationError(
            _("%(network)s is no IP address and no network such as 192.0.2.0/24."),
            params={"network": repr(text[:50])},
        ) from error
    mapped = getattr(network.network_address, "ipv4_mapped", None)
    if mapped and network.prefixlen >= MAPPED_BITS:  # as a client's address is read
        return f"{mapped}/{network.prefixlen - MAPPED_BITS}"
    return str(network)


def split_networks(text: str) -> list[str]:
    """The entries of a list that is parted by commas, blanks or lines."""
    return [entry for entry in re.split(r"[\s,]+", text) if entry]


def canonical_networks(entries: Iterable[str]) -> list[str]:
    """Each of them once, in order. Raises ValidationError naming every bad one."""
    networks: dict[str, None] = {}
    problems = []
    for entry in entries:
        try:
            networks[canonical_network(entry)] = None
        except ValidationError as error:
            problems.append(error)
    if len(networks) > MOST:
        problems.append(
            ValidationError(_("No more than %(most)s networks are possible."), params={"most": MOST})
        )
    if problems:
        raise ValidationError(problems)
    return list(networks)
