"""ALLOWED_NETWORKS before real servers: no header makes a stranger one of those who are let in."""

import re
import socket
import sqlite3
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from functools import cache
from urllib.parse import urlsplit

import pytest

from tests import calls
from tests.calls import FEW
from tests.limits.spoofs import ATTACKER, HONEST, INSIDE, NETWORKS, PROXY, SPOOFS, Spoof
from tests.nginx import run_nginx
from tests.processes.services import TIMEOUT
from tests.servers import run_server

# Who is let in does not depend on the database.
pytestmark = pytest.mark.sqlite

ENVIRONMENT = {
    **calls.ENVIRONMENT,
    "EXPORTS_ALLOWED_NETWORKS": f"{NETWORKS},{HONEST}",
    "LOG_LEVEL": "ERROR",  # each refusal is a warning otherwise
}
# The server; the proxy that it believes; whether that stands in between.
ARRANGEMENTS = {
    "gunicorn": ("gunicorn", "", False),
    "gunicorn-beside-a-proxy": ("gunicorn", PROXY, False),
    "gunicorn-behind-nginx": ("gunicorn", PROXY, True),
    "uvicorn-beside-a-proxy": ("uvicorn", PROXY, False),
    "uvicorn-behind-nginx": ("uvicorn", PROXY, True),
}

# As docs/operations.md has it; the service sees it come from an address of its own.
LOCATION = f"""
proxy_bind {PROXY};
proxy_set_header Host $host;
proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
proxy_set_header X-Forwarded-Proto $scheme;
"""
# What a server says to what it takes for no request. 404: uvicorn takes a whole URL for a path.
MALFORMED = {400, 404, 414, 431, 501, 505}


@pytest.fixture(scope="module")
def address_of(tmp_path_factory, database) -> Iterator[Callable[[str], str]]:
    """address_of(arrangement): where requests go. Each server is started once for the module."""
    with ExitStack() as stack:

        @cache
        def server(kind: str, trusted: str) -> str:
            env = ENVIRONMENT | {"TRUSTED_PROXIES": trusted}
            server = run_server(database, tmp_path_factory.mktemp("addresses"), kind=kind, env=env)
            stack.callback(server.stop)
            return server.url

        @cache
        def address(arrangement: str) -> str:
            kind, trusted, proxied = ARRANGEMENTS[arrangement]
            url = server(kind, trusted)
            if not proxied:
                return url
            nginx = run_nginx(url, tmp_path_factory.mktemp("nginx"), location=LOCATION)
            stack.callback(nginx.stop)
            return nginx.streaming

        yield address


def send(url: str, spoof: Spoof, source: str, agent: str) -> list[int]:
    """The statuses of all answers to these bytes, sent from that address."""
    parts = urlsplit(url)
    there = (str(parts.hostname), parts.port or 80)
    with socket.create_connection(there, TIMEOUT, source_address=(source, 0)) as client:
        received, broken = b"", False
        try:
            client.sendall(spoof.request(parts.netloc, FEW, agent))
            while piece := client.recv(65536):
                received += piece
        except ConnectionError:
            # Closed before all was read: then what it had answered may be lost.
            broken = True
    assert received or broken
    return [int(status) for status in re.findall(rb"HTTP/1\.[01] ([0-9]{3}) ", received)]


def records(database: str, agent: str) -> list[tuple[str, str | None]]:
    """Outcome and address of the records that a client of this name has left."""
    with closing(sqlite3.connect(database.removeprefix("sqlite:///"))) as connection:
        found = connection.execute("SELECT outcome, ip FROM exports_exportlog WHERE user_agent = ?", [agent])
        return found.fetchall()


@pytest.mark.parametrize("spoof", SPOOFS.values(), ids=SPOOFS.keys())
@pytest.mark.parametrize("arrangement", ARRANGEMENTS)
def test_nobody_talks_themselves_in(address_of, database, arrangement, spoof):
    agent = uuid.uuid4().hex
    statuses = send(address_of(arrangement), spoof, ATTACKER, agent)
    assert set(statuses) <= {403, *MALFORMED}
    # Under the address that they do come from.
    assert records(database, agent) == [("denied", ATTACKER)] * statuses.count(403)


@pytest.mark.parametrize("arrangement", ARRANGEMENTS)
def test_the_honest_are_let_in(address_of, database, arrangement):
    """Also those who say that they are somebody else."""
    for lines in ("X-Other: 1", f"X-Forwarded-For: {ATTACKER}", "X-Forwarded-For: 203.0.113.9, nonsense"):
        agent = uuid.uuid4().hex
        assert send(address_of(arrangement), Spoof(lines), HONEST, agent) == [200]
        assert [ip for _, ip in records(database, agent)] == [HONEST]


@pytest.mark.parametrize(
    ("arrangement", "status"),
    [("gunicorn", 403), ("gunicorn-beside-a-proxy", 200), ("uvicorn-beside-a-proxy", 200)],
)
def test_the_proxy_alone_is_believed(address_of, database, arrangement, status):
    """So the requests above do say what they are meant to say: from the proxy they open the door."""
    for name in ("forwarded-for-single", "lower-case", "repeated", "forwarded-for-mapped"):
        agent = uuid.uuid4().hex
        assert send(address_of(arrangement), SPOOFS[name], PROXY, agent) == [status]
        assert [ip for _, ip in records(database, agent)] == [INSIDE if status == 200 else PROXY]
