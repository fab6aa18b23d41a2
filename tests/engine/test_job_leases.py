"""A worker that was thought dead changes nothing: no row, no file, and no record of another."""

import threading
import time
from datetime import timedelta

import pytest
from django.db import OperationalError
from django.db.models.functions import Now

from exports.exceptions import ClaimLost, JobCancelled, TimeLimitExceeded
from exports.jobs import claims, heartbeat, sweeping
from exports.jobs.claims import Claim
from exports.jobs.heartbeat import Heartbeat
from exports.models import ExportJob, ExportLog
from exports.stream import Progress
from tests.engine.background import (
    SECOND,
    content,
    elsewhere,
    lapse,
    outcomes,
    run,
    run_at_once,
    state,
    stored,
    submit,
)

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("orders")]

COMPUTED = "computed-orders"
TIMEOUT = 20


@pytest.fixture
def silent(monkeypatch):
    """No heart beats by itself."""
    monkeypatch.setattr(heartbeat.Heartbeat, "_beat", lambda self: None)


@pytest.fixture
def fast(monkeypatch, settings):
    """Hearts beat quickly, and leases are short."""
    monkeypatch.setattr(heartbeat, "BEAT_SECONDS", 0.02)
    settings.EXPORTS = settings.EXPORTS | {"JOB_LEASE_SECONDS": 1}


def until(condition) -> None:
    deadline = time.monotonic() + TIMEOUT
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def taken(user) -> tuple[ExportJob, Claim]:
    """A job of which a worker is at work."""
    submit(user)
    job = claims.claim()
    assert job is not None
    return job, Claim(job.pk, job.token)


@pytest.mark.usefixtures("silent")
@pytest.mark.parametrize("dataset", [COMPUTED, "orders"])
def test_it_works(user, in_the_middle, monkeypatch, dataset):
    """Taken back and made by another while the first one is at its rows, or at the very end."""
    job = submit(user, dataset)

    def overtake() -> None:
        lapse(job)
        assert sweeping.take_back() == 1
        run_at_once()
        assert state(job) == "succeeded"

    if dataset == COMPUTED:
        in_the_middle(lambda: elsewhere(overtake))
    else:
        monkeypatch.setattr("exports.jobs.work.settle", _after(lambda: elsewhere(overtake)))
    assert run() is None
    winner = ExportJob.objects.get()
    assert (winner.status, winner.attempts, winner.token) == ("succeeded", 2, 2)
    assert stored() == [winner.stored_as]
    assert len(content(winner)) == winner.byte_count
    won = ExportLog.objects.get(pk=winner.export_id)
    assert (won.outcome, won.sha256) == ("succeeded", winner.sha256)
    lost = ExportLog.objects.exclude(pk=won.pk).get()
    assert (lost.outcome, lost.sha256) == ("failed", "")


def _after(do):
    """What settles, once that has been done; only the first time."""
    from exports.jobs import settling

    pending = [do]

    def settle(*arguments: object, **values: object) -> None:
        if pending:
            pending.pop()()
        settling.settle(*arguments, **values)

    return settle


@pytest.mark.usefixtures("silent")
def test_one_that_fails_after_it_was_taken_back_takes_nothing_from_the_other(user, in_the_middle):
    job = submit(user, COMPUTED)

    def overtake() -> None:
        def others() -> None:
            lapse(job)
            sweeping.take_back()
            ExportJob.objects.update(due_at=Now() - SECOND)
            assert claims.claim() is not None

        elsewhere(others)
        raise OperationalError

    in_the_middle(overtake)
    assert run() is None
    assert state(job) == "running"
    assert (job.token, job.attempts, job.error) == (2, 2, "")
    assert job.leased_until is not None


def test_a_claim_that_was_lost_writes_nothing(user):
    job, claim = taken(user)
    ExportJob.objects.update(token=2, error="another's")
    assert claims.renew(claim, Progress(rows=5)).held is False
    assert claims.let_go(claim, error="mine", code="mine", again=None) is None
    assert not claim.settle(status="failed", error="mine")
    with pytest.raises(ClaimLost):
        claim.succeed(error="mine")
    assert state(job) == "running"
    assert (job.error, job.row_count) == ("another's", 0)


def test_a_worker_that_speaks_at_the_last_moment_keeps_its_job(user):
    job, claim = taken(user)
    lapse(job)
    [found] = claims.lapsed()
    assert claims.renew(claim, None).held
    late = Claim(found.pk, found.token, lapsed=True)
    assert claims.let_go(late, error="lost", code="lost", again=None) is None
    assert state(job) == "running"


def test_a_lease_lasts_as_long_as_is_set(user, settings):
    settings.EXPORTS = settings.EXPORTS | {"JOB_LEASE_SECONDS": 100}
    job, _claim = taken(user)
    assert timedelta(seconds=99) < job.leased_until - job.started_at <= timedelta(seconds=101)
    assert list(claims.lapsed()) == []


@pytest.mark.usefixtures("fast")
def test_a_heart_renews_the_lease_and_tells_how_far_the_export_has_got(user):
    job, claim = taken(user)
    first = job.leased_until
    with Heartbeat(claim) as beating:
        beating.watch(job.pk, Progress(rows=4, bytes=40, expected=10))
        until(lambda: state(job) and job.row_count)
        assert (job.row_count, job.byte_count, job.rows_expected) == (4, 40, 10)
        until(lambda: state(job) and job.leased_until > first)
        beating.check()


@pytest.mark.usefixtures("fast")
@pytest.mark.parametrize(
    ("change", "error"), [({"token": 9}, ClaimLost), ({"cancelling": True}, JobCancelled)]
)
def test_a_heart_hears_of_the_end(user, change, error):
    _job, claim = taken(user)
    with Heartbeat(claim) as beating:
        ExportJob.objects.update(**change)
        until(lambda: beating.error is not None)
        with pytest.raises(error):
            beating.check()


@pytest.mark.usefixtures("fast")
@pytest.mark.parametrize("reason", ["cancelled", "time"])
def test_the_job_of_a_worker_that_hangs_ends_one_lease_later(user, settings, reason):
    """With the reason for which its worker was to end; nobody tries it again."""
    if reason == "time":
        settings.EXPORTS = settings.EXPORTS | {"JOB_MAX_SECONDS": 1}
    _job, claim = taken(user)
    with Heartbeat(claim) as beating:
        if reason == "cancelled":
            ExportJob.objects.update(cancelling=True)
        until(lambda: beating.error is not None)
        assert isinstance(beating.error, JobCancelled if reason == "cancelled" else TimeLimitExceeded)
        until(lambda: ExportJob.objects.get().status != "running")
        found = ExportJob.objects.get()
        ended = ("cancelled", "") if reason == "cancelled" else ("failed", "time_limit_exceeded")
        assert (found.status, found.error_code) == ended
        sweeping.take_back()
        assert ExportJob.objects.get().status == found.status


@pytest.mark.usefixtures("fast")
def test_a_heart_outlives_a_database_that_is_down_for_less_than_a_lease(user, monkeypatch, settings):
    settings.EXPORTS = settings.EXPORTS | {"JOB_LEASE_SECONDS": 20}
    job, claim = taken(user)
    renew, down = heartbeat.renew, [True] * 5

    def renewing(*arguments):
        if down:
            down.pop()
            raise OperationalError
        return renew(*arguments)

    monkeypatch.setattr(heartbeat, "renew", renewing)
    with Heartbeat(claim) as beating:
        first = job.leased_until
        until(lambda: state(job) and job.leased_until > first)
        beating.check()


@pytest.mark.usefixtures("fast")
def test_a_heart_without_a_database_ends_the_export(user, monkeypatch):
    _job, claim = taken(user)

    def down(*arguments):
        raise OperationalError

    monkeypatch.setattr(heartbeat, "renew", down)
    with Heartbeat(claim) as beating:
        until(lambda: beating.error is not None)
        with pytest.raises(ClaimLost):
            beating.check()


@pytest.mark.usefixtures("fast")
def test_one_that_lost_sight_of_the_database_is_tried_again(user, in_the_middle, monkeypatch):
    """Nobody has taken the job meanwhile: it need not wait for that."""
    job = submit(user, COMPUTED)
    renew = heartbeat.renew

    def down(*arguments):
        raise OperationalError

    given_up, end = threading.Event(), Heartbeat._end
    monkeypatch.setattr(Heartbeat, "_end", lambda *arguments: (end(*arguments), given_up.set()))

    def lose() -> None:
        monkeypatch.setattr(heartbeat, "renew", down)
        assert given_up.wait(TIMEOUT)

    in_the_middle(lose)
    assert run() is not None
    assert state(job) == "queued"
    assert job.error_code == "claim_lost"
    monkeypatch.setattr(heartbeat, "renew", renew)
    run_at_once()
    assert state(job) == "succeeded"
    assert outcomes() == ["failed", "succeeded"]
