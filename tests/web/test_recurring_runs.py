"""What comes again, beside its last run: dates that are told from the day of each run are other ones."""

import datetime as dt

import pytest
import time_machine
from django.tasks import default_task_backend

from exports.jobs import control as jobs
from exports.models import ExportJob, ExportLog, ExportTemplate
from exports.saved import control as saved
from tests.api import rows
from tests.schedules.made import (
    DAY,
    HOUR,
    MORNING,
    at_work,
    caller,
    change_template,
    make_files,
    make_schedule,
    make_template,
)
from tests.web.test_comparing import NONE, compared, run
from tests.web.test_history import HISTORY

pytestmark = pytest.mark.django_db(transaction=True)

YESTERDAY = "start_date=yesterday&end_date=yesterday"


@pytest.fixture
def page_of(read):
    return lambda record: read(f"{HISTORY}{record.pk}/")


@pytest.fixture
def calls(user, settings) -> None:
    """Three, one on each of the days before MORNING."""
    settings.EXPORTS = settings.EXPORTS | {"RATE": None}
    default_task_backend.clear()
    for number in range(3):
        rows.call(user, started_at=MORNING - (number + 1) * DAY)


@pytest.fixture
def template(user, calls) -> ExportTemplate:
    return make_template(user, "calls", f"{YESTERDAY}&columns=id")


def run_on(template: ExportTemplate, user, moment: dt.datetime = MORNING) -> ExportLog:
    """The record of a run by hand."""
    with time_machine.travel(moment, tick=False):
        job = saved.run(template, caller(user))
    make_files(moment)
    job.refresh_from_db()
    assert job.status == "succeeded", job.error
    return ExportLog.objects.get(pk=job.export_id)


def newest() -> ExportLog:
    return ExportLog.objects.latest("timestamp")


def test_it_works(page_of, template, user):
    first, second, third = (run_on(template, user, MORNING + days * DAY) for days in (-1, 0, 1))
    page = page_of(second)
    assert compared(page)["Rows"] == ["1", "1", "the same"]
    assert compared(page)["Filters"] == [
        "start_date=2026-03-09T00:00:00+00:00, end_date=2026-03-09T23:59:59.999999+00:00",
        "start_date=2026-03-08T00:00:00+00:00, end_date=2026-03-08T23:59:59.999999+00:00",
        "",
    ]
    assert "Beside the run before. What was asked for otherwise comes first." in page.words
    addresses = page.links().values()
    assert {f"{HISTORY}{other.pk}/" for other in (first, third)} <= set(addresses)
    assert NONE in page_of(first).words
    assert compared(page_of(third))["Rows"] == ["0", "1", "−1"]


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "America/Santiago", "Pacific/Kiritimati"])
@pytest.mark.parametrize(
    "around", [MORNING, MORNING.replace(month=3, day=29), MORNING.replace(month=4, day=5)]
)
def test_of_a_schedule_in_its_time_zone(page_of, template, zone, around):
    """Also where the clock is set forward or back, and once its jobs are deleted."""
    with time_machine.travel(around - 3 * DAY, tick=False):
        make_schedule(template, timezone=zone)
    for days in (-1, 0, 1, 2):
        at_work(around + days * DAY + 23 * HOUR)
    *_, before, this = ExportLog.objects.order_by("timestamp")
    ExportJob.objects.all().delete()
    page = page_of(this)
    assert f"{HISTORY}{before.pk}/" in page.links().values()
    assert "Filters" in compared(page)


@pytest.mark.parametrize(
    ("query", "days"),
    [
        ("start_date=last_month&end_date=last_month", 31),
        ("start_date=this month&end_date=today", 31),
        ("start_date=last 7 days&end_date=last 7 days", 7),
        ("start_date=last 12 days", 1),
        ("start_date=last week&end_date=last week&tz=Europe/Berlin", 2),
        ("start_date=this year&end_date=this year", 1),
        ("since=last run", 1),
    ],
)
def test_by_their_dates_once_the_job_is_gone(page_of, user, calls, query, days):
    """A job is told of for a month, a record for longer."""
    template = make_template(user, "calls", query)
    before = run_on(template, user, MORNING.replace(month=5, day=1))
    jobs.delete(ExportJob.objects.get())
    this = run_on(template, user, MORNING.replace(month=5, day=1) + days * DAY)
    assert f"{HISTORY}{before.pk}/" in page_of(this).links().values()
    saved.delete(template)
    assert f"{HISTORY}{before.pk}/" in page_of(this).links().values()


def test_a_template_that_was_changed(page_of, template, user):
    before = run_on(template, user, MORNING - DAY)
    change_template(template, user, f"{YESTERDAY}&outcome=busy&columns=id,outcome&tz=Europe/Berlin")
    page = page_of(run_on(template, user))
    assert f"{HISTORY}{before.pk}/" in page.links().values()
    found = compared(page)
    assert found["Filters"][0].endswith("outcome=busy")
    assert "outcome" not in found["Filters"][1]
    assert found["Options"] == ["tz=Europe/Berlin", "none", ""]
    assert found["Columns"] == ["id, outcome", "id", ""]


def test_a_template_of_another_dataset_or_format_by_now(page_of, template, user):
    run_on(template, user, MORNING - DAY)
    change_template(template, user, f"{YESTERDAY}&columns=id&format=jsonl")
    assert NONE in page_of(run_on(template, user)).words
    change_template(template, user, "columns=id", dataset="agents")
    assert NONE in page_of(run_on(template, user, MORNING + DAY)).words


def test_who_shares_a_template_has_runs_of_their_own(read, page_of, user, stranger, calls, allow):
    template = make_template(stranger, "calls", f"{YESTERDAY}&columns=id", shared_with=[user.pk])
    theirs = run_on(template, stranger, MORNING - 2 * DAY)
    before = run_on(template, user, MORNING - DAY)
    other = run_on(template, stranger, MORNING - DAY + HOUR)
    this = run_on(template, user)
    assert f"{HISTORY}{before.pk}/" in page_of(this).links().values()
    assert NONE in page_of(before).words
    # Who sees everybody's compares those of one with each other.
    allow(user, "view_exportlog", "export_for_all_tenants")
    links = page_of(other).links()
    assert f"{HISTORY}{theirs.pk}/" in links.values()
    assert f"{HISTORY}{before.pk}/" not in links.values()
    assert "The job that made it" not in links


def test_rows_of_another_tenant_are_no_run_of_it(page_of, template, user):
    before = run_on(template, user, MORNING - DAY)
    ExportLog.objects.filter(pk=before.pk).update(tenant="*")
    assert NONE in page_of(run_on(template, user)).words


def test_one_that_failed_is_passed_over(page_of, template, user):
    before = run_on(template, user, MORNING - 2 * DAY)
    failed = run_on(template, user, MORNING - DAY)
    ExportLog.objects.filter(pk=failed.pk).update(outcome="failed")
    assert f"{HISTORY}{before.pk}/" in page_of(run_on(template, user)).links().values()


def test_what_was_asked_for_with_dates_of_that_day(page_of, user):
    """As a button of the page sets them, or a program does each day."""
    run(user, 0, filters={"start_date": "2024-01-30", "end_date": "2024-01-30"})
    asked = {"start_date": "2024-01-31", "end_date": "2024-01-31"}
    this = run(user, 24 * 60, filters=asked)
    assert compared(page_of(this))["Filters"] == [
        "start_date=2024-01-31, end_date=2024-01-31",
        "start_date=2024-01-30, end_date=2024-01-30",
        "",
    ]
    again = run(user, 5 * 24 * 60, filters=asked)  # by then they are five days ago
    assert f"{HISTORY}{this.pk}/" in page_of(again).links().values()
    assert "Filters" not in compared(page_of(again))


@pytest.mark.parametrize(
    "other",
    [
        {"start_date": "2024-01-29", "end_date": "2024-01-30"},
        {"start_date": "2024-01-30"},
        {"start_date": "2024-01-30", "end_date": "2024-01-30T23:59:59"},
        {"start_date": "2024-01-30", "end_date": "someday"},
        {"start_date": "2024-01-30", "end_date": ["2024-01-30"]},
        {"start_date": "2024-01-30", "end_date": "2024-01-30", "room_name": "2024-01-30"},
    ],
)
def test_other_dates_are_another_request(page_of, user, other):
    extra = {"room_name": "2024-01-31"} if "room_name" in other else {}
    run(user, 0, filters=other)
    this = run(user, 24 * 60, filters={"start_date": "2024-01-31", "end_date": "2024-01-31", **extra})
    assert NONE in page_of(this).words


def test_the_number_of_queries_is_bounded(queries, template, user):
    for days in range(3):
        run_on(template, user, MORNING + days * DAY)
    asked = queries(f"{HISTORY}{newest().pk}/")
    # The job that made it, and the exports of its template.
    assert asked.count("SELECT exports_exportjob") == 2
    assert asked.count("SELECT exports_exportlog") == 4
    assert len(asked) <= 8
