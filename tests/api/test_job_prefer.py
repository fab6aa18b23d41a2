"""`Prefer: respond-async` on a download (RFC 7240): a job instead of the file."""

import pytest

from exports.models import ExportJob, ExportLog
from tests.api import rows

# What a header means does not depend on the database.
pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]

CALLS = "/api/exports/calls"


def test_it_works(get, user):
    rows.call(user)
    answer = get(CALLS, {"columns": "id"}, Prefer="respond-async", Accept="application/x-ndjson")
    assert (answer.status, answer.headers["Content-Type"]) == (202, "application/json")
    assert answer.headers["Preference-Applied"] == "respond-async"
    assert answer.headers["Retry-After"] == "5"
    assert "Prefer" not in answer.headers.get("Vary", "")
    job = ExportJob.objects.get()
    assert answer.headers["Location"] == f"/api/exports/jobs/{job.pk}" == answer.json["links"]["self"]
    assert (job.dataset, job.format) == ("calls", "jsonl")
    assert job.parameters == {"columns": ["id"], "format": ["jsonl"]}
    assert not ExportLog.objects.exists()
    again = get(CALLS, {"columns": "id", "format": "jsonl"}, Prefer="respond-async")
    assert again.headers["Location"] == answer.headers["Location"]


@pytest.mark.parametrize(
    "header",
    [
        "respond-async",
        "Respond-Async",
        "respond-async, wait=10",
        "wait=10,respond-async",
        ", ,respond-async,",
        "\trespond-async \t; foo=1; bar",
        'respond-async=""',
        'foo="bar, baz"; x="\\"", respond-async',
        "handling=lenient, return=minimal, respond-async",
    ],
)
def test_however_it_is_spelled(get, header):
    assert get(CALLS, Prefer=header).status == 202


@pytest.mark.parametrize(
    "header",
    [
        "",
        "wait=10",
        "respond-asynchronous",
        "x-respond-async",
        "respond-async=no",
        'foo="a, respond-async, b"',
        'foo="respond-async',
        "return=respond-async",
        "foo; respond-async",
    ],
)
def test_what_is_no_such_preference(get, header):
    answer = get(CALLS, Prefer=header)
    assert answer.status == 200
    assert "Preference-Applied" not in answer.headers


def test_head_ignores_it(get):
    answer = get(CALLS, method="head", Prefer="respond-async")
    assert answer.status == 200
    assert "Preference-Applied" not in answer.headers
    assert not ExportJob.objects.exists()


def test_without_jobs_it_is_passed_over(get, settings):
    settings.EXPORTS = settings.EXPORTS | {"STORAGE": None}
    answer = get(CALLS, Prefer="respond-async")
    assert answer.status == 200
    assert "Preference-Applied" not in answer.headers


def test_a_short_path(get, user):
    scan = rows.scan(user)
    answer = get(f"/api/scans/{scan.pk}/export/csv", Prefer="respond-async")
    assert answer.status == 202
    assert ExportJob.objects.get().parameters == {"scan_id": [str(scan.pk)], "format": ["csv"]}


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        (f"{CALLS}?statuss=ended", {}, 400),
        (f"{CALLS}?tenant=user-456", {}, 403),
        ("/api/exports/scans?scan_id=999999", {}, 404),
        (CALLS, {"Accept": "image/png"}, 406),
    ],
)
def test_it_is_refused_as_the_download_is(get, path, headers, status):
    assert get(path, Prefer="respond-async", **headers).status == status
    assert not ExportJob.objects.exists()


def test_who_has_used_up_the_rate_is_given_the_open_job(get, settings):
    settings.EXPORTS = settings.EXPORTS | {"RATE": "1/d"}
    first = get(CALLS, Prefer="respond-async")
    assert get(CALLS).status == 429
    assert get(CALLS, Prefer="respond-async").headers["Location"] == first.headers["Location"]
    other = get(CALLS, {"format": "jsonl"}, Prefer="respond-async")
    assert (other.status, other.errors) == (429, [("throttled", None)])


def test_too_large_for_a_download(get, user, settings):
    """413 says so, and the preference is the way out."""
    rows.calls(user, 3)
    settings.EXPORTS = settings.EXPORTS | {"MAX_DOWNLOAD_ROWS": 2}
    for method in ("get", "head"):
        assert get(CALLS, method=method).status == 413
    refused = get(CALLS)
    assert refused.errors == [("too_large_for_download", None)]
    assert get(CALLS, Prefer="respond-async").status == 202


def test_several_header_lines_are_one_list():
    """As the servers hand them over (PEP 3333, ASGI): joined by commas."""
    from io import BytesIO

    from django.core.handlers.asgi import ASGIRequest

    lines = [(b"prefer", b"wait=1"), (b"prefer", b"respond-async")]
    scope = {"type": "http", "method": "GET", "path": CALLS, "headers": lines, "query_string": b""}
    assert ASGIRequest(scope, BytesIO()).headers["Prefer"] == "wait=1,respond-async"
