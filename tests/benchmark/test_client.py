"""The client of the benchmark: what it takes for a whole answer."""

import socket
import threading
from contextlib import contextmanager
from hashlib import sha256

import pytest

from exports_project.benchmark.client import Chunks, download
from exports_project.benchmark.measuring import BenchmarkError

pytestmark = pytest.mark.postgresql

BODY = b"id,name\r\n1,a\r\n"
CHUNKED = b"9\r\nid,name\r\n\r\n5;x=1\r\n1,a\r\n\r\n0\r\n\r\n"
HEAD = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-Export-Id: 7\r\n\r\n"


@contextmanager
def answering(*pieces: bytes):
    """A server that gives one client these bytes, and hangs up."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer():
            client, _ = server.accept()
            with client:
                client.recv(4096)
                for piece in pieces:
                    client.sendall(piece)

        thread = threading.Thread(target=answer)
        thread.start()
        yield server.getsockname()
        thread.join()


def test_it_works():
    with answering(HEAD, CHUNKED) as address:
        received = download(address, "/", "somebody", digest=True)
    assert (received.export_id, received.size) == ("7", len(BODY))
    assert received.sha256 == sha256(BODY).hexdigest()
    assert 0 < received.first_byte_seconds <= received.seconds


@pytest.mark.parametrize("length", [1, 2, 3, 7, len(CHUNKED)])
def test_pieces_of_every_length(length):
    chunks = Chunks(digest=True)
    for start in range(0, len(CHUNKED), length):
        assert not chunks.whole
        chunks.feed(memoryview(CHUNKED[start : start + length]))
    assert chunks.whole
    assert (chunks.size, chunks.sha256) == (len(BODY), sha256(BODY).hexdigest())


@pytest.mark.parametrize("cut", [b"", CHUNKED[:5], CHUNKED[:-5], CHUNKED[:-1]])
def test_a_body_that_is_cut_is_no_file(cut):
    with answering(HEAD, cut) as address, pytest.raises(BenchmarkError, match="broke off"):
        download(address, "/", "somebody")


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (b"HTTP/1.1 429 Too Many Requests\r\n\r\nlater", "429 Too Many Requests: later"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", "not chunked"),
        (b"HTTP/1.1 200", "nothing whole"),
        (HEAD + b"size\r\n", "no size of a chunk"),
    ],
)
def test_other_answers_are_refused(answer, why):
    with answering(answer) as address, pytest.raises(BenchmarkError, match=why):
        download(address, "/", "somebody")
