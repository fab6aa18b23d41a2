"""Runs that go on where the last one ended: by successes alone, no row twice and none lost."""

import random

import pytest
import time_machine
from django.http import QueryDict

from exports.contrib.telephony.models import CallLog
from exports.exceptions import EarlierRunning, InvalidParameters
from exports.jobs import control as jobs
from exports.jobs.submitting import submit
from exports.models import ExportJob, ExportSchedule, TemplateCursor
from exports.saved import control as saved
from exports.schedules import control
from tests.engine.background import content
from tests.schedules.conftest import add_call
from tests.schedules.made import (
    DAY,
    HOUR,
    MINUTE,
    MORNING,
    at,
    at_work,
    caller,
    change_template,
    make_files,
    make_schedule,
    make_template,
    now_of,
    outcomes,
)

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("calls")]


@pytest.fixture(autouse=True)
def _one_attempt(settings) -> None:
    settings.EXPORTS = settings.EXPORTS | {"JOB_ATTEMPTS": 1, "SCHEDULE_FAILURES": 100}


@pytest.fixture
def schedule(user) -> ExportSchedule:
    with time_machine.travel(MORNING - MINUTE, tick=False):
        return make_schedule(make_template(user, "calls", "columns=id"), "0 * * * *", incremental=True)


def ids(job: ExportJob) -> list[str]:
    return content(job).decode().split()[1:]


def counts(schedule: ExportSchedule) -> list[int | None]:
    return list(schedule.runs.order_by("occurrence").values_list("row_count", flat=True))


def test_it_works(schedule, user, stranger):
    at_work(MORNING)
    first = now_of(schedule).cursor
    assert first == schedule.runs.get().job.cursor != ""
    at_work(MORNING + HOUR)
    add_call(user, MORNING + HOUR + MINUTE)
    add_call(stranger, MORNING + HOUR + MINUTE)
    at_work(MORNING + 2 * HOUR)
    assert counts(schedule) == [3, 0, 1]
    assert now_of(schedule).cursor > first


def test_a_failure(schedule, user, storage):
    storage.append("down")
    at_work(MORNING)
    assert now_of(schedule).cursor == ""
    storage.clear()
    at_work(MORNING + HOUR)
    assert outcomes(schedule) == ["failed", "succeeded"]
    assert counts(schedule) == [None, 3]


def test_cancelled(schedule, user):
    at(MORNING)
    jobs.cancel(ExportJob.objects.get())
    assert (outcomes(schedule), now_of(schedule).cursor) == (["cancelled"], "")
    at_work(MORNING + HOUR)
    assert counts(schedule) == [0, 3]


def test_an_old_job_that_is_asked_for_again(schedule, user, storage):
    """It never moves the cursor back."""
    at_work(MORNING)
    storage.append("down")
    at_work(MORNING + HOUR)
    storage.clear()
    add_call(user, MORNING + HOUR + MINUTE)
    at_work(MORNING + 2 * HOUR)
    kept = now_of(schedule).cursor
    old = schedule.runs.get(outcome="failed").job
    with time_machine.travel(MORNING + HOUR + 2 * MINUTE, tick=False):  # as a clock that is wrong
        jobs.retry(old, caller(user))
    make_files(MORNING + HOUR + 2 * MINUTE)
    assert outcomes(schedule) == ["succeeded"] * 3
    assert now_of(schedule).cursor == kept
    at_work(MORNING + 3 * HOUR)
    assert counts(schedule)[-1] == 0


def test_one_that_is_asked_for_again_is_waited_for(schedule, user, storage):
    """Both would have the same rows."""
    storage.append("down")
    at_work(MORNING)
    storage.clear()
    with time_machine.travel(MORNING + 50 * MINUTE, tick=False):
        jobs.retry(ExportJob.objects.get(), caller(user))
    at(MORNING + HOUR)
    assert schedule.runs.first().error_code == "earlier_running"
    make_files(MORNING + HOUR)
    at_work(MORNING + HOUR + MINUTE)
    assert counts(schedule) == [3, 0]


def test_one_that_has_not_ended(schedule, user):
    at(MORNING)
    with time_machine.travel(MORNING + MINUTE), pytest.raises(EarlierRunning):
        control.run_now(schedule, caller(user))
    at(MORNING + HOUR)
    assert outcomes(schedule) == ["running", "waiting"]
    make_files(MORNING + HOUR)
    at_work(MORNING + HOUR + MINUTE)
    assert counts(schedule) == [3, 0]


def test_by_hand(schedule, user):
    """It is a run as others are."""
    with time_machine.travel(MORNING - MINUTE):
        control.run_now(schedule, caller(user))
    make_files(MORNING - MINUTE)
    at_work(MORNING)
    assert counts(schedule) == [3, 0]


def test_another_template(schedule, user):
    """Of its rows nothing was had yet; a job of the other one that ends by then brings nothing forward."""
    at(MORNING)
    with time_machine.travel(MORNING + MINUTE, tick=False):
        other = make_template(user, "calls", "columns=id,startedAt", name="Other")
        plan = control.Plan(template=other, rule=schedule.rule, incremental=True)
        control.change(now_of(schedule), plan, caller(user))
    make_files(MORNING + MINUTE)
    assert (outcomes(schedule), now_of(schedule).cursor) == (["succeeded"], "")
    at_work(MORNING + HOUR)
    assert counts(schedule) == [3, 3]


def test_another_dataset(schedule, user):
    at_work(MORNING)
    at(MORNING + HOUR)
    change_template(schedule.template, user, dataset="agents")
    assert now_of(schedule).cursor == ""
    make_files(MORNING + HOUR)
    assert now_of(schedule).cursor == ""


def test_a_template_that_says_since_the_last_run(user):
    """The schedule goes on by itself, and by its own cursor; runs by hand by another."""
    with time_machine.travel(MORNING - HOUR, tick=False):
        template = make_template(user, "calls", "columns=id&since=last run")
        schedule = make_schedule(template, "0 * * * *")
        first = saved.run(template, caller(user))
    assert first.parameters["since"] == ["start"]
    make_files(MORNING - HOUR)
    assert TemplateCursor.objects.get().cursor == now_of(first).cursor
    at_work(MORNING)
    at_work(MORNING + HOUR)
    assert counts(schedule) == [3, 0]
    with time_machine.travel(MORNING + 2 * HOUR, tick=False):
        second = saved.run(template, caller(user))
    assert second.parameters["since"] == [first.cursor]


def test_of_a_schedule_that_is_no_more(user):
    """Its last job went on from its own cursor: that of runs by hand would leave out what lies between."""
    with time_machine.travel(MORNING - HOUR, tick=False):
        template = make_template(user, "calls", "columns=id&since=last run")
        schedule = make_schedule(template, "0 * * * *")
    at_work(MORNING)
    at(MORNING + HOUR)
    control.delete(schedule)
    make_files(MORNING + HOUR)
    assert ExportJob.objects.filter(status="succeeded").count() == 2
    with time_machine.travel(MORNING + 2 * HOUR, tick=False):
        by_hand = saved.run(template, caller(user))
    assert by_hand.parameters["since"] == ["start"]


def test_another_job_of_the_same_rows(user):
    """One that was asked for otherwise is taken for no run of the template: it brings no cursor forward."""
    with time_machine.travel(MORNING, tick=False):
        template = make_template(user, "calls", "columns=id&since=last run")
        other, _new = submit("calls", caller(user), QueryDict("columns=id&since=start"))
        job = saved.run(template, caller(user))
        assert saved.run(template, caller(user)) == job != other
    make_files(MORNING)
    assert TemplateCursor.objects.get().cursor == now_of(job).cursor


def test_since_when_by_itself(user):
    template = make_template(user, "calls", "since=20260101T000000.000000Z")
    with pytest.raises(InvalidParameters) as caught:
        make_schedule(template, "0 * * * *", incremental=True)
    assert caught.value.errors[0].attr == "incremental"


def test_a_dataset_without_a_time_of_creation(user):
    with pytest.raises(InvalidParameters) as caught:
        make_schedule(make_template(user, "orders"), "0 * * * *", incremental=True)
    assert caught.value.errors[0].attr == "incremental"


def test_many_runs(schedule, user, storage):
    """Some fail, some are cancelled, some are missed, some are by hand: each row is in one file."""
    chance = random.Random(20261126)
    for hour in range(40):
        for _ in range(chance.randrange(3)):  # committed by now: SINCE_MARGIN after they were created at most
            add_call(user, MORNING + hour * HOUR - chance.randrange(290) * MINUTE / 60)
        moment, what = MORNING + hour * HOUR, chance.randrange(6)
        if what == 0:
            continue  # nobody looks
        storage[:] = ["down"] if what == 1 else []
        if what == 2:
            at(moment)
            for job in ExportJob.objects.filter(status="queued"):
                jobs.cancel(job)
        elif what == 3:
            at_work(moment)
            with time_machine.travel(moment + 30 * MINUTE):
                control.run_now(schedule, caller(user))
            make_files(moment + 30 * MINUTE)
        else:
            at_work(moment)
    storage.clear()
    at_work(MORNING + 2 * DAY)
    files = [ids(job) for job in ExportJob.objects.filter(status="succeeded")]
    found = [found for file in files for found in file]
    assert {"failed", "cancelled", "succeeded"} <= set(outcomes(schedule))
    assert schedule.runs.filter(missed_since__isnull=False).exists()
    assert len(found) == len(set(found))
    assert sorted(found) == sorted(str(call.pk) for call in CallLog.objects.filter(user=user))
