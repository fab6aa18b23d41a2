"""Asking for a job: the same request while one is open is given that one, and a task follows the commit."""

import hashlib

import pytest
from django.db import transaction
from django.tasks import default_task_backend

from exports.exceptions import (
    DatasetNotFound,
    InvalidParameters,
    JobsUnavailable,
    SameExportOpen,
    WrongState,
)
from exports.jobs import control, submitting
from exports.models import ExportJob, ExportLog
from tests.engine.background import ask, caller_of, content, enqueued, made, run, state, stored, submit

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("orders")]


def test_it_works(user):
    job = submit(user, query="columns=number&status=new")
    assert (job.status, job.user, job.tenant, job.dataset) == ("queued", user.pk, user.pk, "orders")
    assert (job.format, job.door, job.attempts) == ("csv", "api", 0)
    assert job.parameters == {"columns": ["number"], "status": ["new"]}
    assert enqueued() == [str(job.pk)]
    assert run() is None
    assert state(job) == "succeeded"
    file = "number\r\n" + "".join(f"{number}\r\n" for number in range(10))
    assert content(job) == file.encode()
    assert stored() == [job.stored_as]
    record = ExportLog.objects.get()
    assert record.pk == job.export_id
    assert (record.outcome, record.door, record.error) == ("succeeded", "job", "")
    for kept in (job, record):
        assert (kept.row_count, kept.byte_count) == (10, len(file))
        assert kept.sha256 == hashlib.sha256(file.encode()).hexdigest()
    assert (job.media_type, job.attempts, job.error, job.leased_until) == ("text/csv", 1, "", None)
    assert job.filename.startswith("orders_")
    assert job.started_at < job.finished_at < job.expires_at


@pytest.mark.parametrize(
    "query",
    [
        pytest.param("columns=number&status=new", id="the same"),
        pytest.param("status=new&columns=number", id="in another order"),
        pytest.param("status=new&columns=number&format=csv", id="with a default"),
    ],
)
def test_the_same_request_is_given_the_open_job(user, query):
    job = submit(user, query="columns=number&status=new")
    assert ask(user, query=query) == (job, False)
    assert enqueued() == [str(job.pk)]
    ExportJob.objects.update(status="running")
    assert ask(user, query=query) == (job, False)


@pytest.mark.parametrize(
    "query", ["columns=number&status=paid", "columns=number", "columns=number&status=new&format=jsonl"]
)
def test_another_request_is_another_job(user, query):
    job = submit(user, query="columns=number&status=new")
    assert submit(user, query=query) != job


def test_a_stranger_is_given_no_job_of_somebody_else(user, stranger):
    job = submit(user)
    theirs = submit(stranger)
    assert theirs != job
    assert list(control.own_jobs(caller_of(stranger))) == [theirs]


def test_one_that_is_being_cancelled_is_nobodys(user):
    job = submit(user)
    ExportJob.objects.update(status="running")
    control.cancel(job)
    other = submit(user)
    assert ask(user) == (other, False)


def test_one_that_has_ended_is_made_anew(user):
    job = made(user)
    other = made(user)
    assert other != job
    assert stored() == sorted([job.stored_as, other.stored_as])


def test_a_task_is_enqueued_once_the_job_is_committed(user):
    with transaction.atomic():
        job = submit(user)
        assert enqueued() == []
    assert enqueued() == [str(job.pk)]


def test_neither_is_there_where_it_is_rolled_back(user):
    with transaction.atomic():
        submit(user)
        transaction.set_rollback(True)
    assert enqueued() == []
    assert not ExportJob.objects.exists()


def test_a_queue_that_takes_none_keeps_nobody_from_asking(user, monkeypatch):
    def down(*arguments: object) -> None:
        raise ConnectionError

    monkeypatch.setattr(default_task_backend, "enqueue", down)
    job = submit(user)
    assert state(job) == "queued"
    run()
    assert state(job) == "succeeded"


@pytest.mark.parametrize(
    ("dataset", "query", "error"),
    [("gone", "", DatasetNotFound), ("orders", "colour=red", InvalidParameters)],
)
def test_what_is_not_right_is_no_job(user, dataset, query, error):
    with pytest.raises(error):
        submit(user, dataset, query)
    assert not ExportJob.objects.exists()
    assert not ExportLog.objects.exists()


def test_parameters_that_are_too_long_are_named(user):
    query = f"status=new&article={'x' * submitting.MAX_PARAMETERS_LENGTH}"
    with pytest.raises(InvalidParameters) as refused:
        submit(user, query=query)
    assert [(problem.attr, problem.code) for problem in refused.value.problems] == [("article", "max_length")]
    assert not ExportJob.objects.exists()


@pytest.mark.parametrize("storage", [None, "of-others"])
def test_without_a_storage_there_are_no_jobs(user, settings, storage):
    settings.EXPORTS = settings.EXPORTS | {"STORAGE": storage}
    with pytest.raises(JobsUnavailable):
        submit(user)


def test_a_retry_resets_the_job(user):
    job = made(user, query="formulas=reject")
    ExportJob.objects.update(status="failed", error="It failed.", error_code="x", attempts=3)
    asked = caller_of(user, ip="203.0.113.7", user_agent="another")
    control.retry(control.own_job(job.pk, asked), asked)
    assert state(job) == "queued"
    assert (job.attempts, job.row_count, job.byte_count, job.rows_expected) == (0, 0, 0, None)
    assert (job.error, job.error_code, job.sha256, job.stored_as, job.filename) == ("", "", "", "", "")
    assert (job.started_at, job.finished_at, job.expires_at) == (None, None, None)
    assert (job.ip, job.user_agent) == ("203.0.113.7", "another")
    assert enqueued() == [str(job.pk)] * 2
    token = job.token
    run()
    assert state(job) == "succeeded"
    assert job.token > token  # its file has another name than any before


@pytest.mark.parametrize("status", ["queued", "running", "succeeded"])
def test_one_that_is_open_or_has_a_file_is_not_retried(user, status):
    job = submit(user)
    ExportJob.objects.update(status=status)
    job.refresh_from_db()
    with pytest.raises(WrongState):
        control.retry(job, caller_of(user))


def test_the_same_export_is_not_retried_beside_an_open_one(user):
    job = submit(user)
    control.cancel(job)
    submit(user)
    job.refresh_from_db()
    with pytest.raises(SameExportOpen):
        control.retry(job, caller_of(user))
    assert state(job) == "cancelled"


def test_one_that_somebody_else_has_retried_meanwhile_is_left_alone(user, monkeypatch):
    job = submit(user)
    control.cancel(job)
    job.refresh_from_db()
    ExportJob.objects.update(status="failed")
    with pytest.raises(WrongState):
        control.retry(job, caller_of(user))
    assert state(job) == "failed"
    assert enqueued() == [str(job.pk)]
