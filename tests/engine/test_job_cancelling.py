"""Who has asked for a job may end it: while it waits, while it runs, and at the last moment."""

import time

import pytest
from django.db import OperationalError

from exports.exceptions import JobNotFound, WrongState
from exports.jobs import claims, control, heartbeat, sweeping
from exports.models import ExportJob, ExportLog
from tests.engine.background import (
    caller_of,
    elsewhere,
    lapse,
    made,
    outcomes,
    run,
    run_at_once,
    state,
    stored,
    submit,
)

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("orders")]

COMPUTED = "computed-orders"


def test_it_works(user, in_the_middle, monkeypatch):
    """One that runs ends at its worker's next look."""
    monkeypatch.setattr(heartbeat, "BEAT_SECONDS", 0.02)
    job = submit(user, COMPUTED)

    def cancel() -> None:
        elsewhere(lambda: control.cancel(ExportJob.objects.get()))
        time.sleep(0.5)

    in_the_middle(cancel)
    assert run() is None
    assert state(job) == "cancelled"
    assert (job.error, job.cancelling, job.leased_until) == ("", False, None)
    assert job.finished_at is not None
    assert outcomes() == ["cancelled"]
    assert stored() == []


def test_one_that_waits_ends_at_once(user):
    job = submit(user)
    control.cancel(job)
    assert state(job) == "cancelled"
    assert job.finished_at is not None
    assert run() is None
    assert state(job) == "cancelled"
    assert outcomes() == []


@pytest.mark.parametrize("status", ["succeeded", "failed", "cancelled", "expired"])
def test_one_that_has_ended_is_not_cancelled(user, status):
    job = submit(user)
    ExportJob.objects.update(status=status)
    with pytest.raises(WrongState) as refused:
        control.cancel(job)
    assert status in str(refused.value.detail)
    assert state(job) == status


def test_to_cancel_twice_is_to_cancel(user):
    job = submit(user)
    claims.claim()
    control.cancel(job)
    control.cancel(job)
    assert state(job) == "running"
    assert job.cancelling


def test_one_that_goes_back_to_the_queue_is_cancelled_there(user, monkeypatch):
    """Between two statements of the one who cancels."""
    job = submit(user)
    ExportJob.objects.update(status="running")
    pending = [True]
    original = ExportJob.objects.all().__class__.update

    def requeue_first(jobs, **values):
        if values.get("status") == "cancelled" and pending:
            found = original(jobs, **values)
            pending.pop()
            original(ExportJob.objects.all(), status="queued")
            return found
        return original(jobs, **values)

    monkeypatch.setattr(ExportJob.objects.all().__class__, "update", requeue_first)
    control.cancel(job)
    assert state(job) == "cancelled"


def test_at_the_last_moment_it_counts(user, monkeypatch):
    """The file is stored, but nobody has been told so. Who was told that it is cancelled sees no success."""
    from exports.jobs import settling

    job = submit(user)

    def settle(*arguments, **values):
        control.cancel(ExportJob.objects.get())
        settling.settle(*arguments, **values)

    monkeypatch.setattr("exports.jobs.work.settle", settle)
    assert run() is None
    assert state(job) == "cancelled"
    assert stored() == []
    assert outcomes() == ["cancelled"]


def test_one_that_fails_meanwhile_is_not_tried_again(user, in_the_middle):
    job = submit(user, COMPUTED)

    def fail() -> None:
        elsewhere(lambda: control.cancel(ExportJob.objects.get()))
        raise OperationalError

    in_the_middle(fail)
    assert run() is None
    assert state(job) == "cancelled"
    assert not job.cancelling
    assert run_at_once() is None


def test_one_whose_worker_is_killed_meanwhile_is_cancelled(user):
    job = submit(user)
    claims.claim()
    control.cancel(job)
    other = submit(user)
    lapse(job)
    assert sweeping.take_back() == 1
    assert state(job) == "cancelled"
    assert state(other) == "queued"


def test_deleting_removes_the_file_too(user):
    job, other = made(user), made(user)
    control.delete(job)
    assert list(ExportJob.objects.all()) == [other]
    assert stored() == [other.stored_as]
    assert ExportLog.objects.count() == 2  # what was exported is told of all the same


@pytest.mark.parametrize("status", ["queued", "running"])
def test_one_that_is_open_is_not_deleted(user, status):
    job = submit(user)
    ExportJob.objects.update(status=status)
    job.refresh_from_db()
    with pytest.raises(WrongState):
        control.delete(job)
    assert state(job) == status


def test_one_that_was_retried_meanwhile_is_not_deleted(user):
    job = submit(user)
    control.cancel(job)
    job.refresh_from_db()
    control.retry(ExportJob.objects.get(), caller_of(user))
    with pytest.raises(WrongState):
        control.delete(job)
    assert state(job) == "queued"


def test_a_stranger_finds_nothing(user, stranger):
    job = made(user)
    with pytest.raises(JobNotFound):
        control.own_job(job.pk, caller_of(stranger))
    assert control.own_job(job.pk, caller_of(user)) == job
    assert list(control.own_jobs(caller_of(stranger))) == []
    assert list(control.reachable_jobs(stranger)) == []
