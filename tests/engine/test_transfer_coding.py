"""`Accept-Encoding`: the same file, on its way in fewer bytes, which leave at once and end only with it."""

import hashlib
import random
import re
import threading

import pytest
from django.db import OperationalError
from django.db.models import QuerySet
from django.http import HttpResponse
from hypothesis import given
from hypothesis import strategies as st

from exports.compressors import FIRST
from exports.exceptions import FormulaFound, ReaderLeft, ServerStopping
from exports.models import ExportLog
from exports.sinks.transfer import CODINGS, CodedStream, Transfer, preferred_coding
from tests.compressed import DECODERS, NAMES, unpacked, unpacked_so_far

# What is read of a database is the same text on each: tests/processes/test_same_bytes.py.
pytestmark = pytest.mark.sqlite

ORDERS = "/api/exports/orders"
FORMATS = {"csv": "zstd", "jsonl": "zstd", "xlsx": None, "parquet": None}
each = pytest.mark.parametrize("name", NAMES)


def the_record() -> ExportLog:
    return ExportLog.objects.get()


# --- What a client accepts

CHOICES = {
    "": None,
    "gzip": "gzip",
    "zstd": "zstd",
    "x-gzip": "gzip",
    "GZIP": "gzip",
    "gzip, zstd": "zstd",
    "gzip, deflate, br, zstd": "zstd",
    "gzip, deflate, br": "gzip",
    "deflate, br": None,
    "gzip;q=1.0, zstd;q=0.9": "gzip",
    "gzip;q=0.001": "gzip",
    "gzip ; q=0.5,\tzstd;q=0.4": "gzip",
    "gzip;Q=0.5": "gzip",
    # Refused.
    "gzip;q=0": None,
    "gzip;q=0.000": None,
    "gzip;q=0, zstd;q=0.0": None,
    "zstd;q=0, gzip": "gzip",
    "*;q=0": None,
    "*;q=0, gzip": "gzip",
    "gzip, gzip;q=0": None,
    "gzip, x-gzip;q=0": None,
    # Any.
    "*": "zstd",
    "*;q=0.5": "zstd",
    "zstd;q=0, *": "gzip",
    "gzip, *;q=0.1": "gzip",
    "gzip;q=0, zstd;q=0, *": None,
    # None preferred, or nothing refused but all else.
    "identity": None,
    "identity, gzip;q=0.5": None,
    "identity;q=0.5, gzip;q=0.4": None,
    "identity, gzip": "gzip",
    "identity;q=0.5, gzip": "gzip",
    "identity;q=0, gzip": "gzip",
    "identity;q=0": None,
    "gzip;q=0.5, zstd;q=0.5, *": None,  # `identity` is among the rest
    # Not to be understood.
    "gzip;q=": None,
    "gzip;q=2": None,
    "gzip;q=1.001": None,
    "gzip;q=-1": None,
    "gzip;q=nan": None,
    "gzip;q=0.5;q=0": None,
    "gzip;level=1": None,
    "gzip;q=0.1234": None,
    "gzip;q=٠.٥": None,
    "gzip zstd": None,
    ";;;,,=,": None,
}


@pytest.mark.parametrize("accepted", CHOICES)
def test_the_choice(accepted):
    assert preferred_coding(accepted) == CHOICES[accepted]


names = st.sampled_from([*CODINGS, "x-gzip", "identity", "*", "br", "GZip"])
weights = st.sampled_from(
    [";q=0", ";q=0.0", "; Q=0.000", "", ";q=1", ";q=0.5", ";q=0.25", " ;q=1.000", ";q=7"]
)
headers = st.lists(st.builds(str.__add__, names, weights)).map(", ".join)


@given(headers | st.text() | st.text("gzipstd*;q=01., \t-"))
def test_no_header_is_an_error_and_what_is_refused_is_never_chosen(accepted):
    coding = preferred_coding(accepted)
    assert coding in (*CODINGS, None)
    if coding:
        name = f"(?:x-)?{coding}" if coding == "gzip" else coding
        assert not re.search(rf"(?:^|,)[ \t]*{name}[ \t]*;[ \t]*q=0(?:\.0*)?[ \t]*(?:,|$)", accepted, re.I)
        assert coding in accepted.lower() or "*" in accepted


@given(headers)
def test_what_is_named_once_and_liked_is_taken(rest):
    """Whatever else is refused or not known beside it."""
    others = [
        member for member in rest.split(", ") if not re.match("gzip|x-gzip|zstd|identity|[*]", member, re.I)
    ]
    assert preferred_coding(", ".join([*others, "gzip;q=0.1"])) == "gzip"


# --- The answer


@pytest.fixture
def ask(client, auth_headers):
    def ask(accepted: str | None = None, method: str = "get", path: str = ORDERS, **params: str):
        headers = auth_headers | ({} if accepted is None else {"Accept-Encoding": accepted})
        protocol = params.pop("SERVER_PROTOCOL", "HTTP/1.1")
        return getattr(client, method)(path, query_params=params, headers=headers, SERVER_PROTOCOL=protocol)

    return ask


def body_of(response) -> bytes:
    assert response.status_code == 200
    return b"".join(response.streaming_content)


@each
def test_it_works(start, ask, download, name):
    whole = download("orders")
    ExportLog.objects.all().delete()
    response = ask(name)
    body = body_of(response)
    assert unpacked(name, body) == whole
    assert (response["Content-Encoding"], response["Content-Type"]) == (name, "text/csv")
    assert response["Content-Disposition"].endswith('.csv"')
    assert response["X-Accel-Buffering"] == "no"
    assert not response.has_header("Content-Length")
    record = the_record()
    assert (record.outcome, record.row_count, record.byte_count) == ("succeeded", 10, len(whole))
    assert record.sha256 == hashlib.sha256(whole).hexdigest()
    assert "compression" not in record.options


@each
def test_a_stranger_sees_nothing(client, start, stranger, make_order, name):
    make_order(stranger, 4711)
    headers = {"X-User-Id": stranger.pk, "Accept-Encoding": name}
    theirs = unpacked(name, body_of(client.get(ORDERS, headers=headers)))
    assert [line.partition(b",")[0] for line in theirs.splitlines()] == [b"number", b"4711"]


@pytest.mark.parametrize("accepted", [None, "identity", "br", "gzip;q=0"])
def test_without_a_coding_of_ours_the_file_leaves_as_it_is(start, ask, download, accepted):
    response = ask(accepted)
    assert not response.has_header("Content-Encoding")
    assert "Accept-Encoding" in response["Vary"].split(", ")
    assert body_of(response) == download("orders")


def test_vary_keeps_what_was_there():
    response = HttpResponse(headers={"Vary": "Cookie"})
    Transfer(negotiable=True, coding=None).set_headers(response)
    assert response["Vary"] == "Cookie, Accept-Encoding"


@each
def test_zero_rows_leave_the_header(user, ask, name):
    assert unpacked(name, body_of(ask(name))) == b"number,status,customer,lines\r\n"


def test_the_frame_of_zstd_has_a_window_that_browsers_take(start, ask):
    """RFC 9659: at most 8 MiB."""
    body = body_of(ask("zstd"))
    descriptor, window = body[4], body[5]
    assert descriptor & 0b0010_0000 == 0  # no single segment: there is a window descriptor
    base = 1 << (10 + (window >> 3))
    assert base + (base >> 3) * (window & 7) <= 8 * 1024 * 1024


@pytest.mark.parametrize("method", ["get", "head"])
@pytest.mark.parametrize("file_format", FORMATS)
def test_what_is_dense_in_itself_is_not_coded(start, ask, method, file_format):
    response = ask("gzip, zstd", method, format=file_format)
    assert response.headers.get("Content-Encoding") == FORMATS[file_format]
    assert ("Accept-Encoding" in response.headers.get("Vary", "")) == (FORMATS[file_format] is not None)


@each
@pytest.mark.parametrize("method", ["get", "head"])
def test_nor_is_a_compressed_file(start, ask, method, name):
    response = ask("gzip, zstd", method, compression=name)
    assert not response.has_header("Content-Encoding")
    assert "Accept-Encoding" not in response.headers.get("Vary", "")


@pytest.mark.parametrize("protocol", ["HTTP/1.1", "HTTP/1.0"])
@pytest.mark.parametrize("accepted", ["gzip, zstd", "gzip", "br", None])
def test_head_answers_as_get(start, ask, accepted, protocol):
    head, whole = (ask(accepted, method, SERVER_PROTOCOL=protocol) for method in ("head", "get"))
    for name in ("Content-Encoding", "Vary"):
        assert head.headers.get(name) == whole.headers.get(name)
    assert (whole.headers.get("Content-Encoding") is None) == (
        protocol == "HTTP/1.0" or accepted in ("br", None)
    )


def test_http_1_0_gets_the_length_of_the_file(start, ask, download):
    whole = download("orders")
    response = ask("gzip, zstd", SERVER_PROTOCOL="HTTP/1.0")
    assert response["Content-Length"] == str(len(whole))
    assert body_of(response) == whole


@pytest.mark.parametrize("middleware", [[], ["django.middleware.gzip.GZipMiddleware"]])
@pytest.mark.parametrize("accepted", ["gzip", "zstd", "gzip;q=0"])
def test_gzip_middleware_leaves_the_stream_alone(start, ask, download, settings, middleware, accepted):
    # Before the first request, by which the client loads them.
    settings.MIDDLEWARE = [*middleware, *settings.MIDDLEWARE]
    whole = download("orders")
    response = ask(accepted)
    coding = response.headers.get("Content-Encoding")
    assert coding == (accepted if accepted in NAMES else None)
    assert (unpacked(coding, body_of(response)) if coding else body_of(response)) == whole


@each
def test_an_error_is_no_file_and_has_no_coding(start, ask, name):
    response = ask(name, columns="nothing")
    assert (response.status_code, response.headers.get("Content-Encoding")) == (400, None)


# --- The stream


@each
def test_the_first_chunk_has_the_header_and_the_first_rows(start, name):
    coded = CodedStream(start(), name)
    lines = unpacked_so_far(name, next(coded)).splitlines()
    assert [line.partition(b",")[0] for line in lines] == [b"number", b"0", b"1"]
    assert the_record().outcome == "running"
    coded.close()
    assert the_record().row_count == 2  # of ten: the rest has not been asked for


@each
def test_each_block_leaves_with_all_its_rows(start, name):
    """And so what has been handed out is what the client has been given to take."""
    stream = start(columns="number")
    coded, decoder, read = CodedStream(stream, name), DECODERS[name](), 0
    for chunk in coded:
        read += len(decoder.decompress(chunk))
        assert stream.progress.taken == read
    assert decoder.eof
    assert (list(coded), coded.read(1)) == ([], b"")


@each
def test_the_record_succeeds_when_all_rows_were_taken_and_not_before(start, name):
    """Between them and that lies nothing but the end of the coding."""
    stream = start(columns="number")
    *chunks, end = (chunk for chunk in watching(CodedStream(stream, name)))
    assert [outcome for outcome, _ in chunks] == ["running"] * 5
    assert end[0] == "succeeded"
    assert len(end[1]) <= 16


def watching(coded: CodedStream):
    for chunk in coded:
        yield the_record().outcome, chunk


@each
def test_chunks_are_joined_to_what_was_asked_for(start, name):
    whole = b"".join(start(columns="number"))
    coded = CodedStream(start(columns="number"), name)
    first = coded.read(1)
    assert unpacked_so_far(name, first) == whole[: len("number\r\n0\r\n1\r\n")]
    second = coded.read(10**6)
    assert unpacked_so_far(name, first + second) == whole
    assert unpacked(name, first + second + coded.read(10**6)) == whole
    assert coded.read(1) == b""


@each
def test_what_the_client_lets_wait_is_counted_in_bytes_of_the_file(start, monkeypatch, name):
    """By which its rate is judged: those of the transfer are fewer."""
    handed = []
    monkeypatch.setattr("exports.running.Run.handed", lambda run, size: handed.append(size))
    stream = start(columns="number")
    whole = unpacked(name, b"".join(CodedStream(stream, name)))
    assert sum(handed) == len(whole) == stream.progress.taken
    assert max(handed) < len(whole)


@each
@pytest.mark.parametrize("number", [2, 5, 9])
def test_an_error_leaves_a_coding_without_an_end(start, monkeypatch, name, number):
    monkeypatch.setattr("tests.engine.exports.shout", lambda order: "=1" if order.number == number else "")
    coded = CodedStream(start("computed-orders", formulas="reject"), name)
    chunks: list[bytes] = []
    for _ in range(3):  # however often it is asked
        with pytest.raises(FormulaFound):
            chunks.extend(coded)
        with pytest.raises(FormulaFound):
            chunks.append(coded.read(1))
    assert unpacked_so_far(name, b"".join(chunks)).startswith(b"number,shout,customer_id\r\n0,")
    assert (the_record().outcome, the_record().sha256) == ("failed", "")


def test_a_stream_that_has_failed_goes_on_failing(start, monkeypatch):
    """In whatever coding or none: it has not ended."""
    monkeypatch.setattr("tests.engine.exports.shout", lambda order: 1 / (5 - order.number))
    stream = start("computed-orders")
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            b"".join(stream)
        with pytest.raises(ZeroDivisionError):
            stream.read(1)


@each
@pytest.mark.parametrize("taken", [0, 1, 3])
def test_closed_before_its_end(start, name, taken):
    coded = CodedStream(start(columns="number"), name)
    body = b"".join(next(coded) for _ in range(taken))
    coded.close()
    with pytest.raises(ReaderLeft):
        body += next(coded)
    with pytest.raises(ReaderLeft):
        body += coded.read(1)
    unpacked_so_far(name, body)
    assert (the_record().outcome, the_record().row_count) == ("cancelled", max(2, 2 * taken))


@each
@pytest.mark.django_db(transaction=True)
def test_ended_by_another_thread(start, join_ends, name):
    stream = start(columns="number")
    coded = CodedStream(stream, name)
    body = next(coded)
    thread = threading.Thread(target=stream.end, args=[ServerStopping()])
    thread.start()
    thread.join()
    join_ends()
    with pytest.raises(ServerStopping):
        body += b"".join(coded)
    unpacked_so_far(name, body)
    assert the_record().outcome == "failed"


@each
def test_dropped_without_being_closed(start, name):
    coded = CodedStream(start(columns="number"), name)
    next(coded)
    del coded
    assert the_record().outcome == "cancelled"


@each
def test_a_record_that_cannot_be_closed_leaves_no_end(start, monkeypatch, name):
    """Then all rows have left, but the client must not take them for the whole."""
    coded = CodedStream(start(columns="number"), name)

    def fail(records: QuerySet, **fields: object) -> int:
        raise OperationalError

    chunks: list[bytes] = []
    with monkeypatch.context() as patched:
        patched.setattr(QuerySet, "update", fail)
        with pytest.raises(OperationalError):
            chunks.extend(coded)
    with pytest.raises(OperationalError):
        chunks.extend(coded)
    assert len(unpacked_so_far(name, b"".join(chunks)).splitlines()) == 11
    assert the_record().outcome == "running"


class Chunks:
    """A stream of these chunks."""

    def __init__(self, *chunks: bytes) -> None:
        self.chunks = [*chunks]

    def read(self, least: int) -> bytes:
        return self.chunks.pop(0) if self.chunks else b""


@each
def test_of_a_large_first_block_the_first_rows_can_be_read_before_all_of_it_has_come(name):
    rows = "".join(f"{number},completed,2024-01-01\r\n" for number in range(10_000)).encode()
    coded = CodedStream(Chunks(rows, rows), name)
    first = next(coded)
    assert unpacked_so_far(name, first[:FIRST]).startswith(rows[:FIRST])
    assert unpacked(name, first + b"".join(coded)) == rows + rows


@each
def test_rows_that_cannot_be_compressed_become_hardly_more(name):
    noise = random.Random(1).randbytes(64 * 1024)
    assert all(len(chunk) < len(noise) + 256 for chunk in CodedStream(Chunks(noise, noise), name))
