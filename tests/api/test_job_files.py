"""`…/jobs/{id}/file`: the file, whole or in parts (RFC 9110, sections 13 and 14)."""

import base64
import hashlib
import time
from io import BytesIO

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db import connection
from django.http import HttpResponse
from django.http.response import HttpResponseNotModified
from django.utils.http import http_date

from exports import running
from exports.caller import Caller
from exports.clients import Client
from exports.exceptions import ReaderLeft, ReaderTooSlow, ServerStopping, StorageFailed
from exports.jobs import delivery
from exports.models import ExportJob, ExportLog
from exports.sinks import files
from exports.sinks.ranges import ByteRange
from tests.api import rows

# What HTTP says of a file does not depend on the database.
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.sqlite]


@pytest.fixture
def job(jobs, user):
    rows.calls(user, 5)
    return jobs.made(body={"columns": ["id", "livekitRoomName"]})


@pytest.fixture
def fetch(get, job):
    """fetch(**headers): an answer about the job's file."""
    return lambda **options: get(job["links"]["file"], **options)


@pytest.fixture
def whole(fetch) -> bytes:
    return fetch().body


def test_it_works(fetch, job):
    answer = fetch(Accept="image/png", Accept_Encoding="gzip, zstd")
    assert answer.status == 200
    assert len(answer.lines) == 5
    digest = hashlib.sha256(answer.body)
    assert digest.hexdigest() == job["sha256"]
    record = ExportLog.objects.get()
    expected = {
        "Content-Type": "text/csv",
        "Content-Length": str(len(answer.body)),
        "Content-Disposition": f'attachment; filename="{job["filename"]}"',
        "Accept-Ranges": "bytes",
        "ETag": f'"{job["sha256"]}"',
        "Last-Modified": http_date(ExportJob.objects.get().finished_at.timestamp()),
        "Repr-Digest": f"sha-256=:{base64.b64encode(digest.digest()).decode()}:",
        "X-Export-Id": str(record.pk),
        "X-Export-Cursor": job["cursor"],
        "Cache-Control": "private, no-store",
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Resource-Policy": "same-origin",
        "X-Accel-Buffering": "no",
    }
    assert {name: answer.headers[name] for name in expected} == expected
    assert not {"Content-Encoding", "Content-Range"} & answer.headers.keys()
    assert "Accept-Encoding" not in answer.headers.get("Vary", "")
    assert (record.outcome, ExportLog.objects.count()) == ("succeeded", 1)  # fetching leaves no record


def test_head(fetch, whole):
    answer, same = fetch(method="head"), fetch()
    assert (answer.status, answer.body) == (200, b"")
    for headers in (answer.headers, same.headers):
        headers.pop("X-Request-ID")
    assert dict(answer.headers) == dict(same.headers)
    ranged = fetch(method="head", Range="bytes=0-0")  # which RFC 9110 defines for GET alone
    assert (ranged.status, ranged.headers["Content-Length"]) == (200, str(len(whole)))


@pytest.mark.parametrize(
    ("header", "part"),
    [
        ("bytes=0-0", slice(0, 1)),
        ("bytes=1-9", slice(1, 10)),
        ("bytes=10-", slice(10, None)),
        ("bytes=-7", slice(-7, None)),
        ("bytes=-99999", slice(0, None)),
        (f"bytes=5-{'9' * 5000}", slice(5, None)),
        (f"bytes=-{'9' * 5000}", slice(0, None)),
        ("bytes=000000000000000000000000000001-2", slice(1, 3)),
        ("BYTES=0-3", slice(0, 4)),
        ("bytes=0-0,", slice(0, 1)),
        ("bytes= ,, 0-0 ,\t,", slice(0, 1)),
    ],
    ids=lambda value: str(value)[:24],
)
def test_a_range(fetch, whole, header, part):
    answer = fetch(Range=header)
    assert (answer.status, answer.body) == (206, whole[part])
    start, stop, _ = part.indices(len(whole))
    assert answer.headers["Content-Range"] == f"bytes {start}-{stop - 1}/{len(whole)}"
    assert answer.headers["Content-Length"] == str(stop - start)
    assert answer.headers["Repr-Digest"] == fetch().headers["Repr-Digest"]  # of the whole


@pytest.mark.parametrize(
    "header",
    [
        *("", "bytes", "bytes=", "bytes=,", "bytes=-", "bytes=a-b", "bytes=5", "bytes=5-4", "bytes=--5"),
        *("bytes=0-0,2-3", "bytes=0-0,x", "lines=0-1", "bytes=+1-2", "bytes=1 - 2", "bytes=٣-٤", "0-1"),
    ],
)
def test_what_gets_the_whole(fetch, whole, header):
    answer = fetch(Range=header)
    assert (answer.status, answer.body) == (200, whole)
    assert "Content-Range" not in answer.headers


@pytest.mark.parametrize(
    "range_of", ["bytes={size}-", "bytes={size}-{size}", f"bytes={'9' * 5000}-", "bytes=-0"]
)
def test_a_range_beyond_the_end_is_416(fetch, whole, range_of):
    answer = fetch(Range=range_of.format(size=len(whole)))
    assert (answer.status, answer.errors) == (416, [("range_not_satisfiable", None)])
    assert answer.headers["Content-Range"] == f"bytes */{len(whole)}"
    assert answer.headers["Cache-Control"] == "private, no-store"


def test_if_range(fetch, whole):
    now = fetch().headers
    for same in (now["ETag"], now["Last-Modified"], f" {now['ETag']}\t"):
        assert fetch(Range="bytes=1-", If_Range=same).body == whole[1:]
    for other in ('"x"', f"W/{now['ETag']}", http_date(0), "yesterday", "", now["ETag"].strip('"')):
        answer = fetch(Range="bytes=1-", If_Range=other)
        assert (answer.status, answer.body) == (200, whole)
    assert fetch(If_Range='"x"').status == 200
    # What is no such file any more has no range that would be wrong.
    assert fetch(Range="bytes=99999-", If_Range='"x"').status == 200


def test_if_none_match_and_if_modified_since(fetch, whole):
    now = fetch().headers
    for header in (now["ETag"], f'"x", W/{now["ETag"]}', "*"):
        answer = fetch(If_None_Match=header, Range="bytes=0-0")
        assert isinstance(answer.response, HttpResponseNotModified)
        assert (answer.status, answer.body) == (304, b"")
        assert answer.headers["ETag"] == now["ETag"]
        assert answer.headers["Cache-Control"] == "private, no-store"
    assert fetch(If_Modified_Since=now["Last-Modified"]).status == 304
    assert fetch(If_None_Match='"x"', If_Modified_Since=now["Last-Modified"]).body == whole
    assert fetch(If_Modified_Since=http_date(0)).body == whole


def test_if_match_and_if_unmodified_since(fetch, whole):
    now = fetch().headers
    assert fetch(If_Match=f'"x", {now["ETag"]}', Range="bytes=0-0").status == 206
    assert fetch(If_Match="*", If_Unmodified_Since=now["Last-Modified"]).body == whole
    for headers in (
        {"If_Match": '"x"'},
        {"If_Match": f"W/{now['ETag']}"},
        {"If_Unmodified_Since": http_date(1)},
    ):
        answer = fetch(**headers)
        assert (answer.status, answer.errors) == (412, [("precondition_failed", None)])


@pytest.mark.parametrize("name", ["gzip.GZipMiddleware", "http.ConditionalGetMiddleware"])
def test_middleware_leaves_it_alone(fetch, whole, client, settings, name):
    settings.MIDDLEWARE = [f"django.middleware.{name}", *settings.MIDDLEWARE]
    client.handler.load_middleware()
    for header, status, body in (("", 200, whole), ("bytes=10-", 206, whole[10:])):
        answer = fetch(Range=header, Accept_Encoding="gzip")
        assert (answer.status, answer.body) == (status, body)
        assert "Content-Encoding" not in answer.headers
        assert answer.headers["Content-Length"] == str(len(body))
        assert answer.headers["ETag"].startswith('"')


def test_an_empty_file(jobs, get):
    job = jobs.made(body={"format": "jsonl"})
    assert job["byte_count"] == 0
    path = job["links"]["file"]
    answer = get(path)
    assert (answer.status, answer.body, answer.headers["Content-Length"]) == (200, b"", "0")
    assert get(path, Range="bytes=-5").status == 200
    refused = get(path, Range="bytes=0-")
    assert (refused.status, refused.headers["Content-Range"]) == (416, "bytes */0")


def test_a_compressed_file_is_sent_as_it_is(jobs, get, user):
    rows.calls(user, 50)
    job = jobs.made(body={"compression": "gzip"})
    answer = get(job["links"]["file"], Accept_Encoding="zstd")
    assert answer.headers["Content-Type"] == "application/gzip"
    assert "Content-Encoding" not in answer.headers
    assert hashlib.sha256(answer.body).hexdigest() == job["sha256"]


def test_while_there_is_none_it_is_409(jobs, get):
    path = f"{jobs.submit().headers['Location']}/file"
    for status in ("queued", "running", "failed", "cancelled"):
        ExportJob.objects.update(status=status)
        answer = get(path)
        assert (answer.status, answer.errors) == (409, [("wrong_state", None)])


def test_a_missing_file_is_410(fetch, whole):
    storages["exports"].delete(ExportJob.objects.get().stored_as)
    for options in ({}, {"method": "head"}, {"Range": "bytes=0-0"}):
        assert fetch(**options).status == 410
    assert fetch().errors == [("file_gone", None)]
    assert running.count() == 0


def test_a_storage_that_does_not_answer_is_503(fetch, client, monkeypatch):
    client.raise_request_exception = False

    def fail(*args):
        raise ConnectionRefusedError

    monkeypatch.setattr(storages["exports"].__class__, "open", fail)
    answer = fetch()
    assert (answer.status, answer.errors) == (503, [("storage_failed", None)])
    assert answer.headers["Retry-After"] == "5"
    assert running.count() == 0


def test_a_file_that_has_become_shorter_breaks(fetch, whole, client, job, auth_headers, caplog):
    stored = ExportJob.objects.get()
    storages["exports"].delete(stored.stored_as)
    storages["exports"].save(stored.stored_as, ContentFile(whole[:10]))
    answer = client.get(job["links"]["file"], headers=auth_headers)
    body = iter(answer)
    assert next(body) == whole[:10]
    with pytest.raises(StorageFailed):
        next(body)
    assert "shorter than when it was made" in caplog.text
    answer.close()
    assert running.count() == 0


def test_a_disabled_user_is_refused(fetch, whole, user):
    user.is_active = False
    user.save()
    assert fetch().status == 401


def test_a_permission_that_was_taken_away(get, jobs, user, stranger, allow):
    user.is_staff = True
    user.save()
    allow(user, "exports.export_for_other_tenant", "telephony.export_calllog")
    rows.call(stranger)
    job = jobs.made(body={"tenant": stranger.pk, "columns": ["id"]})
    assert job["rows_done"] == 1
    user.user_permissions.clear()
    answer = get(job["links"]["file"])
    assert (answer.status, answer.errors[0][0]) == (403, "permission_denied")


def test_who_has_fetched_it_is_in_the_log(fetch, job, user, caplog):
    caplog.set_level("INFO", "exports")
    fetch(Range="bytes=5-9")
    assert f"The file of job {job['id']}, bytes 5 to 10, for user {user.pk} is on its way" in caplog.text


@pytest.fixture
def begun(client, job, auth_headers, monkeypatch):
    """begun(): an answer of which nothing has been read yet; its chunks are small."""
    monkeypatch.setattr("exports.sinks.sending.CHUNK", 10)
    return lambda **headers: client.get(job["links"]["file"], headers=auth_headers | headers)


def test_no_more_of_a_user_at_the_same_time_than_exports(begun, client, settings):
    settings.EXPORTS = settings.EXPORTS | {"MAX_CONCURRENT_PER_USER": 2}
    client.raise_request_exception = False
    first, second = begun(), begun()
    refused = begun()
    assert (refused.status_code, refused["Retry-After"]) == (503, "5")
    assert refused.json()["errors"][0]["code"] == "too_many_running"
    first.close()
    third = begun()
    assert third.status_code == 200
    assert third.getvalue()
    assert begun().status_code == 200
    second.close()


def test_closed_or_read_to_the_end_nothing_is_left(begun):
    for ending in (lambda answer: answer.close(), lambda answer: answer.getvalue()):
        answer = begun()
        assert running.count() == 1
        ending(answer)
        assert running.count() == 0


def test_dropped_without_being_closed(jobs, job):
    from exports.caller import Caller
    from exports.sinks.sending import FileBody, Sending

    user = type("User", (), {"pk": 1})()
    body = FileBody(Sending(Caller(user=user, door=ExportLog.Door.API), "A file", 10))
    assert running.count() == 1
    del body
    assert running.count() == 0


def dropping(get_response):
    """A middleware that answers something else."""

    def answer(request):
        request.kept = get_response(request)  # in a cycle, as REST framework has it
        return HttpResponse("something else")

    return answer


def test_a_middleware_that_drops_it(fetch, whole, client, settings):
    settings.MIDDLEWARE = ["tests.api.test_job_files.dropping", *settings.MIDDLEWARE]
    client.handler.load_middleware()
    assert fetch().body == b"something else"
    assert running.count() == 0


def test_a_server_that_stops_breaks_it(begun):
    answer = begun()
    body = iter(answer)
    assert len(next(body)) == 10
    running.stop_all(ServerStopping())
    assert running.count() == 0
    with pytest.raises(ServerStopping):
        next(body)


@pytest.mark.parametrize("reason", [ReaderLeft, ReaderTooSlow])
def test_a_reader_that_leaves_or_waits(begun, monkeypatch, settings, caplog, reason):
    """Nobody advances the body: the watch finds out, and closes the file."""
    monkeypatch.setattr("exports.running.LOOK_SECONDS", 0.01)
    monkeypatch.setattr("exports.watched.SLOW_SECONDS", 0)
    settings.EXPORTS = settings.EXPORTS | {"MIN_BYTES_PER_SECOND": 100 if reason is ReaderTooSlow else None}
    answer = begun()
    body = iter(answer)
    next(body)
    if reason is ReaderLeft:
        monkeypatch.setattr("exports.clients.Client.gone", lambda client: True)
    until(lambda: running.count() == 0)
    with pytest.raises(reason):
        next(body)
    assert f"was broken off: {reason.__name__}" in caplog.text


def until(condition) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_no_database_connection_is_held(begun):
    """From the first chunk on: by then every middleware has had its turn."""
    answer = begun()
    next(body := iter(answer))
    assert connection.connection is None
    list(body)


def test_the_queries(fetch, whole):
    assert fetch().queries == ["SELECT accounts_user", "SELECT exports_exportjob"]


def test_a_file_that_is_opened_too_late_is_closed(jobs, user, monkeypatch):
    """The client has left while the storage was opening it."""
    made, source = ExportJob.objects.get(pk=jobs.made()["id"]), BytesIO(b"x" * 100)

    def opened(job, start):
        for sending in running._all():
            sending.end(ReaderLeft())
        return source

    monkeypatch.setattr(delivery, "opened", opened)
    caller = Caller(user=user, door=ExportLog.Door.API, client=Client())
    sending = files._sending(made, caller, ByteRange(0, 100))
    with pytest.raises(ReaderLeft):
        sending.read()
    sending.close()
    assert source.closed
