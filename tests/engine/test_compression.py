"""`compression=`: a smaller file of the same rows, which leaves at once and of which no part looks whole."""

import hashlib
import random
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest
import time_machine
from django.db import OperationalError
from django.db.models import QuerySet

from exports.compressors import COMPRESSORS, FIRST, PIECE, compressed
from exports.exceptions import FormulaFound, ReaderLeft, ServerStopping
from exports.models import ExportLog
from tests.compressed import DECODERS, ERRORS, EXTENSIONS, MEDIA_TYPES, NAMES, unpacked, unpacked_so_far

# What is read of a database is the same text on each: tests/processes/test_same_bytes.py.
pytestmark = pytest.mark.sqlite

ORDERS = "/api/exports/orders"
each = pytest.mark.parametrize("name", NAMES)


def the_record() -> ExportLog:
    return ExportLog.objects.get()


@pytest.fixture
def ask(client, auth_headers):
    def ask(method: str = "get", path: str = ORDERS, headers=None, **params: str):
        headers = auth_headers | (headers or {})
        protocol = params.pop("SERVER_PROTOCOL", "HTTP/1.1")
        return getattr(client, method)(path, query_params=params, headers=headers, SERVER_PROTOCOL=protocol)

    return ask


def text(size: int) -> bytes:
    """So many bytes, which compress as rows do."""
    numbers = random.Random(1)
    rows = (f"{number},{numbers.getrandbits(64):x},completed,2024-01-01\r\n" for number in range(size // 30))
    return "".join(rows).encode()[:size]


def chunks_of(data: bytes, size: int) -> Iterator[bytes]:
    yield from (data[start : start + size] for start in range(0, len(data), size))


def until(error: type[Exception], chunks: Iterator[bytes], match: str | None = None) -> bytes:
    """What comes before that error."""
    body: list[bytes] = []
    with pytest.raises(error, match=match):
        body.extend(chunks)
    return b"".join(body)


def compress(name: str, data: bytes, size: int) -> list[bytes]:
    return list(compressed(chunks_of(data, size), COMPRESSORS[name]()))


# --- The file


@each
def test_it_works(download, start, ask, name):
    whole = download("orders")
    ExportLog.objects.all().delete()
    response = ask(compression=name)
    body = b"".join(response.streaming_content)
    assert unpacked(name, body) == whole
    assert response["Content-Type"] == MEDIA_TYPES[name]
    assert response["Content-Disposition"].endswith(f'.csv.{EXTENSIONS[name]}"')
    assert "Content-Encoding" not in response
    record = the_record()
    assert (record.format, record.options) == ("csv", {"formulas": "escape", "compression": name})
    assert (record.outcome, record.row_count, record.byte_count) == ("succeeded", 10, len(body))
    assert record.sha256 == hashlib.sha256(body).hexdigest()


@each
def test_a_stranger_sees_nothing(client, start, stranger, make_order, download, name):
    make_order(stranger, 4711)
    assert b"4711" not in unpacked(name, download("orders", compression=name))
    response = client.get(f"{ORDERS}?compression={name}", headers={"X-User-Id": stranger.pk})
    theirs = unpacked(name, b"".join(response.streaming_content))
    assert [line.partition(b",")[0] for line in theirs.splitlines()] == [b"number", b"4711"]


@each
def test_zero_rows_leave_the_header(user, download, name):
    assert unpacked(name, download("orders", compression=name)) == b"number,status,customer,lines\r\n"


@each
def test_the_same_file_gives_the_same_bytes(start, download, name):
    with time_machine.travel("2024-01-01"):
        before = download("orders", compression=name)
    assert download("orders", compression=name) == before


@each
@pytest.mark.parametrize("size", [FIRST + 1, 10_000, 340_000, PIECE, 3 * PIECE, 10**9])
def test_the_bytes_do_not_depend_on_how_rows_come(name, size):
    """In which blocks they are fetched is nobody's business but the source's."""
    data = text(3 * PIECE)
    assert compress(name, data, size) == compress(name, data, FIRST)
    assert unpacked(name, b"".join(compress(name, data, size))) == data


def test_the_header_of_gzip_by_the_letter(start, download):
    """RFC 1952: deflate, no name, no time, of no system."""
    assert download("orders", compression="gzip")[:10] == b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"


def test_the_frame_of_zstd_by_the_letter(start, download):
    """RFC 8878: a checksum, no dictionary, and a window that every decoder has."""
    body = download("orders", compression="zstd")
    assert body[:4] == b"\x28\xb5\x2f\xfd"
    descriptor, window = body[4], body[5]
    assert descriptor == 0b0000_0100  # Content_Checksum_flag alone
    base = 1 << (10 + (window >> 3))
    assert base + (base >> 3) * (window & 7) <= 8 * 1024 * 1024


@each
def test_a_file_that_was_changed_is_noticed(name):
    """Wherever it was: there is a checksum."""
    body = bytearray(b"".join(compress(name, text(20_000), 20_000)))
    noticed = 0
    for place in range(20, len(body) - 8, 97):
        changed = body.copy()
        changed[place] ^= 1
        decoder = DECODERS[name]()
        try:
            decoder.decompress(changed)
            noticed += not decoder.eof
        except ERRORS:
            noticed += 1
    assert noticed == len(range(20, len(body) - 8, 97))


@each
def test_no_chunk_is_tiny_and_none_is_large(name):
    _first, *pieces, last = map(len, compress(name, text(20 * PIECE), 340_000))
    assert len(pieces) == 19
    assert min(pieces) > 64 * 1024
    assert max(*pieces, last) < PIECE


def test_the_libraries_are_imported_on_use():
    code = "import exports.compressors, sys; print({'isal', 'backports.zstd'} & {*sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


# --- Rows leave at once


@each
def test_the_first_chunk_has_the_header_and_the_first_rows(start, name):
    stream = start(compression=name)
    assert the_record().outcome == "running"
    assert stream.progress.rows == 2  # of ten: the rest has not been asked for
    lines = unpacked_so_far(name, next(stream)).splitlines()
    assert [line.partition(b",")[0] for line in lines] == [b"number", b"0", b"1"]


@each
def test_of_a_large_first_block_the_beginning(name):
    data = text(PIECE)
    [first, *_] = compress(name, data, len(data))
    assert unpacked_so_far(name, first) == data[:FIRST]


@each
def test_each_chunk_can_be_unpacked_as_it_comes(name):
    data, decoder, read = text(5 * PIECE), DECODERS[name](), 0
    for number, chunk in enumerate(compress(name, data, 50_000)):
        read += len(decoder.decompress(chunk))
        assert read == min(FIRST + number * PIECE, len(data))
    assert decoder.eof


# --- No part looks whole


@each
def test_an_error_before_the_first_byte(start, monkeypatch, name):
    monkeypatch.setattr("tests.engine.exports.shout", lambda order: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        start("computed-orders", compression=name)
    assert (the_record().outcome, the_record().byte_count) == ("failed", 0)


@each
def test_an_error_before_the_first_byte_is_a_status(start, ask, monkeypatch, name):
    monkeypatch.setattr("tests.engine.exports.shout", lambda order: "=1")
    response = ask(path="/api/exports/computed-orders", compression=name, formulas="reject")
    assert (response.status_code, response["Content-Type"]) == (409, "application/json")


@each
@pytest.mark.parametrize("number", [2, 5, 9])
def test_an_error_later_leaves_a_file_without_an_end(start, monkeypatch, name, number):
    monkeypatch.setattr("tests.engine.exports.shout", lambda order: "=1" if order.number == number else "")
    stream = start("computed-orders", compression=name, formulas="reject")
    body = until(FormulaFound, stream, f"Row {number + 1}, column 'shout'")
    assert unpacked_so_far(name, body).startswith(b"number,shout,customer_id\r\n0,")
    record = the_record()
    assert (record.outcome, record.byte_count, record.sha256) == ("failed", len(body), "")


@each
@pytest.mark.parametrize("taken", [0, 1])
def test_closed_before_its_end(start, name, taken):
    stream = start(compression=name)
    body = b"".join(next(stream) for _ in range(taken))
    stream.close()
    with pytest.raises(ReaderLeft):
        body += next(stream)
    unpacked_so_far(name, body)
    record = the_record()
    assert (record.outcome, record.row_count) == ("cancelled", 2)


@each
@pytest.mark.django_db(transaction=True)
def test_ended_by_another_thread(start, join_ends, name):
    stream = start(compression=name)
    body = next(stream)
    thread = threading.Thread(target=stream.end, args=[ServerStopping()])
    thread.start()
    thread.join()
    join_ends()
    with pytest.raises(ServerStopping):
        body += b"".join(stream)
    unpacked_so_far(name, body)
    assert the_record().outcome == "failed"


@each
def test_the_source_is_closed_with_it(name):
    closed = []

    def source():
        try:
            yield from chunks_of(text(5 * PIECE), 1000)
        finally:
            closed.append(True)

    held = source()  # else the collection of garbage would close it
    chunks = compressed(held, COMPRESSORS[name]())
    body = next(chunks) + next(chunks)
    assert not closed
    chunks.close()
    assert closed
    assert list(chunks) == []
    unpacked_so_far(name, body)


@each
def test_a_source_that_fails_after_its_last_row(name):
    """As where the transaction cannot be ended: the file gets its end after that."""

    def source():
        yield b"number\r\n1\r\n"
        raise OperationalError

    body = until(OperationalError, compressed(source(), COMPRESSORS[name]()))
    assert unpacked_so_far(name, body) == b"number\r\n1\r\n"


@each
def test_a_record_that_cannot_be_closed_breaks_the_stream(start, monkeypatch, name):
    """As it does without compression: all has been handed out but the end of the transfer."""
    stream = start(compression=name)

    def fail(records: QuerySet, **fields: object) -> int:
        raise OperationalError

    with monkeypatch.context() as patched:
        patched.setattr(QuerySet, "update", fail)
        with pytest.raises(OperationalError):
            list(stream)
    assert the_record().outcome == "running"


# --- HTTP


@each
def test_http_1_0_gets_the_length_of_the_compressed_file(start, ask, download, settings, name):
    body = download("orders", compression=name)
    settings.EXPORTS = settings.EXPORTS | {"MAX_SPOOL_BYTES": len(body)}
    response = ask(compression=name, SERVER_PROTOCOL="HTTP/1.0")
    assert response["Content-Length"] == str(len(body))
    assert b"".join(response.streaming_content) == body
    settings.EXPORTS = settings.EXPORTS | {"MAX_SPOOL_BYTES": len(body) - 1}
    assert ask(compression=name, SERVER_PROTOCOL="HTTP/1.0").status_code == 413


@each
def test_http_1_0_gets_an_error_in_place_of_a_part(start, ask, monkeypatch, name):
    monkeypatch.setattr("tests.engine.exports.shout", lambda order: "=1" if order.number == 9 else "")
    params = {"compression": name, "formulas": "reject", "SERVER_PROTOCOL": "HTTP/1.0"}
    assert ask(path="/api/exports/computed-orders", **params).status_code == 409


@each
@time_machine.travel("2026-01-31 09:30:00+00:00", tick=False)
def test_head_answers_the_headers_of_get(start, ask, name):
    head, whole = ask("head", compression=name), ask(compression=name)
    for own in ("X-Export-Id", "X-Request-ID"):
        whole.headers.pop(own), head.headers.pop(own, None)
    assert {**whole.headers} == {**head.headers}
    assert head["Content-Type"] == MEDIA_TYPES[name]
    file = f"orders_20260131_093000.csv.{EXTENSIONS[name]}"
    assert head["Content-Disposition"] == f'attachment; filename="{file}"'
    assert ExportLog.objects.count() == 1


@each
@pytest.mark.parametrize("accepted", ["gzip", "gzip, deflate, br, zstd", "*"])
def test_the_transfer_does_not_compress_it_again(start, ask, download, settings, name, accepted):
    # Before the first request, by which the client loads them.
    settings.MIDDLEWARE = ["django.middleware.gzip.GZipMiddleware", *settings.MIDDLEWARE]
    body = download("orders", compression=name)
    response = ask(compression=name, headers={"Accept-Encoding": accepted})
    assert "Content-Encoding" not in response
    assert b"".join(response.streaming_content) == body


@pytest.mark.parametrize(
    ("accept", "status"),
    [
        ("application/gzip", 200),
        ("text/csv", 200),
        ("application/*", 200),
        ("*/*", 200),
        ("application/zstd", 406),
        ("application/gzip;q=0", 406),
        ("image/png", 406),
    ],
)
def test_accept_may_name_what_is_inside_or_what_is_around(start, ask, accept, status):
    response = ask(compression="gzip", headers={"Accept": accept})
    assert response.status_code == status
    if status == 200:
        assert response["Content-Type"] == "application/gzip"


def test_accept_alone_compresses_nothing(start, ask):
    assert ask(headers={"Accept": "application/gzip"}).status_code == 406
    assert ask(headers={"Accept": "application/gzip, text/csv;q=0.1"})["Content-Type"] == "text/csv"
