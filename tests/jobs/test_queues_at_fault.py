"""A queue that takes no task, or loses one: the job is there all the same, and is enqueued by a sweep."""

import pytest

from exports.models import ExportJob
from tests.engine.background import SECOND, state
from tests.jobs.sites import ask_for, make_calls, sweep

pytestmark = pytest.mark.postgresql


@pytest.mark.parametrize("way", [("celery", "s3")], indirect=True, ids=["celery-s3"])
def test_redis_is_down_when_a_job_is_asked_for(site, user, redis_server, monkeypatch):
    make_calls(user, 100)
    redis_server.stop()
    job = ask_for(user)
    assert state(job) == "queued"
    assert ExportJob.objects.filter(enqueued_at__gt=job.created_at - SECOND).exists()
    sweep()  # it asks in vain
    redis_server.recover()
    site.start()

    def made() -> bool:
        sweep()
        return state(job) == "succeeded"

    site.until(made)
    site.assert_consistent()


@pytest.mark.parametrize("way", [("celery", "s3")], indirect=True, ids=["celery-s3"])
def test_redis_forgets_its_tasks(site, user, redis_server):
    make_calls(user, 100)
    job = ask_for(user)
    redis_server.forget()
    site.start()

    def made() -> bool:
        sweep()
        return state(job) == "succeeded"

    site.until(made)


@pytest.mark.parametrize("way", [("database", "folder")], indirect=True, ids=["database-folder"])
def test_a_worker_is_killed_between_the_task_and_its_job(site, user):
    """The task says `running` for ever. The job waits for another one."""
    from django_tasks_db.models import DBTaskResult

    make_calls(user, 100)
    job = ask_for(user)
    assert DBTaskResult.objects.update(status="RUNNING") == 1
    site.start()

    def made() -> bool:
        sweep()
        return state(job) == "succeeded"

    site.until(made)


@pytest.mark.parametrize("way", [("celery", "s3")], indirect=True, ids=["celery-s3"])
def test_a_task_that_comes_twice(site, user):
    """As Celery gives one out again whose worker has not said that it has it."""
    from exports.jobs.tasks import enqueue_now

    make_calls(user, 100)
    job = ask_for(user)
    for _ in range(3):
        assert enqueue_now(job.pk)
    site.start()
    site.until(lambda: state(job) == "succeeded")
    other = ask_for(user, 1)
    site.until(lambda: state(other) == "succeeded")
    assert (job.attempts, other.attempts) == (1, 1)
    site.assert_consistent()
