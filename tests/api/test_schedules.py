"""`/api/exports/schedules`: made, looked at, changed, paused, run and removed; one's own alone."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from exports import scheduler
from exports.api.schedule_bodies import NAMES, READ_ONLY
from exports.api.schedule_serializers import ExportScheduleSerializer
from exports.models import ExportJob, ExportSchedule, ExportTemplate, ScheduleRun
from tests.api import rows
from tests.api.strangers import assert_hidden, assert_no_ids, assert_signed_in_only

# Whether it may, and who is told, is decided in Python; how it is claimed has tests on each database.
pytestmark = [pytest.mark.sqlite, pytest.mark.django_db]

SCHEDULES = "/api/exports/schedules"
PLAN = {"template": "00000000-0000-4000-8000-000000000000", "rule": "0 6 * * *"}
DOORS = [
    *(("get", "", None), ("head", "", None), ("put", "", PLAN), ("patch", "", {}), ("delete", "", None)),
    *(("post", "/pause", None), ("post", "/resume", None), ("post", "/run", None)),
    *(("get", "/runs", None), ("head", "/runs", None)),
]


@pytest.fixture(autouse=True)
def email(user):
    user.email = "me@example.com"
    user.save()


def test_it_works(jobs, get, keep, user, time_machine):
    rows.calls(user, 2)
    time_machine.move_to("2026-03-26T12:00:00Z", tick=False)  # clocks go forward on the 29th
    template = keep.template(columns=["id"])
    body = {
        "template": template["id"],
        "rule": " 30  2 * * * ",
        "timezone": "Europe/Berlin",
        "recipients": ["me@example.com"],
        "incremental": False,
    }
    made = jobs.ask(SCHEDULES, body)
    assert made.status == 201, made.body
    schedule = made.json
    path = f"{SCHEDULES}/{schedule['id']}"
    assert made.headers["Location"] == path
    assert list(schedule) == ExportScheduleSerializer.Meta.fields
    assert {name: schedule[name] for name in body} == body | {"rule": "30 2 * * *"}
    assert schedule["next_runs"] == [
        "2026-03-27T02:30:00+01:00",
        "2026-03-28T02:30:00+01:00",
        "2026-03-29T03:00:00+02:00",  # right after the hour that is none
        "2026-03-30T02:30:00+02:00",
        "2026-03-31T02:30:00+02:00",
    ]
    assert (schedule["status"], schedule["failures"], schedule["error"]) == ("active", 0, None)
    assert (schedule["cursor"], schedule["unsubscribed"], schedule["last_run"]) == ("", [], None)
    assert schedule["links"] == {
        "self": path,
        "template": template["links"]["self"],
        "runs": f"{path}/runs",
        "run": f"{path}/run",
        "pause": f"{path}/pause",
        "resume": None,
    }
    assert get(path).json == schedule
    assert get(SCHEDULES).json["results"] == [schedule]
    time_machine.move_to("2026-03-27T01:30:01Z", tick=False)
    assert scheduler.run_once() == 1
    [job] = get("/api/exports/jobs").json["results"]
    assert (job["schedule"], job["template"]) == (schedule["id"], template["id"])
    assert job["recipients"] == ["me@example.com"]
    assert get(job["links"]["self"]).json["schedule"] == schedule["id"]
    [run] = get(f"{path}/runs").json["results"]
    later = get(path).json
    assert later["last_run"] == run
    assert (run["occurrence"], run["outcome"], run["job"]) == ("2026-03-27T01:30:00Z", "running", job["id"])
    assert later["next_runs"][0] == "2026-03-28T02:30:00+01:00"
    assert jobs.ask(path, method="delete").status == 204
    assert get(path).status == get(f"{path}/runs").status == 404
    assert get(job["links"]["self"]).json["schedule"] is None


def test_the_names_are_those_of_the_body():
    assert [*NAMES, *READ_ONLY] == sorted(
        ExportScheduleSerializer.Meta.fields, key=lambda name: [*NAMES, *READ_ONLY].index(name)
    )


def test_what_is_answered_can_be_sent_back(jobs, get, keep):
    schedule = keep.schedule(timezone="Asia/Tokyo", recipients=["me@example.com"], incremental=True)
    stored = ExportSchedule.objects.values().get()
    answer = jobs.ask(schedule["links"]["self"], schedule, method="put")
    assert answer.status == 200, answer.body
    assert answer.json | {"updated_at": ""} == schedule | {"updated_at": ""}
    assert ExportSchedule.objects.values().get() | {"updated_at": ""} == stored | {"updated_at": ""}


def test_put_replaces_and_patch_changes(jobs, keep):
    schedule = keep.schedule(timezone="Asia/Tokyo", recipients=["me@example.com"], incremental=True)
    path = schedule["links"]["self"]
    patched = jobs.ask(path, {"rule": "0 7 * * *"}, method="patch").json
    assert (patched["rule"], patched["timezone"]) == ("0 7 * * *", "Asia/Tokyo")
    assert (patched["recipients"], patched["incremental"]) == (["me@example.com"], True)
    assert dt.datetime.fromisoformat(patched["next_runs"][0]).hour == 7
    put = jobs.ask(path, {"template": schedule["template"], "rule": "0 8 * * *"}, method="put").json
    assert (put["rule"], put["timezone"], put["recipients"]) == ("0 8 * * *", "UTC", [])
    assert put["incremental"] is False


def test_every_next_run_is_at_the_hour_of_the_zone(keep):
    schedule = keep.schedule(rule="15 6 * * *", timezone="Australia/Lord_Howe")
    zone = ZoneInfo("Australia/Lord_Howe")
    moments = [dt.datetime.fromisoformat(text) for text in schedule["next_runs"]]
    assert len(moments) == 5
    assert all(moment.utcoffset() == moment.astimezone(zone).utcoffset() for moment in moments)
    assert {(moment.hour, moment.minute) for moment in moments} == {(6, 15)}


def test_pause_and_resume(jobs, get, keep):
    schedule = keep.schedule()
    path = schedule["links"]["self"]
    for _ in range(2):
        paused = jobs.ask(f"{path}/pause")
        assert (paused.status, paused.json["status"], paused.json["next_runs"]) == (200, "paused", [])
    assert (paused.json["links"]["pause"], paused.json["links"]["resume"]) == (None, f"{path}/resume")
    # It is changed as it is, and comes no more for that.
    changed = jobs.ask(path, {"rule": "0 7 * * *"}, method="patch").json
    assert (changed["status"], changed["rule"], changed["next_runs"]) == ("paused", "0 7 * * *", [])
    for _ in range(2):
        resumed = jobs.ask(f"{path}/resume")
        assert (resumed.status, resumed.json["status"]) == (200, "active")
        assert len(resumed.json["next_runs"]) == 5
    assert get(path).json == resumed.json


def test_one_that_has_stopped_says_why_and_can_be_resumed(jobs, get, keep):
    path = keep.schedule()["links"]["self"]
    ExportSchedule.objects.update(
        status="stopped", next_run_at=None, failures=3, error="No right.", error_code="permission_denied"
    )
    stopped = get(path).json
    assert (stopped["status"], stopped["failures"], stopped["next_runs"]) == ("stopped", 3, [])
    assert stopped["error"] == {"code": "permission_denied", "detail": "No right."}
    resumed = jobs.ask(stopped["links"]["resume"]).json
    assert (resumed["status"], resumed["failures"], resumed["error"]) == ("active", 0, None)


def test_who_lost_the_right_is_told_by_the_schedule(jobs, get, keep, user, stranger, time_machine):
    """Of a template that is shared with them no more."""
    template = keep.template(shared_with=[user.pk], by=stranger)
    path = keep.schedule(template, rule="0 6 * * *")["links"]["self"]
    jobs.ask(template["links"]["self"], {"shared_with": []}, method="patch", user=stranger)
    now = jobs.ask(f"{path}/run")
    assert (now.status, now.errors) == (409, [("template_gone", None)])
    assert get(path).json["last_run"] is None
    time_machine.move_to(dt.datetime.now(dt.UTC) + dt.timedelta(days=1), tick=False)
    scheduler.run_once()
    schedule = get(path).json
    assert (schedule["failures"], schedule["error"]["code"]) == (1, "template_gone")
    assert (schedule["last_run"]["outcome"], schedule["last_run"]["job"]) == ("failed", None)
    assert schedule["last_run"]["error"] == schedule["error"]
    assert not ExportJob.objects.exists()


def test_a_template_that_its_owner_has_changed_is_looked_at_first(jobs, keep, user, stranger):
    """What they change is not mailed to anybody before the schedule's user has seen it."""
    template = keep.template(shared_with=[user.pk], by=stranger)
    path = keep.schedule(template)["links"]["self"]
    assert jobs.ask(f"{path}/run").status == 202
    changes = {"columns": ["id"]}
    assert jobs.ask(template["links"]["self"], changes, method="patch", user=stranger).status == 200
    refused = jobs.ask(f"{path}/run")
    assert (refused.status, refused.errors) == (409, [("template_changed", None)])
    assert jobs.ask(path, {}, method="patch").status == 200
    assert jobs.ask(f"{path}/run").json["parameters"] == {"columns": ["id"]}


def test_a_deleted_template_leaves_the_schedule(jobs, get, keep):
    schedule = keep.schedule()
    ExportTemplate.objects.all().delete()
    left = get(schedule["links"]["self"]).json
    assert (left["template"], left["links"]["template"], left["status"]) == (None, None, "active")
    changed = jobs.ask(schedule["links"]["self"], {"rule": "0 7 * * *"}, method="patch")
    assert (changed.status, changed.errors) == (400, [("null", "template")])
    other = keep.template("Other")
    assert jobs.ask(schedule["links"]["self"], {"template": other["id"]}, method="patch").status == 200


def test_a_list_is_ones_own_and_newest_first(get, keep, stranger):
    keep.schedule(by=stranger)
    template = keep.template()
    made = [keep.schedule(template)["id"] for _ in range(3)]
    assert [each["id"] for each in get(SCHEDULES).json["results"]] == made[::-1]
    page = get(SCHEDULES, {"page_size": 1, "page": 2}).json
    assert (page["count"], [each["id"] for each in page["results"]]) == (3, [made[1]])


def test_a_list_asks_for_all_schedules_at_once(get, keep):
    template = keep.template()
    made = [keep.schedule(template)["id"] for _ in range(3)]
    for schedule in made:
        for day in (1, 2):
            when = dt.datetime(2026, 1, day, tzinfo=dt.UTC)
            ScheduleRun.objects.create(schedule_id=schedule, occurrence=when, outcome="failed")
    answer = get(SCHEDULES)
    assert answer.queries == [
        "SELECT accounts_user",
        *["SELECT exports_exportschedule"] * 2,
        "SELECT exports_schedulerun",
    ]
    assert {each["last_run"]["occurrence"] for each in answer.json["results"]} == {"2026-01-02T00:00:00Z"}


def test_there_may_be_so_many(jobs, keep, settings):
    settings.EXPORTS = settings.EXPORTS | {"MAX_SCHEDULES_PER_USER": 1}
    template = keep.template()
    keep.schedule(template)
    answer = jobs.ask(SCHEDULES, PLAN | {"template": template["id"]})
    assert (answer.status, answer.errors) == (400, [("too_many", "template")])


def test_where_there_are_no_jobs(jobs, keep, client, settings):
    client.raise_request_exception = False
    template = keep.template()
    settings.EXPORTS = settings.EXPORTS | {"STORAGE": None}
    answer = jobs.ask(SCHEDULES, PLAN | {"template": template["id"]})
    assert (answer.status, answer.errors) == (503, [("jobs_unavailable", None)])


@pytest.mark.django_db(transaction=True)  # a failed statement ends one
@pytest.mark.parametrize(
    ("door", "step"),
    [("/pause", "control.pause"), ("/resume", "control.resume"), ("", "plans.require_allowed")],
)
def test_one_that_vanishes_meanwhile_is_404(jobs, keep, monkeypatch, door, step):
    """Between being found and being changed, or told of."""
    path = keep.schedule()["links"]["self"]
    monkeypatch.setattr(f"exports.schedules.{step}", lambda *args: ExportSchedule.objects.all().delete())
    answer = jobs.ask(path + door, {}, method="post" if door else "patch")
    assert (answer.status, answer.errors) == (404, [("not_found", None)])
    assert not ExportSchedule.objects.exists()


def test_a_strangers_schedule_and_a_missing_one_are_404_alike(jobs, keep, user, stranger):
    theirs = keep.schedule(by=stranger)
    before = ExportSchedule.objects.values().get()
    assert_hidden(jobs.ask, f"{SCHEDULES}/", theirs["id"], DOORS)
    assert ExportSchedule.objects.values().get() == before
    assert not ScheduleRun.objects.exists()


def test_a_schedule_of_a_template_of_ones_own_that_others_use_stays_theirs(jobs, keep, user, stranger):
    """Whoever shares a template sees nothing of what others do with it."""
    template = keep.template(shared_with=[stranger.pk])
    theirs = keep.schedule(template, by=stranger)
    assert_hidden(jobs.ask, f"{SCHEDULES}/", theirs["id"], DOORS)


def test_what_is_no_id_is_404(jobs):
    assert_no_ids(jobs.ask, f"{SCHEDULES}/", DOORS)


def test_without_credentials_it_is_401(client):
    assert_signed_in_only(client, f"{SCHEDULES}/", DOORS)
    assert client.get(SCHEDULES).status_code == 401
    assert client.post(SCHEDULES, PLAN, content_type="application/json").status_code == 401


def test_other_methods_are_405(jobs, keep):
    path = keep.schedule()["links"]["self"]
    known = {SCHEDULES: {"get", "post"}, path: {"get", "put", "patch", "delete"}, f"{path}/runs": {"get"}}
    known |= {f"{path}/{door}": {"post"} for door in ("pause", "resume", "run")}
    for address, methods in known.items():
        for method in {"get", "post", "put", "patch", "delete"} - methods:
            answer = jobs.ask(address, method=method)
            assert (answer.status, answer.errors) == (405, [("method_not_allowed", None)])


def test_a_trailing_slash_is_allowed(jobs, get, keep):
    path = keep.schedule()["links"]["self"]
    for address in (SCHEDULES, path, f"{path}/runs"):
        assert get(f"{address}/").status == 200
    for door in ("pause", "resume", "run"):
        assert jobs.ask(f"{path}/{door}/").status in (200, 202)


def test_from_an_address_that_is_not_allowed(jobs, get, keep, settings):
    path = keep.schedule()["links"]["self"]
    settings.EXPORTS = settings.EXPORTS | {"ALLOWED_NETWORKS": ["203.0.113.0/24"]}
    for answer in (get(SCHEDULES), get(path), jobs.ask(f"{path}/run"), jobs.ask(SCHEDULES, PLAN)):
        assert (answer.status, answer.errors) == (403, [("permission_denied", None)])


@pytest.mark.sqlite
def test_the_documentation_has_every_field():
    from tests.test_docs import names, section

    documented = names(section("docs/api.md", "## Schedules"), "field of a schedule")
    assert documented == ExportScheduleSerializer.Meta.fields
