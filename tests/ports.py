"""A port for a server that is told which one to take."""

import secrets
import socket
from contextlib import suppress


def free_port() -> int:
    """One of 127.0.0.1 that nobody has, and that no kernel gives to who asks for any: those begin at 32,768.

    Not by `random`, which the test processes all seed alike.
    """
    while True:
        port = 20_000 + secrets.randbelow(12_000)
        with suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            return port
