"""What is deleted just as a job ends: it has its file all the same, and nothing refers to what is gone."""

from collections.abc import Callable

import pytest
import time_machine
from django.db import IntegrityError, connection

from exports import announcing
from exports.jobs import claims, settling
from exports.models import ExportJob, ExportMail, ExportSchedule, Webhook, WebhookDelivery
from exports.notices import control as webhooks
from exports.saved import control as saved
from exports.schedules import control
from tests.engine.background import content, elsewhere
from tests.schedules.made import (
    MINUTE,
    MORNING,
    at,
    caller,
    make_files,
    make_schedule,
    make_template,
    now_of,
)

pytestmark = [
    pytest.mark.postgresql,  # who writes on SQLite is alone
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("calls"),
]


def as_it_ends(monkeypatch: pytest.MonkeyPatch, name: str, do: Callable[[], object]) -> None:
    """That is done by another process right before that part of the end, once."""
    real, pending = getattr(announcing, name), [do]

    def part(*args):
        if pending:
            elsewhere(pending.pop())
        return real(*args)

    monkeypatch.setattr(announcing, name, part)


@pytest.mark.parametrize(
    ("what", "part"),
    [
        ("schedule", "_run_of"),  # from then on it is locked
        ("template", "_run_of"),
        ("webhook", "_run_of"),
        ("webhook", "_tell_recipients"),
        ("webhook", "_tell_webhooks"),
    ],
)
def test_it_works(user, monkeypatch, what, part):
    user.email = "user-123@example.com"
    user.save()
    webhook = webhooks.create(caller(user), "https://hooks.example.com/")
    with time_machine.travel(MORNING - MINUTE, tick=False):
        template = make_template(user, "calls", "since=last run")
        schedule = make_schedule(template, recipients=[user.email])
    at(MORNING)
    if what == "template":  # one that jobs refer to waits for their end
        ExportJob.objects.update(template=None)
    deletions = {
        "schedule": lambda: control.delete(schedule),
        "template": lambda: saved.delete(template),
        "webhook": lambda: webhooks.delete(webhook),
    }
    as_it_ends(monkeypatch, part, deletions[what])
    make_files(MORNING)
    job = ExportJob.objects.get()
    assert (job.status, job.error) == ("succeeded", "")
    assert content(job)
    assert ExportMail.objects.count() == 1
    assert Webhook.objects.count() == (what != "webhook")
    assert ExportSchedule.objects.count() == (what != "schedule")


@pytest.mark.parametrize("way", [settling, claims], ids=["succeeds", "fails"])
def test_a_row_that_is_gone_at_the_very_end(user, monkeypatch, way, settings):
    """Whatever it was: the end is written once more, without it."""
    real, failures = way.job_ended, [1, 2]

    def job_ended(job_id):
        real(job_id)
        if failures:
            failures.pop()
            raise IntegrityError

    monkeypatch.setattr(way, "job_ended", job_ended)
    if way is claims:
        settings.EXPORTS = settings.EXPORTS | {"MAX_FILE_BYTES": 1}
    with time_machine.travel(MORNING, tick=False):
        job = saved.run(make_template(user, "calls"), caller(user), [user.email or "user-123@example.com"])
    make_files(MORNING)
    assert now_of(job).status == ("succeeded" if way is settling else "failed")
    assert (failures, ExportMail.objects.count()) == ([], 1)


def test_what_is_written_while_one_looks_for_what_to_delete(user):
    """A message that comes meanwhile goes with its webhook."""
    webhook = webhooks.create(caller(user), "https://hooks.example.com/")
    pending = [lambda: webhooks.test(webhook)]

    def execute(run, sql, *args):
        if pending and sql.startswith('DELETE FROM "exports_webhook" '):
            elsewhere(pending.pop())  # its messages have been deleted by then
        return run(sql, *args)

    with connection.execute_wrapper(execute):
        webhooks.delete(webhook)
    assert pending == []
    assert not Webhook.objects.exists()
    assert not WebhookDelivery.objects.exists()
