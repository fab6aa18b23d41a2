"""`/api/exports/…/jobs`: asked for, looked at, cancelled, tried again and removed; one's own alone."""

import datetime as dt
import hashlib
import uuid

import pytest
from django.db.models import F
from django.utils import timezone

from exports.api.serializers import ExportJobSerializer
from exports.models import ExportJob, ExportLog
from tests.api import rows

pytestmark = pytest.mark.django_db(transaction=True)

JOBS = "/api/exports/jobs"
FIELDS = {
    *("id", "dataset", "status", "cancelling", "parameters", "format"),
    *("recipients", "template", "schedule"),
    *("rows_done", "rows_expected", "rows_per_second", "seconds_left", "attempts"),
    *("byte_count", "sha256", "filename", "cursor", "export_id", "error"),
    *("created_at", "started_at", "finished_at", "expires_at", "links"),
}
DOORS = [
    *(("get", ""), ("delete", ""), ("post", "/cancel"), ("post", "/retry"), ("post", "/link")),
    *(("get", "/file"), ("head", "/file"), ("get", "/file?link=nothing")),
]


def test_it_works(jobs, get, user):
    rows.calls(user, 3, status="ended")
    rows.call(user, status="active")
    asked = jobs.submit(body={"filters": {"status": "ended"}, "columns": ["id"]})
    assert (asked.status, asked.headers["Retry-After"]) == (202, "5")
    job = asked.json
    assert job.keys() == FIELDS
    assert (job["status"], job["attempts"], job["error"]) == ("queued", 0, None)
    assert job["parameters"] == {"status": ["ended"], "columns": ["id"]}
    path = f"{JOBS}/{job['id']}"
    assert asked.headers["Location"] == path
    assert links(job) == {"self": path, "cancel": f"{path}/cancel"}
    waiting = get(path)
    assert (waiting.json, waiting.headers["Retry-After"]) == (job, "5")
    jobs.work()
    answer = get(path)
    done = answer.json
    assert "Retry-After" not in answer.headers
    assert (done["status"], done["rows_done"], done["attempts"]) == ("succeeded", 3, 1)
    assert links(done) == {
        "self": path,
        "file": f"{path}/file",
        "link": f"{path}/link",
        "log": f"/api/exports/logs/{done['export_id']}",
    }
    record = get(done["links"]["log"]).json
    assert (record["sha256"], record["byte_count"]) == (done["sha256"], done["byte_count"])
    file = get(done["links"]["file"])
    assert hashlib.sha256(file.body).hexdigest() == done["sha256"]
    assert len(file.lines) == 3


def links(job) -> dict[str, str]:
    """What can be done with it."""
    return {name: path for name, path in job["links"].items() if path}


def test_the_same_request_is_given_the_open_job(jobs):
    first = jobs.submit(body={"filters": {"status": "ended"}})
    same = jobs.submit(body={"format": "csv", "filters": {"status": ["ended"]}})
    assert (same.status, same.headers["Location"]) == (202, first.headers["Location"])
    assert jobs.submit(body={}).headers["Location"] != first.headers["Location"]
    assert ExportJob.objects.count() == 2


def test_the_rate_counts_new_jobs_alone(jobs, settings):
    settings.EXPORTS = settings.EXPORTS | {"RATE": "1/d"}
    first = jobs.submit()
    assert (first.headers["RateLimit-Limit"], first.headers["RateLimit-Remaining"]) == ("1", "0")
    assert jobs.submit().headers["Location"] == first.headers["Location"]
    other = jobs.submit(body={"format": "jsonl"})
    assert (other.status, other.errors) == (429, [("throttled", None)])
    assert int(other.headers["Retry-After"]) > 0
    assert ExportLog.objects.get().outcome == "denied"


def test_the_quotas(jobs, user, settings):
    settings.EXPORTS = settings.EXPORTS | {"MAX_JOBS_PER_USER": 1}
    job = jobs.submit().json
    more = jobs.submit(body={"format": "jsonl"})
    assert (more.status, more.errors) == (429, [("too_many_jobs", None)])
    assert more.headers["Retry-After"] == "5"
    jobs.work()
    settings.EXPORTS = settings.EXPORTS | {"MAX_STORED_BYTES_PER_USER": 10}
    full = jobs.submit(body={"format": "jsonl"})
    assert (full.status, full.errors) == (413, [("storage_quota_exceeded", None)])
    assert jobs.ask(f"{JOBS}/{job['id']}", method="delete").status == 204
    assert jobs.submit(body={"columns": ["id", "livekitRoomName"]}).status == 202
    jobs.work()
    assert jobs.ask(JOBS, method="get").json["results"][0]["error"]["code"] == "storage_quota_exceeded"


def test_where_there_are_no_jobs(jobs, client, settings):
    client.raise_request_exception = False
    settings.EXPORTS = settings.EXPORTS | {"STORAGE": None}
    answer = jobs.submit()
    assert (answer.status, answer.errors) == (503, [("jobs_unavailable", None)])
    assert answer.headers["Retry-After"] == "5"


def test_no_such_dataset_is_404(jobs):
    for name in ("nothing", "jobs"):
        answer = jobs.submit(name)
        assert (answer.status, answer.errors) == (404, [("not_found", None)])


def test_the_list_is_ones_own_and_newest_first(jobs, get, user, stranger):
    jobs.submit(user=stranger)
    made = [jobs.submit(name).json["id"] for name in ("calls", "agents", "events")]
    jobs.ask(f"{JOBS}/{made[0]}/cancel")
    assert [job["id"] for job in get(JOBS).json["results"]] == made[::-1]
    page = get(JOBS, {"page_size": 1, "page": 2}).json
    assert (page["count"], [job["id"] for job in page["results"]]) == (3, [made[1]])
    assert [job["id"] for job in get(JOBS, {"status": "cancelled"}).json["results"]] == [made[0]]
    wrong = get(JOBS, {"status": "ended"})
    assert (wrong.status, wrong.errors) == (400, [("invalid_choice", "status")])


def test_a_list_asks_for_all_jobs_at_once(jobs, get):
    for name in ("calls", "agents", "events"):
        jobs.submit(name)
    assert get(JOBS).queries == [
        "SELECT accounts_user",
        *["SELECT exports_exportjob"] * 2,
        "SELECT exports_schedulerun",  # of which schedules they are
    ]


def test_progress(jobs, get):
    path = jobs.submit().headers["Location"]
    ExportJob.objects.update(
        status="running",
        started_at=timezone.now() - dt.timedelta(seconds=10),
        row_count=100,
        rows_expected=400,
        leased_until=timezone.now() + dt.timedelta(hours=1),
    )
    job = get(path).json
    assert (job["rows_done"], job["rows_expected"]) == (100, 400)
    assert 5 < job["rows_per_second"] <= 10
    assert job["seconds_left"] >= 30
    assert links(job) == {"self": path, "cancel": f"{path}/cancel"}
    cancelled = jobs.ask(f"{path}/cancel")
    assert (cancelled.status, cancelled.json["status"], cancelled.json["cancelling"]) == (
        200,
        "running",
        True,
    )
    assert cancelled.headers["Retry-After"] == "5"


def test_cancel_and_retry(jobs, get):
    path = jobs.submit().headers["Location"]
    early = jobs.ask(f"{path}/retry")
    assert (early.status, early.errors) == (409, [("wrong_state", None)])
    cancelled = jobs.ask(f"{path}/cancel")
    assert (cancelled.status, cancelled.json["status"]) == (200, "cancelled")
    assert "Retry-After" not in cancelled.headers
    assert links(cancelled.json) == {"self": path, "retry": f"{path}/retry"}
    again = jobs.ask(f"{path}/cancel")
    assert (again.status, again.errors) == (409, [("wrong_state", None)])
    retried = jobs.ask(f"{path}/retry")
    assert (retried.status, retried.headers["Location"]) == (202, path)
    assert (retried.json["status"], retried.headers["Retry-After"]) == ("queued", "5")
    jobs.work()
    assert get(path).json["status"] == "succeeded"
    assert jobs.ask(f"{path}/retry").status == 409


def test_a_retry_beside_the_same_export_is_409(jobs):
    path = jobs.submit().headers["Location"]
    jobs.ask(f"{path}/cancel")
    jobs.submit()
    answer = jobs.ask(f"{path}/retry")
    assert (answer.status, answer.errors) == (409, [("same_export_open", None)])


def test_why_a_job_has_failed(jobs, user):
    rows.call(user, livekit_room_name="=1+1")
    job = jobs.made(body={"formulas": "reject"})
    assert (job["status"], job["error"]["code"]) == ("failed", "formula_found")
    assert "livekitRoomName" in job["error"]["detail"]
    assert links(job).keys() == {"self", "retry", "log"}


def test_delete(jobs, get):
    path = jobs.submit().headers["Location"]
    early = jobs.ask(path, method="delete")
    assert (early.status, early.errors) == (409, [("wrong_state", None)])
    jobs.work()
    gone = jobs.ask(path, method="delete")
    assert (gone.status, gone.body) == (204, b"")
    assert get(path).status == 404
    assert ExportLog.objects.get().outcome == "succeeded"


def test_an_expired_job(jobs, get):
    job = jobs.made()
    ExportJob.objects.update(expires_at=F("finished_at"))
    assert links(get(job["links"]["self"]).json).keys() == {"self", "log"}
    for path in (job["links"]["file"], f"{job['links']['self']}/file?link=x"):
        assert get(path).status in (410, 404)
    link = jobs.ask(job["links"]["link"])
    assert (link.status, link.errors) == (410, [("file_gone", None)])
    ExportJob.objects.update(status="expired")
    assert links(get(job["links"]["self"]).json).keys() == {"self", "retry", "log"}
    assert get(job["links"]["file"]).errors == [("file_gone", None)]
    assert jobs.ask(f"{job['links']['self']}/retry").status == 202


@pytest.mark.parametrize(("method", "door"), DOORS)
def test_a_strangers_job_and_a_missing_one_are_404_alike(jobs, user, stranger, method, door):
    """Whatever has become of it."""
    theirs = jobs.made(user=stranger)
    for status in (theirs["status"], "queued", "failed", "expired"):
        ExportJob.objects.update(status=status)
        foreign = jobs.ask(f"{JOBS}/{theirs['id']}{door}", method=method)
        missing = jobs.ask(f"{JOBS}/{uuid.uuid4()}{door}", method=method)
        assert (foreign.status, missing.status) == (404, 404)
        assert foreign.body == missing.body
        assert without_id(foreign) == without_id(missing)
        if method != "head":
            assert foreign.errors == [("not_found", None)]
    assert ExportJob.objects.get().status == "expired"


def without_id(answer) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name != "X-Request-ID"}


@pytest.mark.parametrize("pk", ["-" * 36, "0" * 36, "00000000-0000-0000-0000-00000000000g", "x"])
def test_what_is_no_id_is_404(jobs, pk):
    for method, door in DOORS:
        assert jobs.ask(f"{JOBS}/{pk}{door}", method=method).status == 404


@pytest.mark.parametrize(("method", "door"), [door for door in DOORS if "link=" not in door[1]])
def test_without_credentials_it_is_401(client, method, door):
    answer = getattr(client, method)(f"{JOBS}/{uuid.uuid4()}{door}")
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"]


def test_without_credentials_nobody_asks_for_a_job(client):
    assert client.post("/api/exports/calls/jobs", {}, content_type="application/json").status_code == 401
    assert client.get(JOBS).status_code == 401


@pytest.mark.parametrize("path", ["", "/cancel", "/retry", "/link", "/file"])
def test_other_methods_are_405(jobs, path):
    known = {"": ("get", "head", "delete"), "/file": ("get", "head")}.get(path, ("post",))
    for method in {"get", "post", "put", "patch", "delete"} - {*known}:
        answer = jobs.ask(f"{JOBS}/{uuid.uuid4()}{path}", method=method)
        assert (answer.status, answer.errors) == (405, [("method_not_allowed", None)])


def test_a_key_for_one_dataset_sees_its_jobs_alone(jobs, client, user):
    from accounts.models import APIKey

    ids = {name: jobs.submit(name).json["id"] for name in ("calls", "agents")}
    key = APIKey.objects.issue(user=user, name="agents", datasets=["agents"])[1]
    headers = {"Authorization": f"Api-Key {key}"}
    listed = client.get(JOBS, headers=headers).json()["results"]
    assert [job["id"] for job in listed] == [ids["agents"]]
    for name, status in (("calls", 404), ("agents", 200)):
        assert client.get(f"{JOBS}/{ids[name]}", headers=headers).status_code == status
    refused = client.post("/api/exports/calls/jobs", {}, content_type="application/json", headers=headers)
    assert refused.status_code == 403


def test_a_job_that_vanishes_meanwhile_is_404(jobs, monkeypatch):
    """Between being found and being cancelled, or told of."""
    path = jobs.submit().headers["Location"]

    def vanish(job, *args):
        ExportJob.objects.all().delete()

    monkeypatch.setattr("exports.jobs.control.cancel", vanish)
    assert jobs.ask(f"{path}/cancel").status == 404


def test_a_trailing_slash_is_allowed(jobs, get):
    path = jobs.ask("/api/exports/calls/jobs/", {}).headers["Location"]
    assert get(f"{path}/").json["id"] == get(path).json["id"]
    assert get(f"{JOBS}/").json["count"] == 1
    assert jobs.ask(f"{path}/cancel/").status == 200


def test_from_an_address_that_is_not_allowed(jobs, get, settings):
    job = jobs.made()
    settings.EXPORTS = settings.EXPORTS | {"ALLOWED_NETWORKS": ["203.0.113.0/24"]}
    for path in (JOBS, *(job["links"][name] for name in ("self", "file"))):
        assert (answer := get(path)).status == 403, path
        assert answer.errors == [("permission_denied", None)]
    assert jobs.submit().status == 403


@pytest.mark.sqlite
def test_the_documentation_has_every_field():
    from tests.test_docs import names, section

    assert names(section("docs/api.md", "## Jobs"), "field of a job") == [
        *ExportJobSerializer.Meta.fields  # in this order
    ]
