"""The process that looks after schedules, mails and webhooks: it goes on, it ends, and it asks for little."""

import threading

import pytest
import time_machine
from django.core.management import call_command
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext

from exports import scheduler
from exports.models import ExportMail
from exports.notices import outbox
from exports.schedules.running import run_due
from tests.schedules.made import at, make_schedule, make_template, now_of, outcomes

pytestmark = pytest.mark.django_db(transaction=True)


def once_stopped(work, stopping: threading.Event) -> bool:
    """Runs it in a thread of its own, which has to end by itself."""
    ended: list[bool] = []
    thread = threading.Thread(target=lambda: ended.append(work()), daemon=True)
    thread.start()
    thread.join(20)
    assert not thread.is_alive()
    assert stopping.is_set()
    return ended[0]


def test_it_works(user, monkeypatch):
    """What fails is tried again a moment later, and the others are not kept from theirs."""
    monkeypatch.setattr(scheduler, "LOOK_SECONDS", 0)
    stopping, looked, done = threading.Event(), threading.Event(), []

    def failing(stopped):
        done.append("failing")
        if done.count("failing") < 3:
            raise OperationalError
        looked.wait(10)
        stopping.set()
        return 0

    def other(stopped):
        done.append("other")
        looked.set()
        return 0

    monkeypatch.setattr(scheduler, "TASKS", {failing: 1, other: 2})
    assert once_stopped(lambda: scheduler.run_forever(stopping), stopping)
    assert done.count("failing") == 3
    assert "other" in done


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_thread_that_ends_by_itself(monkeypatch):
    """It ends the process: a supervisor starts another, and none would see one that does half of its work."""

    def ending(stopped):
        raise SystemExit

    monkeypatch.setattr(scheduler, "TASKS", {ending: 1})
    stopping = threading.Event()
    assert not once_stopped(lambda: scheduler.run_forever(stopping), stopping)


def test_one_that_hangs(monkeypatch):
    """It is not waited for for ever."""
    monkeypatch.setattr(scheduler, "GRACE_SECONDS", 0.2)
    stopping, released = threading.Event(), threading.Event()

    def hanging(stopped):
        stopping.set()
        released.wait()
        return 0

    monkeypatch.setattr(scheduler, "TASKS", {hanging: 1})
    once_stopped(lambda: scheduler.run_forever(stopping), stopping)
    released.set()


def test_stopped_between_two_messages(user):
    """What is at work ends, and nothing more is taken up."""
    for number in range(3):
        ExportMail.objects.create(kind="stopped", user=user.pk, event=str(number))
    stopping = threading.Event()
    taken = outbox.taken(ExportMail, stopping.is_set)
    next(taken)
    stopping.set()
    assert list(taken) == []
    assert run_due(stopping.is_set) == 0
    assert sorted(ExportMail.objects.values_list("status", flat=True)) == ["sending", "waiting", "waiting"]


def test_stopped_between_two_schedules(user):
    schedule = make_schedule(make_template(user, "calls"))
    moment = now_of(schedule).next_run_at
    assert at(moment) == 1
    with time_machine.travel(schedule.next_run_at + (schedule.next_run_at - moment)):
        assert run_due(lambda: True) == 0
    assert outcomes(schedule) == ["running"]


def test_once(user, settings):
    """As from cron: all that is due, and no more."""
    for number in range(105):
        ExportMail.objects.create(kind="stopped", user="nobody", event=str(number))
    call_command("export_scheduler", "--once")
    assert set(ExportMail.objects.values_list("status", flat=True)) == {"dropped"}


@pytest.mark.postgresql
def test_nothing_to_do(user):
    """One query for each kind of work, which an index answers."""
    make_schedule(make_template(user, "calls"))
    with CaptureQueriesContext(connection) as asked:
        scheduler.run_once()
    wanted = ["exportschedule_next", "schedulerun_waiting", "exportmail_due", "webhookdelivery_due"]
    assert len(asked) == len(wanted)
    with connection.cursor() as cursor:
        cursor.execute("SET enable_seqscan = off")  # of tables of a few rows
        try:
            for query, index in zip(asked.captured_queries, wanted, strict=True):
                cursor.execute(f"EXPLAIN {query['sql']}")
                assert any(index in line for (line,) in cursor.fetchall()), query["sql"]
        finally:
            cursor.execute("RESET enable_seqscan")
