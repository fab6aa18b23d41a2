"""A file from the pages leaves in a coding that the browser takes, and HEAD says so."""

import hashlib

import pytest

from exports.models import ExportLog
from tests.api import rows
from tests.compressed import unpacked

pytestmark = pytest.mark.django_db

DOWNLOAD = "/exports/calls/download"


@pytest.mark.parametrize(("accepted", "coding"), [("gzip, deflate, br, zstd", "zstd"), ("gzip, br", "gzip")])
def test_it_works(client, visit, user, accepted, coding):
    rows.calls(user, 3)
    whole = visit(DOWNLOAD).getvalue()
    client.defaults["HTTP_ACCEPT_ENCODING"] = accepted
    answer = visit(DOWNLOAD)
    assert (answer["Content-Encoding"], answer["Content-Type"]) == (coding, "text/csv")
    assert {"Accept-Encoding", "Cookie"} <= {*answer["Vary"].split(", ")}
    assert unpacked(coding, answer.getvalue()) == whole
    record = ExportLog.objects.get(pk=answer["X-Export-Id"])
    assert (record.outcome, record.sha256) == ("succeeded", hashlib.sha256(whole).hexdigest())


@pytest.mark.parametrize("params", [{}, {"compression": "zstd"}, {"format": "xlsx"}], ids=str)
def test_head_says_of_the_transfer_what_get_does(client, visit, params):
    client.defaults["HTTP_ACCEPT_ENCODING"] = "gzip"
    head, whole = (visit(DOWNLOAD, params, method=method) for method in ("head", "get"))
    assert head.headers.get("Content-Encoding") == (None if params else "gzip")
    for name in ("Content-Encoding", "Vary"):
        assert head.headers.get(name) == whole.headers.get(name)
