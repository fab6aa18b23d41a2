"""Runs of a schedule by hand, and the log of all its runs."""

import datetime as dt

import pytest

from exports.api.schedule_serializers import ScheduleRunSerializer
from exports.models import ExportJob, ScheduleRun
from tests.api import rows

# Whether it may, and who is told, is decided in Python; how it is claimed has tests on each database.
pytestmark = [pytest.mark.sqlite, pytest.mark.django_db]


@pytest.mark.django_db(transaction=True)  # it runs a job
def test_it_works(jobs, get, keep, user):
    rows.calls(user, 2)
    path = keep.schedule()["links"]["self"]
    asked = jobs.ask(f"{path}/run")
    assert (asked.status, asked.headers["Retry-After"]) == (202, "5")
    job = asked.json
    assert asked.headers["Location"] == job["links"]["self"] == f"/api/exports/jobs/{job['id']}"
    assert path.endswith(job["schedule"])
    [run] = get(f"{path}/runs").json["results"]
    assert list(run) == ScheduleRunSerializer.Meta.fields
    assert (run["by_hand"], run["outcome"], run["job"]) == (True, "running", job["id"])
    jobs.work()
    [run] = get(f"{path}/runs").json["results"]
    assert (run["outcome"], run["row_count"], run["error"]) == ("succeeded", 2, None)
    assert get(path).json["last_run"] == run


def test_each_run_has_a_job_of_its_own(jobs, get, keep):
    """Although they ask for the same."""
    path = keep.schedule()["links"]["self"]
    made = [jobs.ask(f"{path}/run").json["id"] for _ in range(2)]
    assert len({*made}) == 2
    listed = get(f"{path}/runs").json
    assert (listed["count"], [run["job"] for run in listed["results"]]) == (2, made[::-1])
    page = get(f"{path}/runs", {"page_size": 1, "page": 2}).json
    assert [run["job"] for run in page["results"]] == made[:1]


@pytest.mark.django_db(transaction=True)  # it runs a job
def test_what_goes_on_from_an_earlier_run_waits_for_its_end(jobs, get, keep, user):
    rows.calls(user, 1)
    path = keep.schedule(incremental=True)["links"]["self"]
    first = jobs.ask(f"{path}/run").json
    assert first["parameters"] == {"since": ["start"]}
    early = jobs.ask(f"{path}/run")
    assert (early.status, early.errors) == (409, [("earlier_running", None)])
    jobs.work()
    cursor = get(path).json["cursor"]
    assert cursor == get(first["links"]["self"]).json["cursor"] != ""
    assert jobs.ask(f"{path}/run").json["parameters"] == {"since": [cursor]}


def test_a_run_is_refused_as_a_job_is(jobs, get, keep, settings):
    path = keep.schedule()["links"]["self"]
    settings.EXPORTS = settings.EXPORTS | {"RATE": "1/d"}
    assert jobs.ask(f"{path}/run").status == 202
    refused = jobs.ask(f"{path}/run")
    assert (refused.status, refused.errors) == (429, [("throttled", None)])
    assert int(refused.headers["Retry-After"]) > 0
    assert (ScheduleRun.objects.count(), ExportJob.objects.count()) == (1, 1)
    assert get(path).json["failures"] == 0


def test_a_run_that_came_to_nothing_says_why(get, keep):
    schedule = keep.schedule()
    when = dt.datetime(2026, 1, 1, 6, tzinfo=dt.UTC)
    ScheduleRun.objects.create(
        schedule_id=schedule["id"],
        occurrence=when,
        missed_since=when - dt.timedelta(days=2),
        outcome="failed",
        error="You do not have the permission.",
        error_code="permission_denied",
        finished_at=when,
    )
    [run] = get(schedule["links"]["runs"]).json["results"]
    assert run == {
        "occurrence": "2026-01-01T06:00:00Z",
        "missed_since": "2025-12-30T06:00:00Z",
        "by_hand": False,
        "outcome": "failed",
        "attempts": 0,
        "job": None,
        "row_count": None,
        "error": {"code": "permission_denied", "detail": "You do not have the permission."},
        "finished_at": "2026-01-01T06:00:00Z",
    }


def test_runs_of_others_are_not_among_them(jobs, get, keep, stranger):
    mine, theirs = keep.schedule(), keep.schedule(by=stranger)
    assert jobs.ask(theirs["links"]["run"], user=stranger).status == 202
    assert get(mine["links"]["runs"]).json["count"] == 0
    assert get(theirs["links"]["runs"]).status == 404
    assert get(theirs["links"]["runs"], user=stranger).json["count"] == 1


@pytest.mark.sqlite
def test_the_documentation_has_every_field():
    from tests.test_docs import names, section

    documented = names(section("docs/api.md", "## Schedules"), "field of a run")
    assert documented == ScheduleRunSerializer.Meta.fields
