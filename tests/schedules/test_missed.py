"""What comes of times that nobody saw, and of schedules that are paused, resumed and changed."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
import time_machine

from exports.exceptions import InvalidParameters, ScheduleNotFound
from exports.models import ExportJob, ExportSchedule, ScheduleRun
from exports.schedules import control
from exports.schedules.running import open_run, run_due
from tests.engine.background import caller_of
from tests.schedules.made import (
    DAY,
    HOUR,
    MINUTE,
    MORNING,
    at,
    at_work,
    make_schedule,
    make_template,
    now_of,
    outcomes,
)

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("calls")]


@pytest.fixture
def schedule(user) -> ExportSchedule:
    """Every hour, from MORNING on."""
    with time_machine.travel(MORNING - MINUTE, tick=False):
        return make_schedule(make_template(user, "calls"), "0 * * * *")


def test_it_works(schedule):
    """Of the four times of a morning on which nothing ran there is one run, which says so."""
    at_work(MORNING + 3 * HOUR + 7 * MINUTE)
    run = schedule.runs.get()
    assert (run.occurrence, run.missed_since, run.outcome) == (MORNING + 3 * HOUR, MORNING, "succeeded")
    assert now_of(schedule).next_run_at == MORNING + 4 * HOUR
    at_work(MORNING + 3 * HOUR + 8 * MINUTE)
    at_work(MORNING + 4 * HOUR)
    second = schedule.runs.first()
    assert (second.occurrence, second.missed_since) == (MORNING + 4 * HOUR, None)
    assert ExportJob.objects.count() == 2


def test_a_month(schedule):
    at_work(MORNING + 31 * DAY)
    assert outcomes(schedule) == ["succeeded"]


def test_relative_dates_are_those_of_the_occurrence(user):
    with time_machine.travel(MORNING - MINUTE, tick=False):
        template = make_template(user, "calls", "start_date=yesterday&end_date=yesterday")
        schedule = make_schedule(template, "50 23 * * *", "Asia/Tokyo")
    at(MORNING + 3 * DAY)
    run = schedule.runs.get()
    assert run.occurrence.astimezone(ZoneInfo("Asia/Tokyo")).strftime("%d %H:%M") == "12 23:50"
    assert run.job.parameters["start_date"] == ["2026-03-11T00:00:00+09:00"]
    assert run.job.parameters["end_date"] == ["2026-03-11T23:59:59.999999+09:00"]


def test_two_that_look_at_once(schedule):
    """Whoever has read the schedule before another one opened its run opens none."""
    late = ExportSchedule.objects.get(pk=schedule.pk)
    with time_machine.travel(MORNING, tick=False):
        assert open_run(now_of(schedule))
        assert not open_run(late)
        late.next_run_at = now_of(schedule).next_run_at  # not yet
        assert not open_run(late)
    assert ScheduleRun.objects.count() == 1


def test_a_clock_that_was_wrong(schedule):
    """Set back by an hour, and the schedule resumed: an occurrence that had its run has no second."""
    at_work(MORNING)
    with time_machine.travel(MORNING - MINUTE, tick=False):
        control.pause(schedule)
        control.resume(now_of(schedule))
    at_work(MORNING)
    assert outcomes(schedule) == ["succeeded"]
    assert now_of(schedule).next_run_at == MORNING + HOUR


def test_paused_and_resumed(schedule):
    control.pause(schedule)
    assert control.upcoming(now_of(schedule)) == []
    at(MORNING + 3 * HOUR)
    assert outcomes(schedule) == []
    with time_machine.travel(MORNING + 3 * HOUR + MINUTE, tick=False):
        control.resume(now_of(schedule))
        assert control.upcoming(now_of(schedule))[0] == MORNING + 4 * HOUR
    at(MORNING + 3 * HOUR + 2 * MINUTE)
    assert outcomes(schedule) == []  # of what it has missed it makes nothing
    at_work(MORNING + 4 * HOUR)
    assert schedule.runs.get().missed_since is None


def test_paused_while_a_run_waits(schedule, settings):
    settings.EXPORTS = settings.EXPORTS | {"RATE": "1/d"}
    at_work(MORNING)
    at(MORNING + HOUR)
    assert outcomes(schedule) == ["succeeded", "waiting"]
    control.pause(schedule)
    assert outcomes(schedule) == ["succeeded", "skipped"]
    at_work(MORNING + 30 * HOUR)
    assert ExportJob.objects.count() == 1


def test_paused_between_two_looks(schedule):
    seen = now_of(schedule)
    ExportSchedule.objects.filter(pk=schedule.pk).update(status="paused")
    with time_machine.travel(MORNING, tick=False):
        assert not open_run(seen)
    assert outcomes(schedule) == []


def test_another_rule(schedule, user):
    """A changed rule counts from the change on, for who has seen the old one too."""
    seen = ExportSchedule.objects.get(pk=schedule.pk)
    plan = control.Plan(template=schedule.template, rule="30 7 * * *", timezone="Europe/Berlin")
    with time_machine.travel(MORNING - MINUTE, tick=False):
        control.change(now_of(schedule), plan, caller_of(user))
    with time_machine.travel(MORNING, tick=False):
        assert not open_run(seen)
    at_work(MORNING + 30 * MINUTE)
    assert [run.occurrence for run in schedule.runs.all()] == [MORNING + 30 * MINUTE]


def test_a_change_that_leaves_the_times(schedule, user):
    """What is due stays due."""
    plan = control.Plan(template=schedule.template, rule=schedule.rule, recipients=["user-123@example.com"])
    with time_machine.travel(MORNING + MINUTE, tick=False):
        control.change(now_of(schedule), plan, caller_of(user))
    at_work(MORNING + MINUTE)
    assert schedule.runs.get().occurrence == MORNING


def test_a_change_loses_nothing_that_was_written_meanwhile(schedule, user):
    seen = ExportSchedule.objects.get(pk=schedule.pk)
    ExportSchedule.objects.update(cursor="20260301T000000.000000Z", unsubscribed=["a@b.example"], failures=2)
    control.change(seen, control.Plan(template=schedule.template, rule="0 7 * * *"), caller_of(user))
    assert now_of(schedule).cursor == "20260301T000000.000000Z"
    assert (schedule.unsubscribed, schedule.failures) == (["a@b.example"], 2)


def test_a_zone_that_is_no_more(schedule, stranger):
    """It stops and says why, and others come."""
    ExportSchedule.objects.update(timezone="Mars/Base")
    with time_machine.travel(MORNING - MINUTE, tick=False):
        other = make_schedule(make_template(stranger, "calls"), "0 * * * *")
    at_work(MORNING)
    assert outcomes(other) == ["succeeded"]
    assert (now_of(schedule).status, schedule.error_code) == ("stopped", "invalid")
    assert "time zone" in schedule.error
    assert outcomes(schedule) == ["failed"]
    assert schedule.mails.get().kind == "stopped"


def test_one_that_cannot_be_done_keeps_no_other_from_it(schedule, stranger, monkeypatch):
    with time_machine.travel(MORNING - MINUTE, tick=False):
        other = make_schedule(make_template(stranger, "calls"), "0 * * * *")

    def opened(found):
        if found == schedule:
            raise RuntimeError
        return open_run(found)

    monkeypatch.setattr("exports.schedules.running.open_run", opened)
    at_work(MORNING)
    assert outcomes(other) == ["succeeded"]


def test_a_waiting_run_is_skipped_by_the_next(schedule, settings):
    settings.EXPORTS = settings.EXPORTS | {"MAX_JOBS_PER_USER": 1}
    at(MORNING)
    for hour in (1, 2):
        at(MORNING + hour * HOUR)
    assert outcomes(schedule) == ["running", "skipped", "waiting"]
    skipped = schedule.runs.all()[1]
    assert (skipped.error_code, skipped.job) == ("too_many_jobs", None)  # what it waited for


def test_more_than_one_look_takes_up(user, settings):
    settings.EXPORTS = settings.EXPORTS | {"MAX_SCHEDULES_PER_USER": None, "MAX_JOBS_PER_USER": None}
    with time_machine.travel(MORNING - MINUTE, tick=False):
        template = make_template(user, "calls")
        seen = make_schedule(template, "0 * * * *")
        ExportSchedule.objects.bulk_create(
            ExportSchedule(user=user.pk, template=template, rule="0 * * * *", next_run_at=seen.next_run_at)
            for _ in range(120)
        )
    with time_machine.travel(MORNING, tick=False):
        assert [run_due(), run_due(), run_due()] == [100, 21, 0]
    assert ExportJob.objects.count() == ScheduleRun.objects.count() == 121


def test_limits(user, settings):
    settings.EXPORTS = settings.EXPORTS | {"MAX_SCHEDULES_PER_USER": 1}
    template = make_template(user, "calls")
    make_schedule(template, "0 6 * * *")
    with pytest.raises(InvalidParameters, match="1 schedules"):
        make_schedule(template, "0 7 * * *")


def test_the_stranger(schedule, stranger):
    assert not control.own_schedules(caller_of(stranger)).exists()
    assert not control.reachable_schedules(stranger).exists()
    with pytest.raises(ScheduleNotFound):
        control.own_schedule(schedule.pk, caller_of(stranger))


def test_nothing_to_do(schedule, django_assert_num_queries):
    with time_machine.travel(MORNING - dt.timedelta(seconds=1)), django_assert_num_queries(2):
        run_due()
