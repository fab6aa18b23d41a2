"""What the record says when a stream does not reach its end, and that a connection comes back."""

from contextlib import closing

import pytest
from django.db import OperationalError, connection

from exports.exceptions import FormulaFound, RowLimitExceeded
from exports.models import ExportLog


def the_record() -> ExportLog:
    return ExportLog.objects.get()


def test_it_works(start):
    with closing(start(columns="number")) as stream:
        assert the_record().outcome == "running"
        body = b"".join(stream)
    record = the_record()
    assert (record.outcome, record.row_count, record.byte_count) == ("succeeded", 10, len(body))
    stream.close()  # again, and after the end: nothing happens
    assert the_record().outcome == "succeeded"


def test_closed_before_anybody_read(start):
    start(columns="number").close()
    record = the_record()
    assert (record.outcome, record.error, record.sha256) == ("cancelled", "", "")
    assert record.finished_at is not None


def test_closed_after_the_first_chunk_says_how_far_it_got(start):
    stream = start(columns="number")
    first = next(stream)
    stream.close()
    record = the_record()
    assert (record.outcome, record.row_count, record.byte_count) == ("cancelled", 2, len(first))


def breaking(number: int, error: BaseException):
    """A column's function that raises at the order of this number."""

    def shout(order):
        if order.number == number:
            raise error
        return "fine"

    return shout


def test_an_error_before_the_first_byte(start, monkeypatch):
    """It is raised where a door can still answer with a status."""
    monkeypatch.setattr("tests.engine.exports.shout", breaking(0, ValueError()))
    with pytest.raises(ValueError):
        start("computed-orders")
    record = the_record()
    assert (record.outcome, record.row_count, record.byte_count) == ("failed", 0, 0)


def test_an_error_later_breaks_the_stream_and_the_record_names_it(start, monkeypatch):
    """By its type alone: a stranger's message may hold what stands in the row."""
    monkeypatch.setattr("tests.engine.exports.shout", breaking(5, ValueError("secret of row 5")))
    stream = start("computed-orders")
    first = next(stream)
    with pytest.raises(ValueError, match="row 5"):
        first += b"".join(stream)
    record = the_record()
    assert (record.outcome, record.row_count, record.error, record.sha256) == ("failed", 4, "ValueError", "")


def test_a_worker_that_is_told_to_exit_leaves_a_failure(start, monkeypatch):
    """SystemExit is how a server's time limit ends a request: no client went away."""
    monkeypatch.setattr("tests.engine.exports.shout", breaking(5, SystemExit(1)))
    stream = start("computed-orders")
    with pytest.raises(SystemExit):
        b"".join(stream)
    assert the_record().outcome == "failed"


def test_ctrl_c_is_nobodys_failure(start, monkeypatch):
    monkeypatch.setattr("tests.engine.exports.shout", breaking(5, KeyboardInterrupt()))
    stream = start("computed-orders")
    with pytest.raises(KeyboardInterrupt):
        b"".join(stream)
    record = the_record()
    assert (record.outcome, record.row_count, record.error) == ("cancelled", 4, "")


def test_rows_that_came_after_the_limit_was_checked_break_the_stream(start, monkeypatch):
    """Never a silent cut."""
    monkeypatch.setattr("exports.engine.require_row_limit", lambda query: None)
    monkeypatch.setattr("tests.engine.exports.OrderExport.max_rows", 5)
    stream = start(columns="number")
    with pytest.raises(RowLimitExceeded):
        b"".join(stream)
    assert the_record().outcome == "failed"


def test_a_formula_is_refused_by_row_and_column(start, monkeypatch):
    monkeypatch.setattr("tests.engine.exports.shout", lambda order: "=1" if order.number == 5 else "fine")
    stream = start("computed-orders", formulas="reject")
    with pytest.raises(FormulaFound, match="Row 6, column 'shout'"):
        b"".join(stream)
    assert "Row 6, column 'shout'" in the_record().error


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_a_database_that_goes_away_in_the_middle(start):
    """The stream breaks, the record is written over a new connection, and that one works."""
    stream = start("computed-orders")  # of ten short rows COPY has sent all by then
    other = connection.copy()
    with closing(other), other.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    with pytest.raises(OperationalError):
        b"".join(stream)
    record = the_record()
    assert (record.outcome, record.error) == ("failed", "OperationalError")
    assert not connection.in_atomic_block
