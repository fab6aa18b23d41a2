"""Whose job is next: the one of the user who has had least, and one worker has it."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
import time_machine
from django.db import connection, connections
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone

from exports.jobs import claims, control
from exports.models import ExportJob
from tests.engine.background import SECOND, caller_of, made, outcomes, run, state, submit

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("orders")]


def several(user, count: int) -> list[ExportJob]:
    """So many jobs of one user, each for something else."""
    return [submit(user, query=f"number_min={number}") for number in range(count)]


def order() -> list[str]:
    """Whose jobs have been made, in order."""
    done = ExportJob.objects.filter(status="succeeded").order_by("started_at")
    return list(done.values_list("user", flat=True))


def test_it_works(user):
    """Of one user the oldest is first."""
    jobs = several(user, 3)
    for expected in jobs:
        run()
        assert state(expected) == "succeeded"
    assert run() is None


@pytest.mark.parametrize("count", [100])
def test_many_of_one_user_let_another_pass(user, stranger, settings, count):
    settings.EXPORTS = settings.EXPORTS | {"MAX_JOBS_PER_USER": None}
    several(user, 2)
    example = ExportJob.objects.first()
    ExportJob.objects.bulk_create(
        ExportJob(
            user=user.pk, tenant=user.pk, dataset="orders", format="csv", door="api", fingerprint=str(n)
        )
        for n in range(count - 2)
    )
    assert example is not None
    submit(stranger)
    for _ in range(3):
        run()
    assert order() == [user.pk, stranger.pk, user.pk]


def test_deleting_jobs_changes_no_turn(user, stranger):
    control.delete(made(user))
    theirs, _mine = submit(stranger), several(user, 1)
    run()
    assert state(theirs) == "succeeded"  # who never had any is first
    control.delete(theirs)
    submit(stranger)
    run()
    run()
    assert order() == [user.pk, stranger.pk]


def test_who_has_more_running_comes_later(user, stranger):
    made(stranger)  # the last turn was the stranger's: the user's is next
    running, waiting = several(user, 2)
    theirs = submit(stranger)
    assert claims.claim() == running
    run()
    assert state(theirs) == "succeeded"
    assert state(waiting) == "queued"
    run()
    assert state(waiting) == "succeeded"


def test_what_is_not_due_is_not_taken_up(user):
    job = submit(user)
    ExportJob.objects.update(due_at=Now() + 60 * SECOND)
    assert run() is None
    assert state(job) == "queued"
    ExportJob.objects.update(due_at=Now())
    run()
    assert state(job) == "succeeded"


def test_a_new_one_is_due_by_the_clock_of_the_database(user):
    """A server whose clock is ahead must not keep workers from what it has enqueued."""
    with time_machine.travel(timezone.now() + 60 * SECOND):
        job = submit(user)
    run()
    assert state(job) == "succeeded"
    with time_machine.travel(timezone.now() + 60 * SECOND):
        ExportJob.objects.update(status="expired")
        job.refresh_from_db()
        control.retry(job, caller_of(user))
    run()
    assert state(job) == "succeeded"


def test_a_worker_that_was_too_slow_leaves_the_job_to_the_other(user, monkeypatch):
    job = submit(user)
    seen = [None, ExportJob.objects.get()]
    assert claims.claim() == job
    monkeypatch.setattr(claims, "_next", seen.pop)
    assert claims.claim() is None
    assert state(job) == "running"
    assert (job.token, job.attempts) == (1, 1)


def test_another_worker_that_is_quicker_changes_whose_turn_it_is(user, stranger):
    """Whatever is asked first: between that and the claim the other takes up the job that is next."""
    first, _second = several(user, 2)
    theirs = submit(stranger)
    taken_up = iter([ExportJob.objects.filter(pk=first.pk)])

    def quicker(execute: Any, *arguments: Any) -> Any:
        found = execute(*arguments)
        for job in taken_up:
            job.update(status="running", token=F("token") + 1)
        return found

    with connection.execute_wrapper(quicker):
        assert claims.claim() == theirs


def test_one_worker_has_a_job(user):
    """Four workers at once, for four jobs."""
    jobs, ready = several(user, 4), Barrier(4)

    def claim() -> ExportJob | None:
        try:
            ready.wait(20)
            return claims.claim()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as workers:
        taken = [future.result() for future in [workers.submit(claim) for _ in jobs]]
    assert {job.pk for job in taken if job} == {job.pk for job in jobs}
    assert set(ExportJob.objects.values_list("attempts", "token", "status")) == {(1, 1, "running")}
    assert claims.claim() is None


def test_a_task_that_comes_twice_makes_one_file(user):
    job = submit(user)
    run()
    run()
    assert state(job) == "succeeded"
    assert job.attempts == 1
    assert outcomes() == ["succeeded"]
