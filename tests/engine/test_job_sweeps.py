"""What no worker does: lost jobs are taken back, forgotten ones enqueued, and files removed in time."""

import datetime as dt
from uuid import uuid4

import pytest
from django.contrib.auth import get_user_model
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db.models import F
from django.db.models.functions import Now
from django.tasks import default_task_backend

from exports.exceptions import FileGone, StorageFailed
from exports.jobs import claims, delivery, storage, sweeping
from exports.models import ExportJob
from tests.engine.background import (
    SECOND,
    caller_of,
    elsewhere,
    enqueued,
    lapse,
    made,
    run,
    run_at_once,
    state,
    stored,
    submit,
)

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("orders")]

DAY = dt.timedelta(days=1)


def put(name: str) -> str:
    """Something in the storage."""
    return storages["exports"].save(name, ContentFile(b"x"))


def age(**by: dt.timedelta) -> None:
    """All jobs' moments of these names are so much older."""
    ExportJob.objects.update(**{name: F(name) - delta for name, delta in by.items()})


def test_it_works(user):
    """A job whose worker was killed is made by another one; what the first has left is gone."""
    job = submit(user)
    taken = claims.claim()
    assert sweeping.take_back() == 0  # it may live
    for name in (storage.name_of(job.pk, taken.token), f"{storage.name_of(job.pk, taken.token)}.part"):
        put(name)
    lapse(job)
    sweeping.sweep_jobs()
    assert state(job) == "queued"
    assert (job.error, job.error_code) == ("The process that ran the export was killed.", "process_lost")
    assert job.leased_until is None
    assert stored() == []
    assert enqueued() == [str(job.pk)] * 2
    later = default_task_backend.results[-1].task.run_after - job.due_at
    assert abs(later) < 2 * SECOND
    run_at_once()
    assert state(job) == "succeeded"
    assert job.attempts == 2
    assert sweeping.take_back() == 0


def test_one_that_was_lost_too_often_has_failed(user, settings):
    settings.EXPORTS = settings.EXPORTS | {"JOB_ATTEMPTS": 1}
    job = submit(user)
    claims.claim()
    lapse(job)
    assert sweeping.take_back() == 1
    assert state(job) == "failed"
    assert job.error_code == "process_lost"
    assert job.finished_at is not None
    assert enqueued() == [str(job.pk)]


def test_a_job_that_no_task_stands_for_is_enqueued_again(user):
    job = submit(user)
    default_task_backend.clear()
    assert sweeping.enqueue_stale() == 0
    age(due_at=sweeping.STALE + SECOND, enqueued_at=sweeping.STALE + SECOND)
    sweeping.sweep_jobs()
    assert enqueued() == [str(job.pk)]
    assert sweeping.enqueue_stale() == 0


def test_the_longer_it_waits_the_rarer_it_is_enqueued_up_to_a_limit(user):
    job = submit(user)
    hour = dt.timedelta(hours=1)
    age(due_at=hour, enqueued_at=hour / 2 - 2 * SECOND)  # half an hour after it was due, half an hour ago
    ExportJob.objects.update(enqueued_at=Now() - dt.timedelta(minutes=9))
    assert sweeping.enqueue_stale() == 0
    ExportJob.objects.update(enqueued_at=Now() - dt.timedelta(minutes=11))
    assert sweeping.enqueue_stale() == 1
    assert state(job) == "queued"


@pytest.mark.parametrize("status", ["running", "failed", "cancelled", "succeeded", "expired"])
def test_one_that_does_not_wait_is_not_enqueued(user, status):
    submit(user)
    age(due_at=DAY, enqueued_at=DAY)
    ExportJob.objects.update(status=status)
    default_task_backend.clear()
    assert sweeping.enqueue_stale() == 0
    assert enqueued() == []


def test_one_that_is_not_due_is_not_enqueued(user):
    submit(user)
    age(enqueued_at=DAY)
    ExportJob.objects.update(due_at=Now() + DAY)
    assert sweeping.enqueue_stale() == 0


def test_while_the_queue_takes_none_the_next_sweep_asks_again(user, monkeypatch):
    submit(user)
    age(due_at=DAY, enqueued_at=DAY)

    def down(*arguments: object) -> None:
        raise ConnectionError

    with monkeypatch.context() as patch:
        patch.setattr(default_task_backend, "enqueue", down)
        assert sweeping.enqueue_stale() == 0
    assert sweeping.enqueue_stale() == 1


def test_files_whose_time_is_over_are_removed(user):
    job, young = made(user), made(user, query="status=new")
    ExportJob.objects.filter(pk=job.pk).update(expires_at=Now() - SECOND)
    sweeping.sweep_jobs()
    assert (state(job), state(young)) == ("expired", "succeeded")
    assert stored() == [young.stored_as]
    assert (job.row_count, job.sha256 != "") == (10, True)  # what it was is still told
    assert sweeping.expire() == 0


def test_a_file_may_be_kept_for_ever(user, settings):
    settings.EXPORTS = settings.EXPORTS | {"FILE_SECONDS": None}
    job = made(user)
    assert job.expires_at is None
    age(finished_at=10_000 * DAY)
    sweeping.sweep_jobs()
    assert sweeping.remove_old_jobs() == 0
    assert state(job) == "succeeded"
    assert stored() == [job.stored_as]


def test_what_no_job_stands_for_is_removed(user):
    kept = made(user)
    submit(user)
    working = claims.claim()
    name = storage.name_of(working.pk, working.token)
    at_work = [name, f"{name}.part"]
    orphans = [
        storage.name_of(uuid4(), 1),
        f"{storage.name_of(uuid4(), 2)}.part",
        storage.name_of(working.pk, working.token - 1),
        storage.name_of(kept.pk, kept.token + 1),
    ]
    strangers = ["report.csv", f"{uuid4().hex}.txt"]
    for name in [*at_work, *orphans, *strangers]:
        put(name)
    assert sweeping.remove_orphans() == len(orphans)
    assert stored() == sorted([kept.stored_as, *at_work, *strangers])
    for name in strangers:
        storages["exports"].delete(name)


def test_a_file_that_comes_to_be_kept_meanwhile_is_no_orphan(user, monkeypatch):
    """The job succeeds between two of the questions that are asked."""
    job = submit(user)
    names, original = storage.stored_names, ExportJob.objects.all().__class__.values_list
    pending = [True]

    def stored_while_at_work() -> list[str]:
        working = claims.claim()
        put(storage.name_of(working.pk, working.token))
        return names()

    def values_list(jobs, *fields, **options):
        found = list(original(jobs, *fields, **options))
        if pending:
            pending.pop()
            ExportJob.objects.update(status="succeeded", stored_as=storage.name_of(job.pk, 1))
        return found

    monkeypatch.setattr(storage, "stored_names", stored_while_at_work)
    monkeypatch.setattr(ExportJob.objects.all().__class__, "values_list", values_list)
    assert sweeping.remove_orphans() == 0
    assert stored() == [storage.name_of(job.pk, 1)]


def test_what_is_told_of_a_job_without_a_file_is_removed_in_time(user):
    for status in ("failed", "cancelled", "expired"):
        submit(user)
        ExportJob.objects.filter(status="queued").update(status=status, finished_at=Now())
    kept = made(user)
    age(finished_at=sweeping.KEPT - DAY)
    assert sweeping.remove_old_jobs() == 0
    age(finished_at=2 * DAY)
    assert sweeping.remove_old_jobs() == 3
    assert list(ExportJob.objects.all()) == [kept]


def test_jobs_of_users_who_are_no_more_go_with_their_files(user, stranger):
    made(user)
    theirs, waiting = made(stranger), submit(user)
    ExportJob.objects.exclude(pk=theirs.pk).update(user="gone")
    assert sweeping.remove_jobs_of_nobody() == 2
    assert list(ExportJob.objects.all()) == [theirs]
    assert stored() == [theirs.stored_as]
    assert not ExportJob.objects.filter(pk=waiting.pk).exists()
    assert get_user_model().objects.filter(pk=stranger.pk).exists()


def test_one_of_nobody_that_runs_is_cancelled_first(user):
    job = submit(user)
    claims.claim()
    ExportJob.objects.update(user="gone")
    assert sweeping.remove_jobs_of_nobody() == 0
    assert (state(job), job.cancelling) == ("running", True)


def test_where_the_storage_does_not_answer_the_rest_goes_on(user, monkeypatch):
    """Nobody gets the file meanwhile, and the next sweep removes it."""
    job = made(user)
    ExportJob.objects.update(expires_at=Now() - SECOND)
    lost = submit(user)
    claims.claim()
    lapse(lost)

    def down(name: str) -> None:
        raise StorageFailed

    with monkeypatch.context() as patch:
        patch.setattr(storage, "remove", down)
        sweeping.sweep_jobs()
    assert (state(job), state(lost)) == ("succeeded", "queued")
    assert stored() == [job.stored_as]
    with pytest.raises(FileGone):
        delivery.require_file(job, caller_of(user))
    sweeping.sweep_jobs()
    assert state(job) == "expired"
    assert stored() == []


def test_a_storage_that_is_away_is_asked_once_a_sweep(user, monkeypatch):
    """Each answer may take its time limit."""
    for query in ("", "status=new", "status=paid"):
        made(user, query=query)
    ExportJob.objects.update(expires_at=Now() - SECOND)
    asked = []

    def down(name: str) -> None:
        asked.append(name)
        raise StorageFailed

    monkeypatch.setattr(storage, "remove", down)
    assert sweeping.expire() == 0
    assert len(asked) == 1


def test_two_sweeps_at_once_do_all_once(user):
    job = submit(user)
    claims.claim()
    lapse(job)
    found = list(claims.lapsed())
    assert elsewhere(sweeping.take_back) == 1
    assert [claims.Claim(one.pk, one.token, lapsed=True).held().exists() for one in found] == [False]
    assert sweeping.take_back() == 0
    assert state(job) == "queued"


def test_without_jobs_there_is_nothing_to_sweep(user, settings, django_assert_num_queries):
    settings.EXPORTS = settings.EXPORTS | {"STORAGE": None}
    with django_assert_num_queries(0):
        sweeping.sweep_jobs()


def test_a_run_after_a_sweep_is_a_run(user):
    job = submit(user)
    sweeping.sweep_jobs()
    run()
    assert state(job) == "succeeded"
