"""What an nmap command line scanned, which names the network where the user does not."""

import ipaddress
import re
from itertools import pairwise

UNNAMED = "nmap"
"""The network of scans whose command line names no address."""

# Options whose next word is an address, and no target.
_TAKE_ADDRESSES = {"-S", "-D", "-sI", "-b", "--exclude", "--dns-servers", "--ip-options", "--proxies"}
# `10.0.0-3.*`: nmap's ranges, octet by octet.
_RANGE = re.compile(r"[0-9,*-]+(?:\.[0-9,*-]+){3}", re.ASCII)


def network_name(arguments: str) -> str:
    """The addresses, blocks and ranges in nmap's command line, in its order; UNNAMED if it has none.

    Names of hosts do not count: in nmap's own XML they can't be told from the values of options.
    """
    words = arguments.split()
    targets = dict.fromkeys(
        word for option, word in pairwise(["", *words]) if option not in _TAKE_ADDRESSES and _is_target(word)
    )
    return ", ".join(targets) or UNNAMED


def cidr(name: str) -> str:
    """The block that a network's name is (`192.0.2.0/24`, one address too); empty if it is none."""
    try:
        return str(ipaddress.ip_network(name, strict=False))
    except ValueError:
        return ""


def _is_target(word: str) -> bool:
    return bool(cidr(word) or _RANGE.fullmatch(word))
