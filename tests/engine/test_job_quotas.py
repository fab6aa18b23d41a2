"""How many jobs a user may have, how large their files may be, and what counts against the rate."""

import pytest
from django.db.models.functions import Now

from exports.exceptions import (
    NotPermitted,
    RateLimited,
    RowLimitExceeded,
    StorageQuotaExceeded,
    TooManyJobs,
)
from exports.jobs import control
from exports.models import ExportJob, ExportLog
from tests.engine.background import SECOND, ask, caller_of, made, outcomes, run, state, stored, submit

pytestmark = [
    pytest.mark.sqlite,  # nothing here is the database's
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("orders"),
]


@pytest.fixture
def limit(settings):
    def limit(**values: object) -> None:
        settings.EXPORTS = settings.EXPORTS | values

    return limit


def test_it_works(user, stranger, limit):
    limit(MAX_JOBS_PER_USER=2)
    first = submit(user)
    submit(user, query="status=new")
    with pytest.raises(TooManyJobs):
        submit(user, query="status=paid")
    assert ask(user) == (first, False)  # that is no new one
    submit(stranger)  # nor are these the stranger's
    run()
    submit(user, query="status=paid")
    assert outcomes() == ["succeeded"]  # that somebody has to wait is no refusal to be told of


def test_one_that_runs_counts_and_one_that_has_ended_does_not(user, limit):
    limit(MAX_JOBS_PER_USER=1)
    job = submit(user)
    ExportJob.objects.update(status="running")
    with pytest.raises(TooManyJobs):
        submit(user, query="status=new")
    for status in ("failed", "cancelled", "expired", "succeeded"):
        ExportJob.objects.filter(pk=job.pk).update(status=status)
        control.cancel(submit(user, query="status=new"))


def test_a_retry_counts_as_a_new_one(user, limit):
    job = submit(user)
    control.cancel(job)
    job.refresh_from_db()
    submit(user, query="status=new")
    limit(MAX_JOBS_PER_USER=1)
    with pytest.raises(TooManyJobs):
        control.retry(job, caller_of(user))
    assert state(job) == "cancelled"


def test_no_new_job_while_the_users_files_take_too_much(user, stranger, limit):
    job = made(user)
    limit(MAX_STORED_BYTES_PER_USER=job.byte_count)
    with pytest.raises(StorageQuotaExceeded):
        submit(user)
    made(stranger)
    control.delete(job)
    made(user)


def test_a_file_that_has_expired_takes_no_room(user, limit):
    job = made(user)
    limit(MAX_STORED_BYTES_PER_USER=job.byte_count)
    ExportJob.objects.filter(pk=job.pk).update(status="expired")
    made(user)


def test_a_file_for_which_there_is_no_room_by_now_is_not_kept(user, limit):
    """Several jobs may find room while none of them has a file."""
    first, second = submit(user), submit(user, query="format=jsonl")
    run()
    assert state(first) == "succeeded"
    limit(MAX_STORED_BYTES_PER_USER=first.byte_count + 1)
    run()
    assert (state(second), second.error_code, second.attempts) == ("failed", "storage_quota_exceeded", 1)
    assert stored() == [first.stored_as]


def test_a_file_that_is_too_large_is_not_made(user, limit):
    limit(MAX_FILE_BYTES=made(user).byte_count)
    whole = made(user, query="status=new")
    limit(MAX_FILE_BYTES=whole.byte_count - 1)
    job = submit(user, query="status=new")
    run()
    assert state(job) == "failed"
    assert (job.error_code, job.attempts) == ("file_too_large", 1)
    assert str(whole.byte_count - 1) in job.error
    assert job.stored_as == ""
    assert len(stored()) == 2
    record = ExportLog.objects.get(pk=job.export_id)
    assert (record.outcome, record.error, record.sha256) == ("failed", job.error, "")


def test_new_jobs_and_retries_count_against_the_rate_and_shared_ones_do_not(user, limit):
    limit(RATE="3/d")
    job = submit(user)
    for _ in range(5):
        assert ask(user) == (job, False)
    submit(user, query="status=new")
    control.cancel(job)
    job.refresh_from_db()
    control.retry(job, caller_of(user))
    for _ in range(2):
        with pytest.raises(RateLimited):
            submit(user, query="status=paid")
    assert outcomes() == ["denied"]  # once a window
    assert ask(user) == (job, False)


def test_what_fails_or_is_tried_again_counts_once(user, limit):
    limit(RATE="1/d")
    job = submit(user)
    ExportJob.objects.update(status="running", token=1, attempts=1, leased_until=Now() - SECOND)
    from exports.jobs import sweeping

    assert sweeping.take_back() == 1
    ExportJob.objects.update(due_at=Now() - SECOND)
    run()
    assert state(job) == "succeeded"


def test_too_many_rows_are_refused_at_once_and_recorded(user, limit):
    limit(MAX_ROWS=9)
    with pytest.raises(RowLimitExceeded):
        submit(user)
    assert not ExportJob.objects.exists()
    record = ExportLog.objects.get()
    assert (record.outcome, record.door, record.user) == ("denied", "api", user.pk)


def test_the_limit_of_a_download_is_none_of_a_job(user, limit):
    limit(MAX_DOWNLOAD_ROWS=1)
    assert made(user).row_count == 10


def test_what_is_not_permitted_is_recorded(user, stranger):
    with pytest.raises(NotPermitted):
        submit(user, query=f"tenant={stranger.pk}")
    assert not ExportJob.objects.exists()
    assert outcomes() == ["denied"]
