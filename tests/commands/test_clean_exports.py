"""`manage.py clean_exports`: what is lost is closed, what is over is gone, and what is in use stays."""

import datetime as dt
import uuid

import pytest
from django.apps import apps
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db import DatabaseError
from django.utils import timezone

from exports.exceptions import StorageFailed
from exports.jobs import storage
from exports.models import (
    ExportJob,
    ExportLog,
    ExportMail,
    ExportSchedule,
    ExportTemplate,
    ScheduleRun,
    TemplateCursor,
    Webhook,
    WebhookDelivery,
)
from tests.commands.conftest import run

pytestmark = pytest.mark.django_db

Status = ExportJob.Status
NOTHING = (
    "Lost records closed: 0. Jobs taken back: 0, enqueued again: 0. Files expired: 0, without a job: 0. "
    "Removed: 0 jobs of nobody, 0 old jobs, 0 old tasks, 0 old runs, 0 old mails and webhook messages, 0 "
    "templates, cursors, schedules and webhooks of nobody.\n"
)


def ago(**span: float) -> dt.datetime:
    return timezone.now() - dt.timedelta(**span)


@pytest.fixture
def files():
    """The storage of the files, left empty."""
    kept = storages["exports"]
    yield kept
    for name in kept.listdir("")[1]:
        kept.delete(name)


@pytest.fixture
def make_job(user, files):
    """make_job("failed", …): a job of the user's; of one that has succeeded, the file too."""

    def make(status: str, **values: object) -> ExportJob:
        described = {"user": user.pk, "tenant": user.pk, "dataset": "calls", "format": "csv", "door": "api"}
        described |= {"fingerprint": uuid.uuid4().hex, "token": 1, "finished_at": timezone.now()}
        job = ExportJob(status=status, **described | values)
        if status == Status.SUCCEEDED:
            job.stored_as = files.save(storage.name_of(job.pk, 1), ContentFile(b"id\r\n"))
        job.save()
        return job

    return make


def statuses() -> dict[uuid.UUID, str]:
    return dict(ExportJob.objects.values_list("pk", "status"))


def test_it_works(make_job, user, files):
    lost = make_job("running", leased_until=ago(seconds=1), attempts=3)
    again = make_job("running", leased_until=ago(seconds=1), attempts=1)
    expired = make_job("succeeded", expires_at=ago(seconds=1))
    kept = make_job("succeeded", expires_at=ago(days=-1))
    living = make_job("running", leased_until=ago(days=-1), attempts=1)
    make_job("failed", finished_at=ago(days=31))
    recent = make_job("cancelled", finished_at=ago(days=29))
    of_nobody = make_job("succeeded", user="gone")
    part = files.save(f"{storage.name_of(living.pk, 1)}.part", ContentFile(b"id"))
    files.save(storage.name_of(uuid.uuid4(), 3), ContentFile(b"id"))
    files.save("of-somebody-else.csv", ContentFile(b"id"))
    ExportLog.objects.create(
        user=user.pk,
        tenant=user.pk,
        export_type="calls",
        door="job",
        outcome="running",
        timestamp=ago(minutes=2),
    )
    done = run("clean_exports")
    assert (done.code, done.err) == (0, "")
    assert done.out == (
        "Lost records closed: 1. Jobs taken back: 2, enqueued again: 0. Files expired: 1, without a job: 1. "
        "Removed: 1 jobs of nobody, 1 old jobs, 0 old tasks, 0 old runs, 0 old mails and webhook messages, 0 "
        "templates, cursors, schedules and webhooks of nobody.\n"
    )
    assert ExportLog.objects.get().outcome == "failed"
    assert statuses() == {
        lost.pk: "failed",
        again.pk: "queued",
        expired.pk: "expired",
        kept.pk: "succeeded",
        living.pk: "running",
        recent.pk: "cancelled",
    }
    assert set(files.listdir("")[1]) == {kept.stored_as, part, "of-somebody-else.csv"}
    assert not files.exists(of_nobody.stored_as)
    assert run("clean_exports").out == NOTHING


def test_days_say_what_is_old(make_job):
    make_job("failed", finished_at=ago(days=3))
    kept = make_job("succeeded", finished_at=ago(days=900), expires_at=None)
    assert ", 0 old jobs" in run("clean_exports", "--days=4").out
    assert ", 1 old jobs" in run("clean_exports", "--days=2").out
    assert statuses() == {kept.pk: "succeeded"}


@pytest.mark.parametrize("days", ["", "-1", "1.5", "soon", "36501", "9" * 400, "٣"])
def test_a_number_of_days_that_is_none(make_job, days):
    make_job("failed", finished_at=ago(days=900))
    done = run("clean_exports", f"--days={days}")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("--days: Give a number of days")
    assert len(statuses()) == 1


def test_nothing_is_said_where_nobody_wants_to_hear(make_job):
    assert run("clean_exports", "--verbosity=0").out == ""


def test_without_jobs_records_are_closed_all_the_same(settings, make_job):
    job = make_job("succeeded", expires_at=ago(days=1))
    settings.EXPORTS = settings.EXPORTS | {"STORAGE": None}
    assert run("clean_exports").out == NOTHING
    assert statuses() == {job.pk: "succeeded"}


def test_a_storage_that_is_gone_ends_it_last_of_all(make_job, monkeypatch):
    def fails() -> list[str]:
        raise StorageFailed

    make_job("failed", finished_at=ago(days=31))
    monkeypatch.setattr(storage, "stored_names", fails)
    done = run("clean_exports")
    assert done.code == 1
    assert done.err == str(StorageFailed().detail)
    assert ", 1 old jobs" in done.out
    assert statuses() == {}


def test_a_database_that_fails_is_told(monkeypatch):
    def fails(*args: object) -> int:
        raise DatabaseError("no connection")

    monkeypatch.setattr("exports.management.commands.clean_exports.close_lost_records", fails)
    done = run("clean_exports")
    assert (done.code, done.err) == (1, "The database failed: no connection")


def test_tasks_of_ours_that_are_over_go_too(db):
    model = apps.get_model("django_tasks_database", "DBTaskResult")

    def make(status: str, days: float, path: str = "exports.jobs.tasks.run_export") -> uuid.UUID:
        times = {"started_at": ago(days=days)}
        if status != "RUNNING":
            times["finished_at"] = ago(days=days)
        described = {"args_kwargs": {"args": [], "kwargs": {}}, "run_after": ago(days=days)}
        return model.objects.create(
            status=status, task_path=path, backend_name="default", **described, **times
        ).pk

    kept = {
        make("SUCCESSFUL", 29),
        make("RUNNING", 29),
        make("READY", 99),
        make("SUCCESSFUL", 31, "somebody.elses.task"),
    }
    for status in ("SUCCESSFUL", "FAILED", "RUNNING"):
        make(status, 31)
    assert ", 3 old tasks" in run("clean_exports").out
    assert set(model.objects.values_list("pk", flat=True)) == kept
    # A task that runs may take its time: its worker counts as dead after a week at the earliest.
    at_work = make("RUNNING", 6)
    assert ", 2 old tasks" in run("clean_exports", "--days=0").out
    assert model.objects.filter(pk=at_work).exists()


# --- Schedules, mails and webhooks --------------------------------------------------------------------------


@pytest.fixture
def saved(user):
    """saved(user): a template, its schedule with a run, and a webhook of theirs."""

    def make(owner: str) -> tuple[ExportTemplate, ExportSchedule, Webhook]:
        template = ExportTemplate.objects.create(user=owner, name="Calls", dataset="calls")
        schedule = ExportSchedule.objects.create(user=owner, template=template, rule="0 6 * * *")
        webhook = Webhook.objects.create(user=owner, url="https://example.com/hook")
        return template, schedule, webhook

    return make


def test_what_is_nobodys_goes(saved, user, stranger, settings):
    """With and without jobs: a template needs none."""
    settings.EXPORTS = settings.EXPORTS | {"STORAGE": None}
    template, schedule, webhook = saved(user.pk)
    theirs, their_schedule, _their_webhook = saved("gone")
    for key in ("gone", stranger.pk):
        template.shares.create(user=key)
    TemplateCursor.objects.create(template=template, user="gone", cursor="2026")
    other = ExportSchedule.objects.create(user=user.pk, template=theirs, rule="0 7 * * *")
    ScheduleRun.objects.create(schedule=their_schedule, occurrence=ago(days=1))
    done = run("clean_exports")
    assert (done.code, done.err) == (0, "")
    assert ", 4 templates, cursors, schedules and webhooks of nobody." in done.out
    assert list(ExportTemplate.objects.all()) == [template]
    assert set(ExportSchedule.objects.all()) == {schedule, other}
    assert list(Webhook.objects.all()) == [webhook]
    # What is left of shares tells nobody which ids there are.
    assert [share.user for share in template.shares.all()] == ["gone", stranger.pk]
    assert not TemplateCursor.objects.exists()
    other.refresh_from_db()
    assert other.template is None
    assert run("clean_exports").out == NOTHING


def test_old_runs_go_and_those_that_wait_stay(saved, user):
    _template, schedule, _webhook = saved(user.pk)

    def make(days: int, outcome: str, **values: object) -> int:
        described = {"schedule": schedule, "occurrence": ago(days=days), "outcome": outcome}
        return ScheduleRun.objects.create(**described | values).pk

    kept = {
        make(91, "waiting"),
        make(92, "running"),
        make(89, "succeeded", finished_at=ago(days=89)),
    }
    for days, outcome in ((93, "succeeded"), (94, "failed"), (95, "skipped")):
        make(days, outcome, finished_at=ago(days=days))
    assert ", 3 old runs" in run("clean_exports").out
    assert set(ScheduleRun.objects.values_list("pk", flat=True)) == kept
    # What is old of jobs and mails is another thing: somebody reads what became of a monthly schedule.
    assert ", 0 old runs" in run("clean_exports", "--days=0").out


def test_old_messages_go_and_those_to_be_sent_stay(saved, user, make_job):
    _template, _schedule, webhook = saved(user.pk)
    job = make_job("succeeded", expires_at=None)
    kept = set()
    for number, (status, days) in enumerate(
        [("sent", 31), ("failed", 31), ("dropped", 31), ("sent", 29), ("waiting", 31), ("sending", 31)]
    ):
        told = {"status": status, "created_at": ago(days=days), "event": f"{number}"}
        mail = ExportMail.objects.create(kind="job", user=user.pk, recipient="a@example.com", job=job, **told)
        delivery = WebhookDelivery.objects.create(webhook=webhook, payload="{}", **told)
        if number > 2:
            kept |= {mail.pk, delivery.pk}
    assert ", 6 old mails and webhook messages" in run("clean_exports").out
    left = [*ExportMail.objects.all(), *WebhookDelivery.objects.all()]
    assert {message.pk for message in left} == kept
    assert ", 2 old mails and webhook messages" in run("clean_exports", "--days=0").out


def test_an_old_job_counts_once_whatever_goes_with_it(make_job, user):
    job = make_job("failed", finished_at=ago(days=31))
    for recipient in ("a@example.com", "b@example.com"):
        ExportMail.objects.create(kind="job", user=user.pk, recipient=recipient, job=job, event="x")
    assert ", 1 old jobs" in run("clean_exports").out
    assert not ExportMail.objects.exists()
