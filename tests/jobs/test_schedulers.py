"""Schedulers as real processes: several at once, killed, stopped, and before a mail server that hangs."""

import os
import random
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db.models import F
from django.http import QueryDict
from django.utils.timezone import now

from exports.jobs.submitting import Purpose
from exports.jobs.submitting import submit as submit_for
from exports.models import ExportJob, ExportMail, ExportSchedule, ScheduleRun
from tests.engine.background import caller_of, state
from tests.jobs.sites import Site, make_calls
from tests.jobs.workers import Worker
from tests.notices.smtp import MailServer, running_mail_server
from tests.schedules.made import DAY, MINUTE, make_template

SEED = 20261126
pytestmark = pytest.mark.parametrize("way", [("database", "folder")], indirect=True, ids=["database-folder"])


def make_schedules(users: list, each: int) -> None:
    """So many of each user's, none of which comes by itself while a test runs."""
    for user in users:
        template = make_template(user, "calls")
        ExportSchedule.objects.bulk_create(
            ExportSchedule(user=user.pk, template=template, rule="0 0 29 2 *", next_run_at=now() + 400 * DAY)
            for _ in range(each)
        )


def come(number: int) -> None:
    """All schedules are due at once, each time at another moment."""
    ExportSchedule.objects.update(next_run_at=now().replace(microsecond=number) - MINUTE)


def all_have_come() -> bool:
    return not (
        ExportSchedule.objects.filter(next_run_at__lte=now()).exists()
        or ScheduleRun.objects.filter(outcome="waiting").exists()
    )


def assert_one_each(times: int) -> None:
    """Each schedule has come so often, and each time with one job."""
    runs = list(ScheduleRun.objects.values_list("schedule", "occurrence", "job"))
    schedules = ExportSchedule.objects.count()
    assert len(runs) == len({run[:2] for run in runs}) == times * schedules
    assert None not in {job for *_run, job in runs}
    assert len({job for *_run, job in runs}) == ExportJob.objects.count() == len(runs)


@pytest.mark.postgresql
def test_it_works(site, user, stranger):
    """Three at once, forty schedules due at the same moment, five times."""
    make_schedules([user, stranger], 20)
    for _ in range(3):
        site.start_scheduler()
    for number in range(5):
        come(number)
        site.until(all_have_come)
    site.stop()
    assert_one_each(5)
    assert set(ScheduleRun.objects.values_list("outcome", "attempts")) == {("running", 1)}


def survive(site: Site, users: list, kills: int) -> None:
    make_schedules(users, 10)
    moments = random.Random(SEED)
    schedulers = [site.start_scheduler() for _ in range(2)]
    for number in range(kills):
        come(number)
        time.sleep(moments.uniform(0, 1.1))  # they look every second
        moments.choice(schedulers).kill()
        site.supervise()
        site.until(lambda: take_up_at_once() or all_have_come())
    site.stop()
    assert_one_each(kills)
    assert set(ScheduleRun.objects.values_list("outcome", flat=True)) == {"running"}


def take_up_at_once() -> None:
    """What a killed one had in hand waits for half a minute otherwise."""
    waiting = ScheduleRun.objects.filter(outcome="waiting", due_at__gt=now() + MINUTE / 4)
    waiting.update(due_at=now())


@pytest.mark.postgresql
def test_killed_at_random_moments(site, user, stranger):
    survive(site, [user, stranger], kills=10)


@pytest.mark.long
@pytest.mark.postgresql
def test_killed_a_hundred_times(site, user, stranger):
    survive(site, [user, stranger], kills=100)


@pytest.mark.postgresql
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_stopped(site, user, number):
    scheduler = site.start_scheduler()
    scheduler.send(number)
    assert scheduler.process.wait(15) == 0
    assert scheduler.log.count("has stopped") == 1
    assert "Traceback" not in scheduler.log


def make_mail(user) -> ExportMail:
    """One that is due, about a job that has ended."""
    user.email = "a@example.com"
    user.save()
    job, _new = submit_for("calls", caller_of(user), QueryDict(), Purpose(recipients=[user.email]))
    ExportJob.objects.filter(pk=job.pk).update(status="failed", error="No.")
    return ExportMail.objects.create(
        kind="job", user=user.pk, recipient=user.email, job=job, event=str(job.pk)
    )


@contextmanager
def silent_server() -> Iterator[int]:
    """A port at which one is let in, and never answered."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.mark.postgresql
def test_a_mail_server_that_hangs(site, user):
    """Schedules come all the same."""
    make_schedules([user], 1)
    with silent_server() as port:
        for _ in range(3):
            make_mail(user)
        site.start_scheduler(EMAIL_URL=f"smtp://127.0.0.1:{port}")
        site.until(lambda: ExportMail.objects.filter(status="sending").count() == 2)
        come(1)
        site.until(all_have_come)
        assert ExportMail.objects.filter(status="sending").count() == 2
    assert ScheduleRun.objects.get().outcome == "running"


class Killing:
    """Kills the sender at the moment in which it has sent a mail, and does not know yet."""

    def __init__(self, server: MailServer, scheduler: Worker) -> None:
        self.server, self.scheduler, self.kills = server, scheduler, 0
        self.real = server.mailbox.handle_DATA
        server.mailbox.handle_DATA = self.handle_data

    async def handle_data(self, *args) -> str:
        answer = await self.real(*args)
        if not self.kills:
            self.kills += 1
            os.killpg(self.scheduler.process.pid, signal.SIGKILL)
        return answer


@pytest.mark.postgresql
def test_killed_between_sending_and_recording(site, user):
    """The mail is sent again, and counted: nobody knows whether the first was."""
    mail = make_mail(user)
    with running_mail_server() as server:
        url = f"smtp://127.0.0.1:{server.port}"
        ExportMail.objects.update(due_at=now() + DAY)
        scheduler = site.start_scheduler(EMAIL_URL=url)
        Killing(server, scheduler)
        ExportMail.objects.update(due_at=now())
        site.until(lambda: not scheduler.lives)
        assert state(mail) == "sending"
        scheduler.restart()
        ExportMail.objects.update(due_at=now())  # else once its time is over
        site.until(lambda: state(mail) == "sent")
        assert (mail.attempts, mail.unsure) == (2, 1)
        assert server.mailbox.recipients == ["a@example.com"] * 2
        first, second = server.mailbox.mails
        assert first["Message-ID"] == second["Message-ID"]


@pytest.mark.sqlite
def test_sqlite(site, user, stranger):
    """One scheduler, one worker and a web process: everybody waits for their turn to write."""
    for owner in (user, stranger):
        make_calls(owner, 50)
    make_schedules([user, stranger], 5)
    worker, scheduler = site.start(), site.start_scheduler()
    for number in range(4):
        come(number)
        site.until(all_have_come)
        ExportSchedule.objects.update(failures=F("failures"))  # as pages write
    site.until_ended()
    site.until(lambda: not ScheduleRun.objects.exclude(outcome="succeeded").exists())
    site.stop()
    assert_one_each(4)
    assert "locked" not in worker.log + scheduler.log
    assert set(ScheduleRun.objects.values_list("row_count", flat=True)) == {50}
