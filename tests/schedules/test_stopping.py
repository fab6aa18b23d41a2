"""A schedule that fails again and again stops by itself, and its user is told once."""

import pytest
import time_machine
from django.core import mail

from exports.jobs.control import cancel, retry
from exports.models import ExportJob, ExportMail, ExportSchedule
from exports.schedules import control
from tests.schedules.made import (
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

# Whether it may, and who is told, is decided in Python; how it is claimed has tests on each database.
pytestmark = [pytest.mark.sqlite, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("calls")]


@pytest.fixture
def broken(storage) -> list[str]:
    """It takes no file until this is cleared."""
    storage.append("down")
    return storage


@pytest.fixture
def schedule(user, settings) -> ExportSchedule:
    settings.EXPORTS = settings.EXPORTS | {"SCHEDULE_FAILURES": 3, "JOB_ATTEMPTS": 1}
    with time_machine.travel(MORNING - MINUTE, tick=False):
        return make_schedule(make_template(user, "calls"), "0 * * * *")


def test_it_works(schedule, broken):
    for hour in range(5):
        at_work(MORNING + hour * HOUR)
    assert outcomes(schedule) == ["failed"] * 3
    assert (now_of(schedule).status, schedule.next_run_at) == ("stopped", None)
    assert (schedule.failures, schedule.error_code) == (3, "storage_failed")
    assert control.upcoming(schedule) == []
    (message,) = mail.outbox
    assert message.to == ["user-123@example.com"]
    assert message.subject == "A schedule of yours has stopped"
    assert schedule.error in message.body
    assert f"https://exports.example.com/exports/schedules/{schedule.pk}" in message.body


def test_resumed(schedule, broken):
    """It begins to count again, and the next stop is told too."""
    for hour in range(3):
        at_work(MORNING + hour * HOUR)
    with time_machine.travel(MORNING + 4 * HOUR + MINUTE, tick=False):
        control.resume(now_of(schedule))
    assert (now_of(schedule).status, schedule.failures, schedule.error) == ("active", 0, "")
    for hour in range(4, 9):
        at_work(MORNING + hour * HOUR)
    assert outcomes(schedule) == ["failed"] * 6
    assert now_of(schedule).status == "stopped"
    assert len(mail.outbox) == ExportMail.objects.count() == 2


def test_only_one_after_the_other(schedule, broken):
    for hour in range(6):
        broken[:] = [] if hour == 2 else [True]
        at_work(MORNING + hour * HOUR)
    assert outcomes(schedule) == ["failed", "failed", "succeeded", "failed", "failed", "failed"]
    assert now_of(schedule).failures == 3


def test_by_hand(schedule, broken):
    """Whoever asks sees that it has failed; it is no reason to stop, and a success none to start again."""
    for minute in range(4):
        with time_machine.travel(MORNING - HOUR + minute * MINUTE, tick=False):
            control.run_now(schedule, caller(_Key(schedule.user)))
        make_files(MORNING - HOUR + minute * MINUTE)
    assert outcomes(schedule) == ["failed"] * 4
    assert (now_of(schedule).status, schedule.failures) == ("active", 0)
    for hour in range(3):
        at_work(MORNING + hour * HOUR)
    broken.clear()
    with time_machine.travel(MORNING + 3 * HOUR, tick=False):
        control.run_now(schedule, caller(_Key(schedule.user)))
    make_files(MORNING + 3 * HOUR)
    assert outcomes(schedule)[-1] == "succeeded"
    assert (now_of(schedule).status, schedule.error_code) == ("stopped", "storage_failed")


def test_asked_for_again(schedule, broken, user):
    """A job that fails once more is one failure."""
    at_work(MORNING)
    job = ExportJob.objects.get()
    for minute in range(4):
        with time_machine.travel(MORNING + minute * MINUTE, tick=False):
            retry(job, caller(user))
        make_files(MORNING + minute * MINUTE)
        assert now_of(job).status == "failed"
    assert (now_of(schedule).status, schedule.failures) == ("active", 1)


def test_cancelled(schedule):
    """It is no failure: somebody has said so."""
    for hour in range(4):
        at(MORNING + hour * HOUR)
        cancel(ExportJob.objects.get(status="queued"))
    assert outcomes(schedule) == ["cancelled"] * 4
    assert (now_of(schedule).status, schedule.failures) == ("active", 0)


def test_what_nobody_expected(schedule, monkeypatch):
    """An error of a declaration's own code fails the run, as it fails a job: and says no more than that."""

    def fails(self):
        raise RuntimeError("secret")

    monkeypatch.setattr("exports.contrib.telephony.exports.CallExport.get_queryset", fails)
    at_work(MORNING)
    assert outcomes(schedule) == ["failed"]
    assert now_of(schedule).error_code == "export_failed"
    assert "secret" not in schedule.error


def test_the_name_of_a_template_that_is_not_theirs_any_more(user, stranger, broken, schedule):
    with time_machine.travel(MORNING - MINUTE, tick=False):
        template = make_template(user, "calls", name="Quarterly secrets", shared_with=[stranger.pk])
        theirs = make_schedule(template, "0 * * * *", user=stranger)
    change_template(template, user, shared_with=[])
    for hour in range(3):
        at_work(MORNING + hour * HOUR)
    assert now_of(theirs).status == "stopped"
    (message,) = [message for message in mail.outbox if message.to == ["user-456@example.com"]]
    assert "Quarterly secrets" not in message.body
    (own,) = [message for message in mail.outbox if message.to == ["user-123@example.com"]]
    assert "All" in own.body


def test_a_user_without_an_address(schedule, broken, user):
    user.email = ""
    user.save()
    for hour in range(3):
        at_work(MORNING + hour * HOUR)
    assert now_of(schedule).status == "stopped"
    assert mail.outbox == []
    assert schedule.mails.get().status == "dropped"


class _Key:
    def __init__(self, pk):
        self.pk = pk
