"""What fails may be tried again, with a pause, where it may have passed; and no attempt leaves anything."""

import time
from contextlib import contextmanager
from types import SimpleNamespace
from uuid import uuid4

import pytest
from django.db import InterfaceError, OperationalError, connection, transaction

from exports import audit
from exports.exceptions import RateUnknown, ServerStopping, StorageFailed, StorageFull
from exports.jobs import settling, work
from exports.models import ExportJob, ExportLog
from tests.engine.background import (
    content,
    elsewhere,
    enqueued,
    made,
    outcomes,
    run,
    run_at_once,
    state,
    stored,
    submit,
)
from tests.engine.exports import OrderExport

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("orders")]

COMPUTED = "computed-orders"


@pytest.fixture
def failing(in_the_middle):
    """failing(error): half of the rows are there when it is raised, once."""

    def failing(error: Exception) -> None:
        def fail() -> None:
            raise error

        in_the_middle(fail)

    return failing


def test_it_works(user, failing):
    failing(OperationalError("the database of rows has gone"))
    job = submit(user, COMPUTED)
    job_id, pause = run()
    assert (job_id, pause.total_seconds()) == (job.pk, 10)
    assert state(job) == "queued"
    assert (job.error, job.error_code, job.attempts) == ("OperationalError", "export_failed", 1)
    assert job.finished_at is None
    assert (job.due_at - job.enqueued_at) == pause
    assert stored() == []
    assert run() is None  # it is not due
    assert state(job) == "queued"
    assert run_at_once() is None
    assert state(job) == "succeeded"
    assert (job.attempts, job.row_count, job.error, job.error_code) == (2, 10, "", "")
    assert outcomes() == ["failed", "succeeded"]
    assert stored() == [job.stored_as]


@pytest.mark.parametrize(
    "error",
    [
        OperationalError(),
        InterfaceError(),
        StorageFailed(),
        RateUnknown(),
        ServerStopping(),
        ConnectionResetError(),
        TimeoutError(),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_may_pass_is_tried_again(user, failing, error):
    failing(error)
    job = submit(user, COMPUTED)
    assert run() is not None
    assert state(job) == "queued"


@pytest.mark.parametrize(
    "error", [ValueError("of a row"), StorageFull(), MemoryError()], ids=lambda error: type(error).__name__
)
def test_what_would_fail_again_is_not(user, failing, error):
    failing(error)
    job = submit(user, COMPUTED)
    assert run() is None
    assert state(job) == "failed"
    assert job.attempts == 1
    assert job.finished_at is not None
    assert "of a row" not in job.error  # it may hold values
    assert outcomes() == ["failed"]
    assert stored() == []
    assert run_at_once() is None
    assert state(job) == "failed"


def test_each_pause_is_twice_as_long_until_no_attempt_is_left(user, settings, monkeypatch):
    settings.EXPORTS = settings.EXPORTS | {"JOB_ATTEMPTS": 4}

    def shout(order: object) -> str:
        raise OperationalError

    monkeypatch.setattr("tests.engine.exports.shout", shout)
    job = submit(user, COMPUTED)
    pauses = [run_at_once()[1].total_seconds() for _ in range(3)]
    assert pauses == [10, 20, 40]
    assert run_at_once() is None
    assert state(job) == "failed"
    assert (job.attempts, job.error, job.error_code) == (4, "OperationalError", "export_failed")
    assert outcomes() == ["failed"] * 4


def test_a_pause_has_an_end(settings):
    settings.EXPORTS = settings.EXPORTS | {"JOB_ATTEMPTS": 1000}
    assert work.backoff(999).total_seconds() == work.LONGEST_BACKOFF
    settings.EXPORTS = settings.EXPORTS | {"JOB_BACKOFF_SECONDS": 7200}
    assert work.backoff(1).total_seconds() == work.backoff(9).total_seconds() == 7200


def test_a_task_follows_a_failure(user, failing):
    from exports.jobs.tasks import run_export

    failing(OperationalError())
    job = submit(user, COMPUTED)
    run_export.call(str(job.pk))
    assert enqueued() == [str(job.pk)] * 2
    run_export.call(str(job.pk))  # none is due: nothing more is enqueued
    assert enqueued() == [str(job.pk)] * 2


def test_a_formula_fails_at_once(user, monkeypatch):
    monkeypatch.setattr("tests.engine.exports.shout", lambda order: "=1+1")
    job = submit(user, COMPUTED, "formulas=reject")
    assert run() is None
    assert state(job) == "failed"
    assert job.error_code == "formula_found"
    assert "Row 1, column 'shout'" in job.error


def test_rows_that_became_too_many(user, settings, make_order):
    job = submit(user)
    settings.EXPORTS = settings.EXPORTS | {"MAX_ROWS": 9}
    assert run() is None
    assert state(job) == "failed"
    assert job.error_code == "row_limit_exceeded"
    assert stored() == []


def test_one_that_takes_too_long_is_ended_and_not_tried_again(user, settings, monkeypatch):
    settings.EXPORTS = settings.EXPORTS | {"JOB_MAX_SECONDS": 1}
    monkeypatch.setattr("exports.running.LOOK_SECONDS", 0.02)
    monkeypatch.setattr("tests.engine.exports.shout", lambda order: time.sleep(0.3))
    job = submit(user, COMPUTED)
    assert run() is None
    assert state(job) == "failed"
    assert job.error_code == "time_limit_exceeded"
    assert outcomes() == ["failed"]
    assert stored() == []


@pytest.mark.postgresql
def test_the_database_knows_the_limit_of_a_job(user, settings, monkeypatch):
    """And not that of a download: a process that hangs holds no snapshot for longer."""
    settings.EXPORTS = settings.EXPORTS | {"JOB_MAX_SECONDS": 100, "MAX_SECONDS": 10}
    found = []

    def shout(order: object) -> str:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT current_setting('statement_timeout'), current_setting('transaction_timeout')"
            )
            found.append(cursor.fetchone())
        return ""

    monkeypatch.setattr("tests.engine.exports.shout", shout)
    made(user, COMPUTED)
    assert set(found) == {("105s", "105s")}


@pytest.mark.parametrize("failure", [OperationalError, InterfaceError])
def test_a_database_that_is_down_at_the_end_is_asked_again(user, monkeypatch, failure):
    """The file is whole by then, and may have taken hours."""
    monkeypatch.setattr(settling, "PAUSE_SECONDS", 0)
    write, down = settling.write, [True, True]

    def write_late(*arguments: object) -> None:
        if down and down.pop():
            raise failure
        write(*arguments)

    monkeypatch.setattr(settling, "write", write_late)
    job = made(user)
    assert (down, job.attempts) == ([], 1)
    assert outcomes() == ["succeeded"]
    assert stored() == [job.stored_as]


def test_a_commit_whose_answer_is_lost_is_found_to_have_come_through(user, monkeypatch):
    monkeypatch.setattr(settling, "PAUSE_SECONDS", 0)
    lost = []

    @contextmanager
    def atomic(**options):
        with transaction.atomic(**options):
            yield
        if not lost:
            lost.append(True)
            raise OperationalError

    monkeypatch.setattr(settling, "transaction", SimpleNamespace(atomic=atomic))
    job = made(user)
    assert lost
    assert outcomes() == ["succeeded"]
    assert stored() == [job.stored_as]


def test_a_database_that_stays_down_at_the_end_costs_the_attempt(user, settings, monkeypatch):
    settings.EXPORTS = settings.EXPORTS | {"JOB_LEASE_SECONDS": 1}
    monkeypatch.setattr(settling, "PAUSE_SECONDS", 0.1)

    def down(*arguments: object) -> None:
        raise OperationalError

    with monkeypatch.context() as patch:
        patch.setattr(settling, "write", down)
        job = submit(user)
        run()
        assert state(job) == "queued"  # the row and the record, both or neither
        assert outcomes() == ["failed"]
        assert stored() == []
    run_at_once()
    assert state(job) == "succeeded"
    assert outcomes() == ["failed", "succeeded"]


def test_the_file_of_a_job_that_has_succeeded_after_all_is_kept(user, settings, monkeypatch):
    """The database wrote it, and did not answer again before the attempt was given up."""
    settings.EXPORTS = settings.EXPORTS | {"JOB_LEASE_SECONDS": 1}
    monkeypatch.setattr(settling, "PAUSE_SECONDS", 0.3)

    @contextmanager
    def atomic(**options):
        with transaction.atomic(**options):
            yield
        raise OperationalError

    with monkeypatch.context() as patch:
        patch.setattr(settling, "transaction", SimpleNamespace(atomic=atomic))
        patch.setattr("exports.jobs.claims.Claim.succeed", _first_succeeds())
        job = submit(user)
        run()
    assert state(job) == "succeeded"
    assert stored() == [job.stored_as]
    assert content(job)


def _first_succeeds():
    from exports.jobs.claims import Claim

    succeed, calls = Claim.succeed, []

    def once(claim: Claim, **values: object) -> None:
        calls.append(values)
        if len(calls) > 1:
            raise OperationalError
        succeed(claim, **values)

    return once


def test_a_dataset_that_is_no_more(user):
    job = submit(user)
    ExportJob.objects.update(dataset="gone")
    assert run() is None
    assert state(job) == "failed"
    assert job.error_code == "not_found"


def test_a_record_of_each_attempt(user, failing):
    failing(StorageFailed())
    job = submit(user, COMPUTED)
    run()
    state(job)
    first = job.export_id
    assert first == ExportLog.objects.get().pk
    run_at_once()
    state(job)
    assert job.export_id != first
    assert ExportLog.objects.get(pk=job.export_id).outcome == "succeeded"


@pytest.mark.postgresql
def test_a_connection_that_is_closed_by_the_database(user, in_the_middle):
    """The attempt is over, but what has become of it is written by another one."""

    def terminate() -> None:
        pid = connection.connection.info.backend_pid

        def kill() -> None:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])

        elsewhere(kill)

    in_the_middle(terminate)
    job = submit(user, COMPUTED)
    assert run() is not None
    assert state(job) == "queued"
    assert job.error in ("OperationalError", "InterfaceError")
    run_at_once()
    assert state(job) == "succeeded"
    assert stored() == [job.stored_as]
    assert outcomes() == ["failed", "succeeded"]


def test_an_attempt_that_fails_before_its_first_row_closes_its_record(user, monkeypatch):
    def begins(attempt, record, progress):
        raise OperationalError("the database of jobs has gone")

    with monkeypatch.context() as patch:
        patch.setattr(work.Attempt, "begins", begins)
        job = submit(user)
        run()
    assert (state(job), outcomes()) == ("queued", ["failed"])


def test_a_result_that_cannot_be_written_stops_no_other_job(user):
    """It is of an export that ended while the database was down, and its record is closed as lost."""
    audit._unwritten[uuid4()] = {"row_count": "many"}
    made(user)
    assert audit._unwritten == {}


def test_results_wait_while_the_database_is_down(user, monkeypatch):
    def down(export_id, result):
        raise OperationalError

    audit._unwritten[uuid4()] = {"row_count": 1}
    with monkeypatch.context() as patch:
        patch.setattr(audit, "write", down)
        with pytest.raises(OperationalError):
            audit.write_unwritten()
    assert len(audit._unwritten) == 1


def test_a_name_that_is_too_long_keeps_its_end(user, monkeypatch):
    monkeypatch.setattr(OrderExport, "get_filename", lambda self, filters: "long-" * 80)
    job = made(user)
    assert len(job.filename) == 255
    assert job.filename.endswith(".csv")
