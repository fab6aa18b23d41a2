"""What is in the way of a run for now: it waits, and has its job later, once."""

import datetime as dt
from concurrent.futures import ThreadPoolExecutor

import pytest
import time_machine
from django.db import DataError, OperationalError, connection
from django.db.models import F

from exports.exceptions import EarlierRunning, TooManyJobs
from exports.models import ExportJob, ExportSchedule, ScheduleRun
from exports.saved import control as saved
from exports.schedules import control, making, running
from exports.schedules.running import attempt
from tests.engine.background import elsewhere
from tests.jobs.sites import until
from tests.schedules.made import (
    HOUR,
    MINUTE,
    MORNING,
    at,
    at_work,
    caller,
    make_files,
    make_schedule,
    make_template,
    now_of,
    outcomes,
)

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("calls")]


@pytest.fixture
def schedule(user) -> ExportSchedule:
    with time_machine.travel(MORNING - MINUTE, tick=False):
        return make_schedule(make_template(user, "calls"), "0 6,12 * * *")


def test_it_works(schedule, user, settings):
    """By the rate: until there is room again, and no failure."""
    settings.EXPORTS = settings.EXPORTS | {"RATE": "1/h"}
    with time_machine.travel(MORNING - 10 * MINUTE, tick=False):
        other = make_template(user, "calls", name="By hand")
        saved.run(other, caller(user))
    at(MORNING)
    run = schedule.runs.get()
    assert (run.outcome, run.error_code, run.job) == ("waiting", "throttled", None)
    assert MORNING < run.due_at <= MORNING + HOUR
    assert now_of(schedule).failures == 0
    at_work(MORNING + HOUR + MINUTE)
    assert now_of(run).outcome == "succeeded"
    assert (run.error, run.error_code) == ("", "")
    assert schedule.runs.count() == 1


def test_too_many_jobs(schedule, user, settings):
    settings.EXPORTS = settings.EXPORTS | {"MAX_JOBS_PER_USER": 1}
    with time_machine.travel(MORNING - HOUR):
        control.run_now(schedule, caller(user))
        with pytest.raises(TooManyJobs):
            control.run_now(schedule, caller(user))
    at(MORNING)
    assert outcomes(schedule) == ["running", "waiting"]  # and nothing of the one that was refused
    make_files(MORNING)
    at(MORNING + MINUTE)
    assert outcomes(schedule) == ["succeeded", "running"]


def test_a_database_that_fails(schedule, monkeypatch):
    real, calls = making.submit, []

    def submit(*args):
        calls.append(args)
        if len(calls) == 1:
            raise OperationalError("gone")
        return real(*args)

    monkeypatch.setattr("exports.schedules.making.submit", submit)
    at(MORNING)
    assert schedule.runs.get().outcome == "waiting"
    assert not ExportJob.objects.exists()
    at_work(MORNING + MINUTE)
    assert outcomes(schedule) == ["succeeded"]
    assert len(calls) == 2


def test_an_error_of_a_database_that_would_come_again(schedule, monkeypatch):
    """It fails the run, and is not tried for ever."""

    def submit(*args):
        raise DataError("value too long")

    monkeypatch.setattr("exports.schedules.making.submit", submit)
    at(MORNING)
    assert (outcomes(schedule), now_of(schedule).error_code) == (["failed"], "export_failed")


def test_a_process_that_ended_in_between(schedule):
    """Between taking a run up and its job: another one makes it, half a minute later."""
    with time_machine.travel(MORNING, tick=False):
        running.open_run(now_of(schedule))
        ScheduleRun.objects.update(attempts=F("attempts") + 1, due_at=MORNING + running.PAUSE)
    at(MORNING + running.PAUSE - dt.timedelta(seconds=1))
    assert not ExportJob.objects.exists()
    at_work(MORNING + running.PAUSE)
    assert (outcomes(schedule), ExportJob.objects.count()) == (["succeeded"], 1)


def test_one_that_slept(schedule, monkeypatch):
    """It wakes up when another process has made the job: nothing is left of its own."""
    with time_machine.travel(MORNING, tick=False):
        running.open_run(now_of(schedule))
        asleep, awake = ScheduleRun.objects.get(), ScheduleRun.objects.get()
        assert running._claimed(asleep)
        ScheduleRun.objects.update(due_at=MORNING)
        awake.refresh_from_db()
        assert attempt(awake)
        assert running.job_made(asleep) is not None
    assert ExportJob.objects.count() == 1
    assert schedule.runs.get().job is not None


def somebody_waits_for_a_lock() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return bool(cursor.fetchone()[0])


@pytest.mark.postgresql
def test_two_at_the_same_moment(schedule, monkeypatch):
    """Of an incremental schedule, by hand and by the clock: the second sees the first."""
    ExportSchedule.objects.update(incremental=True)
    real, second = making.submit, []

    def by_hand():
        try:
            control.run_now(ExportSchedule.objects.get(), caller(_Key("user-123")))
        except EarlierRunning as error:
            return error

    def submit(*args):
        if not second:
            second.append(None)
            with_another = ThreadPoolExecutor(1)
            second.append(with_another.submit(elsewhere, by_hand))
            with_another.shutdown(wait=False)
            until(lambda: second[1].done() or somebody_waits_for_a_lock())
        return real(*args)

    monkeypatch.setattr("exports.schedules.making.submit", submit)
    at(MORNING)
    assert isinstance(second[1].result(30), EarlierRunning)
    assert ExportJob.objects.count() == 1
    assert outcomes(schedule) == ["running"]


class _Key:
    def __init__(self, pk):
        self.pk = pk
