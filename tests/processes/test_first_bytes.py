"""The first bytes leave at once: while the server is still far from the end of the file."""

import hashlib

from tests.processes.conftest import FEW, MANY
from tests.processes.services import PIECE

CALLS = "/api/exports/calls"
HEADER = b"id,livekitRoomName,livekitRoomSid,"


def test_a_stream_is_chunked(service):
    with service.answer(CALLS, MANY) as response:
        assert response.version == 11
        assert response.headers["Transfer-Encoding"] == "chunked"
        assert "Content-Length" not in response.headers


def test_the_first_bytes_are_there_while_the_export_runs(service):
    service.receive(CALLS, FEW)  # what the first request ever costs is not the question
    with service.answer(CALLS, MANY, window=PIECE) as response:
        export_id = response.headers["X-Export-Id"]
        body = response.read(1024)
        # The client reads no further: of more than 20 MB, buffers on the way hold a few at most.
        record = service.json(f"/api/exports/logs/{export_id}", MANY)
        assert body.startswith(HEADER)
        assert (record["outcome"], record["finished_at"]) == ("running", None)
        digest, size = hashlib.sha256(body), len(body)
        while piece := response.read(PIECE):
            digest.update(piece)
            size += len(piece)
    assert size > 20_000_000
    record = service.record(export_id, MANY)
    assert (record["outcome"], record["byte_count"]) == ("succeeded", size)
    assert record["sha256"] == digest.hexdigest()
