"""The file of a job, fetched through the service, wherever it is kept."""

import shutil

import pytest

from exports.jobs import storage, work
from tests.engine.background import content, state
from tests.jobs.sites import ask_for, make_calls

pytestmark = pytest.mark.postgresql

ROWS, WIDTH = 300, 2_000  # several chunks


@pytest.fixture
def job(site, user):
    """A job that has succeeded."""
    make_calls(user, ROWS, WIDTH)
    job = ask_for(user)
    work.run_next()
    assert state(job) == "succeeded", job.error
    return job


@pytest.fixture
def fetch(client, job, auth_headers):
    """fetch(Range=…): status and body."""

    def fetch(path: str = "", **headers: str) -> tuple[int, bytes]:
        client.raise_request_exception = False
        response = client.get(
            path or f"/api/exports/jobs/{job.pk}/file", headers=auth_headers | headers, secure=True
        )
        return response.status_code, response.getvalue()

    return fetch


def test_it_works(fetch, job):
    whole = content(job)
    assert len(whole) == job.byte_count > 8 * 64 * 1024
    assert fetch() == (200, whole)
    half = job.byte_count // 2
    assert fetch(Range="bytes=0-0") == (206, whole[:1])
    assert fetch(Range=f"bytes={half}-") == (206, whole[half:])
    assert fetch(Range=f"bytes={half}-{half + 99_999}") == (206, whole[half : half + 100_000])
    assert fetch(Range="bytes=-7") == (206, whole[-7:])
    assert fetch(Range=f"bytes={job.byte_count}-")[0] == 416


def test_no_file_is_copied_before_it_is_sent(fetch, job, monkeypatch):
    """As the file of a bucket's storage would be, whole and into memory."""
    whole, half = content(job), job.byte_count // 2
    monkeypatch.setattr("storages.backends.s3.S3File.file", property(lambda file: pytest.fail("a copy")))
    assert fetch() == (200, whole)
    assert fetch(Range=f"bytes={half}-") == (206, whole[half:])


def test_an_empty_file(client, site, user, auth_headers):
    job = client.post(
        "/api/exports/calls/jobs", {"format": "jsonl"}, "application/json", headers=auth_headers
    ).json()
    work.run_next()
    response = client.get(f"{job['links']['self']}/file", headers=auth_headers)
    assert (response.status_code, response.getvalue()) == (200, b"")


def test_one_that_somebody_has_removed(fetch, job):
    storage.remove(job.stored_as)
    assert fetch()[0] == 410
    assert fetch(Range="bytes=5-")[0] == 410


def test_a_stranger(fetch, job, stranger):
    assert fetch(**{"X-User-Id": stranger.pk})[0] == 404


def test_a_storage_that_is_gone(fetch, site, way, request):
    if way[1] == "folder":
        shutil.rmtree(site.environment["EXPORTS_FILES"])
        assert fetch()[0] == 410
        return
    server = request.getfixturevalue("s3_server")
    server.stop()
    try:
        assert fetch()[0] == 503
    finally:
        server.start()
