"""What clients ask beside the file: headers alone, a part of it, another encoding, only if it is new."""

import subprocess
from pathlib import Path

import pytest

from tests.calls import FEW, FEW_CALLS, MANY, PATH
from tests.compressed import NAMES, unpacked
from tests.middleware.asking import Asked
from tests.middleware.switched import HEADER, MIDDLEWARE
from tests.processes.sessions import Session
from tests.tools import need

# What is read of a database is the same text on each: tests/processes/test_same_bytes.py.
pytestmark = pytest.mark.sqlite

HARMLESS = ["", "gzip", "conditional", "wraps", "reads-all"]


@pytest.mark.parametrize("name", ["", *MIDDLEWARE])
def test_it_works(asked, name):
    """HEAD: the headers, if the middleware lets them through; never a record, and never a byte."""
    before = asked.ends.outcomes()
    answer = asked.get(PATH, FEW, name, method="HEAD", If_None_Match="*", Accept_Encoding="gzip")
    assert (answer.status == 200) == (name not in ("reads-content", "not-modified", "raises"))
    assert answer.body == b""
    assert "X-Export-Id" not in answer.headers
    if name in ("", "gzip", "conditional", "wraps"):
        assert (answer.headers["Accept-Ranges"], answer.headers["Content-Encoding"]) == ("none", "gzip")
        assert "Content-Length" not in answer.headers
    asked.ends.settle()
    assert asked.ends.outcomes() == before


@pytest.mark.parametrize("name", ["", "conditional", "wraps"])
@pytest.mark.parametrize(
    "condition",
    [
        {"If_None_Match": "*"},
        {"If_None_Match": 'W/"calls", "calls"'},
        {"If_Match": '"calls"'},
        {"If_Unmodified_Since": "Sun, 01 Jan 1995 00:00:00 GMT"},
        {"If_Modified_Since": "Sun, 01 Jan 2034 00:00:00 GMT"},
        {"Range": "bytes=0-9"},
        {"Range": "bytes=-5"},
        {"Range": "bytes=10-", "If_Range": '"calls"'},
        {"Range": "bytes=999999999-"},
    ],
    ids=str,
)
def test_a_stream_has_neither_a_version_nor_parts(asked, expected, name, condition):
    """It has no ETag to compare, and each export is made anew: the whole file every time."""
    answer = asked.get(PATH, FEW, name, **condition)
    assert (answer.status, answer.body) == (200, expected)
    assert answer.headers["Accept-Ranges"] == "none"
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert not answer.headers.keys() & {"ETag", "Last-Modified", "Content-Range"}


@pytest.mark.parametrize("name", ["", "gzip"])
@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("gzip", "gzip"),
        ("gzip, deflate, br, zstd", "zstd"),
        ("identity;q=0, gzip", "gzip"),
        ("*", "zstd"),
        ("identity, gzip;q=0.5", None),
        ("gzip;q=0", None),
        ("br", None),
    ],
)
def test_the_transfer_is_coded_as_the_client_likes_and_only_once(asked, expected, name, accepted, coding):
    answer = asked.get(PATH, FEW, name, Accept_Encoding=accepted)
    assert (answer.status, answer.file) == (200, expected)
    assert answer.headers.get("Content-Encoding") == coding
    assert "Accept-Encoding" in answer.headers["Vary"]


@pytest.mark.parametrize("compression", NAMES)
def test_that_of_a_compressed_file_is_not_coded(asked, expected, compression):
    path = f"{PATH}?compression={compression}"
    answer = asked.get(path, FEW, "gzip", Accept_Encoding="gzip, deflate, br, zstd")
    assert "Content-Encoding" not in answer.headers
    assert unpacked(compression, answer.body) == expected


@pytest.mark.parametrize("compression", ["", *NAMES])
def test_head_says_of_the_transfer_what_get_does(asked, compression):
    """GZipMiddleware takes the empty body of HEAD for one that it could compress."""
    path = f"{PATH}?compression={compression}" if compression else PATH
    head, whole = (asked.get(path, FEW, "gzip", method=m, Accept_Encoding="gzip") for m in ("HEAD", "GET"))
    assert whole.headers.get("Content-Encoding") == (None if compression else "gzip")
    for name in ("Content-Encoding", "Vary"):
        assert head.headers.get(name) == whole.headers.get(name)


def test_other_answers_are_compressed_by_the_middleware(asked):
    """Else the tests above would show nothing."""
    answer = asked.get("/api/exports/info", FEW, "gzip", Accept_Encoding="gzip")
    assert answer.headers["Content-Encoding"] == "gzip"


def curl(asked: Asked, directory: Path, *options: str, user: str = FEW) -> tuple[int, bytes]:
    """curl's exit code, and what stands in the file `calls.csv` then."""
    file = directory / "calls.csv"
    headers = ("--header", f"X-User-Id: {user}")
    command = [need("curl"), "--silent", "--show-error", *headers, *options, "--output", file]
    done = subprocess.run([*command, asked.server.url + PATH], timeout=60)
    return done.returncode, file.read_bytes()


@pytest.mark.parametrize("user", [FEW, MANY])
def test_a_download_that_is_taken_up_again_is_refused_by_curl(asked, expected, tmp_path, user):
    """It sees that it would get the file from the beginning, and leaves what it has as it is."""
    (tmp_path / "calls.csv").write_bytes(expected[:5_000])
    code, file = curl(asked, tmp_path, "--continue-at", "-", user=user)
    assert (code, file) == (33, expected[:5_000])
    asked.ends.settle()
    # The small file may be on its way, whole, before curl has left.
    assert asked.ends.outcomes()[-1] in (["cancelled"] if user == MANY else ["cancelled", "succeeded"])
    code, file = curl(asked, tmp_path)
    assert (code, file) == (0, expected)


@pytest.mark.parametrize("name", HARMLESS)
def test_http_1_0_keeps_the_length_by_which_the_client_knows_the_whole(asked, expected, tmp_path, name):
    options = [
        "--http1.0",
        "--compressed",
        "--header",
        f"{HEADER}: {name}",
        "--dump-header",
        tmp_path / "headers",
    ]
    assert curl(asked, tmp_path, *map(str, options)) == (0, expected)
    headers = (tmp_path / "headers").read_text().lower()
    assert f"content-length: {len(expected)}" in headers
    assert "content-encoding" not in headers
    asked.ends.settle()
    assert asked.ends.outcomes()[-1] == "succeeded"


@pytest.mark.parametrize(
    ("name", "status", "outcome"),
    [
        ("wraps", 200, "succeeded"),
        ("gzip", 200, "succeeded"),
        ("reads-content", 500, "cancelled"),
        ("not-modified", 304, "cancelled"),
        ("raises", 500, "cancelled"),
    ],
)
def test_the_page_of_a_dataset_as_well(asked, name, status, outcome):
    cookies = Session(asked.server.url, FEW).cookies
    signed_in = "; ".join(f"{cookie}={value}" for cookie, value in cookies.items())
    before = len(asked.ends.outcomes())
    answer = asked.get("/exports/calls/download", FEW, name, Cookie=signed_in, Accept_Encoding="gzip")
    assert answer.status == status
    assert answer.headers.get("Content-Encoding") == ("gzip" if status == 200 else None)
    assert (answer.file.count(b"\r\n") == FEW_CALLS + 1) == (status == 200)
    asked.ends.settle()
    assert asked.ends.outcomes()[before:] == [outcome]
