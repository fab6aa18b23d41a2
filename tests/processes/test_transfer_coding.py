"""`Accept-Encoding` at real servers: the same file, and no part of it that looks whole to anybody."""

import hashlib
import http.client
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import pytest

from tests import calls
from tests.compressed import DECODERS, NAMES, unpacked, unpacked_so_far
from tests.processes.conftest import DENSE, FEW, MANY
from tests.processes.services import PIECE, Service, connect
from tests.processes.test_memory import GROWTH, peaks
from tests.servers import run_server
from tests.tools import need

# What is read of a database is the same text on each: tests/processes/test_same_bytes.py.
pytestmark = pytest.mark.sqlite

CALLS = calls.PATH
KINDS = ("gunicorn", "uvicorn")
WINDOW = 4096
# Each server, and each coding; all pairs of them by `-m long`.
SHORT = {("gunicorn", "gzip"), ("uvicorn", "zstd")}
each = pytest.mark.parametrize(
    ("kind", "name"),
    [
        pytest.param(*pair, marks=() if pair in SHORT else pytest.mark.long, id="-".join(pair))
        for pair in product(KINDS, NAMES)
    ],
    scope="module",
)


@dataclass(frozen=True)
class Coded(Service):
    """A service whose client unpacks nothing, but says that it could."""

    accepted: str = "identity"

    @contextmanager
    def answer(
        self, path: str, user: str, *, window: int | None = None
    ) -> Iterator[http.client.HTTPResponse]:
        with closing(connect(self.server.url, window)) as client:
            client.request("GET", path, headers={"X-User-Id": user, "Accept-Encoding": self.accepted})
            with client.getresponse() as response:
                yield response


@pytest.fixture(scope="module")
def small_blocks(kind, filled, tmp_path_factory) -> Iterator[Callable[[str], Coded]]:
    """small_blocks(accepted): a server whose files have many blocks."""
    directory = tmp_path_factory.mktemp("coded")
    server = run_server(filled, directory, kind=kind, env=calls.ENVIRONMENT)
    yield lambda accepted: Coded(server, filled, accepted)
    server.stop()


@pytest.fixture(scope="module")
def large(kind, service, tmp_path_factory) -> Iterator[Callable[[str], Coded]]:
    """large(accepted): a server with a file of more than 20 MB."""
    server = run_server(service.database_url, tmp_path_factory.mktemp("large"), kind=kind)
    yield lambda accepted: Coded(server, service.database_url, accepted)
    server.stop()


def curl(url: str, path: str, user: str, file: Path, *options: str) -> tuple[int, dict[str, str]]:
    """curl's exit status, and the headers of its answer."""
    headers = file.with_suffix(".headers")
    command = [need("curl"), "--disable", "--noproxy", "*", "--silent", "--fail", "--output", file]
    command += ["--dump-header", headers, "--header", f"X-User-Id: {user}", *options, url + path]
    done = subprocess.run(command, timeout=60)
    lines = [line.partition(": ") for line in headers.read_text().splitlines()]
    return done.returncode, {name.lower(): value for name, _, value in lines}


ACCEPTED = {"gzip": ["--header", "Accept-Encoding: gzip"], "zstd": []}  # by itself curl names both


@each
def test_curl_saves_the_same_file(large, tmp_path, name):
    service, plain, saved = large(name), tmp_path / "plain", tmp_path / "saved"
    assert curl(service.server.url, CALLS, MANY, plain)[0] == 0
    code, headers = curl(service.server.url, CALLS, MANY, saved, "--compressed", *ACCEPTED[name])
    assert (code, headers["content-encoding"], headers["content-type"]) == (0, name, "text/csv")
    assert saved.stat().st_size > 20_000_000
    record = service.record(headers["x-export-id"], MANY)
    assert (record["outcome"], record["byte_count"]) == ("succeeded", saved.stat().st_size)
    digests = {hashlib.sha256(file.read_bytes()).hexdigest() for file in (plain, saved)}
    assert digests == {record["sha256"]}


@each
def test_the_coded_bytes_are_fewer(large, name):
    service = large(name)
    received = service.receive(CALLS, MANY, keep=True)
    record = service.record(received.headers["X-Export-Id"], MANY)
    assert received.headers["Content-Encoding"] == name
    assert received.size < record["byte_count"] / 4
    assert hashlib.sha256(unpacked(name, received.body)).hexdigest() == record["sha256"]


@each
def test_what_fails_in_the_middle_is_broken_for_the_client_and_for_the_decoder(small_blocks, name):
    service, body = small_blocks(name), []
    with service.answer(calls.BREAKING, calls.BROKEN) as response:
        assert (response.status, response.headers["Content-Encoding"]) == (200, name)
        with pytest.raises((http.client.IncompleteRead, ConnectionError)):
            body.extend(iter(lambda: response.read1(PIECE), b""))
    rows = unpacked_so_far(name, b"".join(body)).splitlines()
    assert rows[0] == b"id,livekitRoomName"
    assert rows[1].endswith(b",room 0")
    record = service.record(response.headers["X-Export-Id"], calls.BROKEN)
    assert (record["outcome"], record["sha256"]) == ("failed", "")


@each
def test_curl_fails_where_the_export_does(small_blocks, tmp_path, name):
    url, options = small_blocks(name).server.url, ["--compressed", *ACCEPTED[name]]
    code, headers = curl(url, calls.BREAKING, calls.BROKEN, tmp_path / "calls", *options)
    assert headers["content-encoding"] == name
    assert code in (18, 56)


@each
def test_the_first_rows_can_be_read_while_the_export_runs(large, name):
    service = large(name)
    service.receive(CALLS, FEW)  # what the first request ever costs is not the question
    with service.answer(CALLS, DENSE, window=WINDOW) as response:
        begun = response.read1(PIECE)
        record = service.json(f"/api/exports/logs/{response.headers['X-Export-Id']}", DENSE)
        assert unpacked_so_far(name, begun).startswith(b"id,livekitRoomName,livekitRoomSid,")
        assert (record["outcome"], record["finished_at"]) == ("running", None)
        decoder = DECODERS[name]()
        digest = hashlib.sha256(decoder.decompress(begun))
        while piece := response.read(PIECE):
            digest.update(decoder.decompress(piece))
    assert decoder.eof
    record = service.record(response.headers["X-Export-Id"], DENSE)
    assert (record["outcome"], record["sha256"]) == ("succeeded", digest.hexdigest())


@each
def test_a_client_that_leaves_has_no_end_and_ends_the_export(large, name):
    service = large(name)
    with service.answer(CALLS, DENSE, window=WINDOW) as response:
        body = response.read1(PIECE)
    record = service.record(response.headers["X-Export-Id"], DENSE)
    assert (record["outcome"], record["sha256"]) == ("cancelled", "")
    unpacked_so_far(name, body)


@each
def test_it_comes_through_nginx(small_blocks, start_nginx, expected, tmp_path, name):
    """To which HTTP/1.0 is spoken by default: there the file has its length, and no coding."""
    nginx = start_nginx(small_blocks(name).server.url)
    options = ["--compressed", *ACCEPTED[name]]
    for url, coding in ((nginx.streaming, name), (nginx.by_default, None)):
        code, headers = curl(url, CALLS, calls.FEW, tmp_path / "calls", *options)
        assert (code, headers.get("content-encoding")) == (0, coding)
        assert (headers.get("content-length") == str(len(expected))) == (coding is None)
        assert (tmp_path / "calls").read_bytes() == expected
    code, headers = curl(nginx.streaming, calls.BREAKING, calls.BROKEN, tmp_path / "broken", *options)
    assert headers["content-encoding"] == name
    assert code in (18, 56)


@pytest.mark.parametrize("name", NAMES)
def test_memory_does_not_grow_with_the_rows(service, start_server, name):
    fresh = Coded(start_server(service.database_url), service.database_url, name)
    few, many = peaks(fresh, CALLS)
    assert many[1].headers["Content-Encoding"] == name
    assert many[0] - few[0] < GROWTH
