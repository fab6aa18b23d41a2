"""A file from the admin leaves in a coding that the browser takes; the page before it does not."""

import hashlib

import pytest

from tests.admin.door import act, columns, post, records
from tests.api import rows
from tests.compressed import unpacked


@pytest.mark.parametrize(("accepted", "coding"), [("gzip, deflate, br, zstd", "zstd"), ("gzip, br", "gzip")])
def test_it_works(client, staff, accepted, coding):
    rows.calls(staff, 3)
    client.defaults["HTTP_ACCEPT_ENCODING"] = accepted
    assert "Content-Encoding" not in act(client, "calls").headers
    answer = post(client, "calls", **columns("livekitRoomName"))
    assert (answer["Content-Encoding"], answer["Content-Type"]) == (coding, "text/csv")
    assert "Accept-Encoding" in answer["Vary"]
    file = unpacked(coding, answer.getvalue())
    assert file.splitlines() == [b"livekitRoomName", b"room-0", b"room-1", b"room-2"]
    [record] = records()
    assert (record.outcome, record.sha256) == ("succeeded", hashlib.sha256(file).hexdigest())


def test_a_compressed_file_is_not_coded(client, staff):
    client.defaults["HTTP_ACCEPT_ENCODING"] = "gzip, zstd"
    answer = post(client, "calls", compression="gzip")
    assert "Content-Encoding" not in answer.headers
    assert unpacked("gzip", answer.getvalue()).startswith(b"id,")
