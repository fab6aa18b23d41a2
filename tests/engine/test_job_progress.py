"""How far a job has got: rows done of rows expected, how fast, and how long it will take; and the queue."""

import datetime as dt
import time

import pytest
from django.utils import timezone

from exports.jobs import claims, heartbeat, reading
from exports.models import ExportJob
from tests.engine.background import elsewhere, made, run, state, submit

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("orders")]

MINUTE = dt.timedelta(minutes=1)


def test_it_works(user, in_the_middle, monkeypatch):
    monkeypatch.setattr(heartbeat, "BEAT_SECONDS", 0.02)
    seen: list[ExportJob] = []

    def look() -> None:
        deadline = time.monotonic() + 20
        while not seen or not seen[-1].row_count:
            assert time.monotonic() < deadline
            seen[:] = elsewhere(lambda: list(ExportJob.objects.all()))

    in_the_middle(look)
    job = made(user, "computed-orders")
    assert (seen[0].status, seen[0].rows_expected) == ("running", 10)
    assert 2 <= seen[0].row_count < 10
    assert seen[0].export_id == job.export_id
    assert (job.row_count, job.rows_expected) == (10, 10)


def running(**values: object) -> ExportJob:
    return ExportJob(status="running", started_at=timezone.now() - MINUTE, **values)


def test_a_pace_is_that_of_the_rows_so_far():
    pace = reading.pace_of(running(row_count=300, rows_expected=1200))
    assert pace.rows_per_second == pytest.approx(5, rel=0.01)
    assert pace.done == 0.25
    assert pace.seconds_left == pytest.approx(180, abs=2)


@pytest.mark.parametrize(
    ("job", "pace"),
    [
        (ExportJob(status="queued"), reading.Pace()),
        (ExportJob(status="succeeded", row_count=5), reading.Pace()),
        (running(), reading.Pace()),
        (running(rows_expected=10), reading.Pace(done=0.0)),
    ],
    ids=["queued", "succeeded", "just begun", "counted"],
)
def test_what_cannot_be_told_is_not(job, pace):
    assert reading.pace_of(job) == pace


def test_rows_that_came_meanwhile_make_no_more_than_all():
    pace = reading.pace_of(running(row_count=12, rows_expected=10))
    assert (pace.done, pace.seconds_left) == (1.0, 0)


def test_the_queue_of_all_users(user, stranger):
    assert reading.queue() == reading.Queue(queued=0, running=0, oldest_seconds=0.0)
    submit(user)
    submit(stranger)
    ExportJob.objects.filter(user=stranger.pk).update(created_at=timezone.now() - MINUTE)
    made_later = submit(user, query="status=new")
    claims.claim()
    found = reading.queue()
    assert (found.queued, found.running) == (2, 1)
    run()
    run()
    assert reading.queue().queued == 0
    assert state(made_later) in ("succeeded", "running")


def test_the_age_of_the_queue_is_that_of_its_oldest(user):
    submit(user)
    ExportJob.objects.update(due_at=timezone.now() - MINUTE)
    submit(user, query="status=new")
    assert reading.queue().oldest_seconds == pytest.approx(60, abs=5)


def test_nobody_waits_for_a_worker_before_a_job_is_due(user):
    """Nor since its first day, where it is tried once more."""
    submit(user)
    ExportJob.objects.update(created_at=timezone.now() - MINUTE, due_at=timezone.now() + MINUTE)
    assert reading.queue().oldest_seconds == 0
