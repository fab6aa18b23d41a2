"""Compressed files from real servers: their first rows are there at once, and no part of one looks whole."""

import hashlib
import http.client
from collections.abc import Iterator

import pytest

from tests import calls
from tests.compressed import MEDIA_TYPES, NAMES, unpacked, unpacked_so_far
from tests.processes.conftest import DENSE, FEW
from tests.processes.services import PIECE, Service
from tests.servers import run_server

# What is read of a database is the same text on each: tests/processes/test_same_bytes.py.
pytestmark = pytest.mark.sqlite

each = pytest.mark.parametrize("name", NAMES)
PATH = calls.PATH
KINDS = ("gunicorn", "uvicorn")


@pytest.fixture(scope="module", params=KINDS)
def small_blocks(request, filled, tmp_path_factory) -> Iterator[Service]:
    """A server whose files have many blocks."""
    server = run_server(
        filled, tmp_path_factory.mktemp("compressed"), kind=request.param, env=calls.ENVIRONMENT
    )
    yield Service(server, filled)
    server.stop()


@each
def test_it_works(small_blocks, expected, name):
    received = small_blocks.receive(f"{PATH}?compression={name}", calls.FEW, keep=True)
    assert unpacked(name, received.body) == expected
    assert received.headers["Content-Type"] == MEDIA_TYPES[name]
    record = small_blocks.record(received.headers["X-Export-Id"], calls.FEW)
    assert (record["outcome"], record["byte_count"]) == ("succeeded", received.size)
    assert record["sha256"] == received.sha256


@each
def test_what_fails_in_the_middle_is_broken_for_the_client_and_for_the_decoder(small_blocks, name):
    body: list[bytes] = []
    with small_blocks.answer(f"{calls.BREAKING}&compression={name}", calls.BROKEN) as response:
        assert response.status == 200
        with pytest.raises(http.client.IncompleteRead):
            body.extend(iter(lambda: response.read1(PIECE), b""))
    rows = unpacked_so_far(name, b"".join(body)).splitlines()
    assert rows[0] == b"id,livekitRoomName"
    assert 10 < len(rows) < 100  # the beginning of the first block
    record = small_blocks.record(response.headers["X-Export-Id"], calls.BROKEN)
    assert (record["outcome"], record["sha256"]) == ("failed", "")


@each
def test_the_first_rows_can_be_read_while_the_export_runs(service, name):
    path = f"{PATH}?compression={name}"
    service.receive(path, FEW)  # what the first request ever costs is not the question
    with service.answer(path, DENSE, window=PIECE) as response:
        begun = response.read1(PIECE)
        record = service.json(f"/api/exports/logs/{response.headers['X-Export-Id']}", DENSE)
        assert unpacked_so_far(name, begun).startswith(b"id,livekitRoomName,livekitRoomSid,")
        assert (record["outcome"], record["finished_at"]) == ("running", None)
        digest, size = hashlib.sha256(begun), len(begun)
        while piece := response.read(PIECE):
            digest.update(piece)
            size += len(piece)
    record = service.record(response.headers["X-Export-Id"], DENSE)
    assert (record["outcome"], record["byte_count"]) == ("succeeded", size)
    assert record["sha256"] == digest.hexdigest()


@each
def test_a_client_that_leaves_has_no_end_and_ends_the_export(service, name):
    with service.answer(f"{PATH}?compression={name}", DENSE, window=4096) as response:
        body = response.read1(PIECE)
    record = service.record(response.headers["X-Export-Id"], DENSE)
    assert (record["outcome"], record["sha256"]) == ("cancelled", "")
    unpacked_so_far(name, body)
