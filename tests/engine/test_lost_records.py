"""Records of exports whose process was killed: whoever reads the log finds them closed."""

import datetime as dt
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection, connections, transaction
from django.db.models import QuerySet
from django.utils import timezone

from exports.lost import GRACE, close_lost_records
from exports.models import ExportLog
from exports.policy import leases

LOST = "The process that ran the export was killed."
SECOND = dt.timedelta(seconds=1)


@pytest.fixture
def open_record(user) -> Callable[..., ExportLog]:
    """A record of the user's that says `running`, though no export of this process does."""

    def make(age: dt.timedelta = GRACE + SECOND) -> ExportLog:
        return ExportLog.objects.create(
            user=user.pk,
            tenant=user.pk,
            export_type="orders",
            door="api",
            format="csv",
            outcome="running",
            timestamp=timezone.now() - age,
        )

    return make


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch) -> None:
    monkeypatch.setattr("exports.lost.LOOK_AGAIN_SECONDS", 0)


@contextmanager
def lived_elsewhere(record: ExportLog) -> Iterator[Callable[[], None]]:
    """Another connection holds the record's lease, as the process of its export would, until it is let go."""
    begun, over = threading.Event(), threading.Event()

    def live() -> None:
        try:
            with transaction.atomic(), leases.held(record.pk, "default"):
                begun.set()
                over.wait(20)
        finally:
            connections.close_all()

    thread = threading.Thread(target=live)
    thread.start()
    try:
        assert begun.wait(20)
        yield lambda: (over.set(), thread.join())
    finally:
        over.set()
        thread.join()


def state(record: ExportLog) -> tuple[str, str]:
    record.refresh_from_db()
    assert (record.finished_at is None) == (record.outcome == "running")
    return record.outcome, record.error


def verify(client, headers, record) -> str:
    with pytest.raises(CommandError) as refused:
        call_command("verify_export", "/dev/null", f"--id={record.pk}")
    return str(refused.value)


# What each door that reads the log says, and what it must have said of a lost export.
DOORS: dict[str, tuple[Callable[..., str], str]] = {
    "api list": (lambda client, h, record: client.get("/api/exports/logs", headers=h).text, LOST),
    "api detail": (
        lambda client, h, record: client.get(f"/api/exports/logs/{record.pk}", headers=h).text,
        LOST,
    ),
    "history": (lambda client, h, record: client.get("/exports/history/").text, "failed"),
    "history detail": (lambda client, h, record: client.get(f"/exports/history/{record.pk}/").text, LOST),
    "admin list": (lambda client, h, record: client.get("/admin/exports/exportlog/").text, "failed"),
    "admin detail": (
        lambda client, h, record: client.get(f"/admin/exports/exportlog/{record.pk}/change/").text,
        LOST,
    ),
    "verify_export": (verify, "outcome is 'failed'"),
}


@pytest.mark.parametrize("door", DOORS)
def test_every_door_that_reads_the_log_closes_them(client, user, auth_headers, open_record, door):
    user.is_staff = user.is_superuser = True
    user.save()
    client.force_login(user)
    lost, young = open_record(), open_record(dt.timedelta())
    ask, told = DOORS[door]
    assert told in ask(client, auth_headers, lost)
    assert state(lost) == ("failed", LOST)
    assert state(young) == ("running", "")


def test_one_whose_lease_another_process_holds_lives(open_record):
    living, lost = open_record(dt.timedelta(hours=1)), open_record(dt.timedelta(hours=1))
    with lived_elsewhere(living):
        assert close_lost_records() == 1
        assert state(living) == ("running", "")
        assert state(lost) == ("failed", LOST)
    assert close_lost_records() == 1
    assert state(living) == ("failed", LOST)
    assert close_lost_records() == 0


def test_one_that_is_about_to_close_its_record_lives(open_record, monkeypatch):
    """Its transaction has ended, and with it the lease. So whoever finds a free one looks again."""
    closing, lost = open_record(), open_record()

    def close(seconds: float) -> None:
        ExportLog.objects.filter(pk=closing.pk).update(outcome="succeeded", finished_at=timezone.now())

    monkeypatch.setattr("exports.lost.time.sleep", close)
    assert close_lost_records() == 1
    assert state(closing) == ("succeeded", "")
    assert state(lost) == ("failed", LOST)


def test_one_that_comes_to_that_point_meanwhile_lives(open_record, monkeypatch):
    closing, lost = open_record(), open_record()
    with lived_elsewhere(closing) as let_go:
        monkeypatch.setattr("exports.lost.time.sleep", lambda seconds: let_go())
        assert close_lost_records() == 1
    assert state(closing) == ("running", "")
    assert state(lost) == ("failed", LOST)


def test_one_of_this_process_lives(start):
    """Though its own connection could take the lock again."""
    stream = start()
    record = ExportLog.objects.get()
    ExportLog.objects.update(timestamp=timezone.now() - dt.timedelta(hours=1))
    assert close_lost_records() == 0
    assert state(record) == ("running", "")
    b"".join(stream)
    assert state(record) == ("succeeded", "")


@pytest.mark.django_db
def test_a_dataset_that_is_no_more(open_record):
    record = open_record()
    ExportLog.objects.update(export_type="gone")
    assert close_lost_records() == 1
    assert state(record) == ("failed", LOST)


@pytest.mark.sqlite
def test_a_lease_that_was_left_behind_is_removed(open_record):
    record = open_record()
    path = leases._path(leases._file(connection), record.pk)
    path.touch()
    assert close_lost_records() == 1
    assert not path.exists()


@pytest.mark.sqlite
@pytest.mark.django_db
def test_a_lease_that_is_made_while_others_look_is_held():
    """They find a file that nobody has locked yet, take it for one left behind, and remove it."""
    export_id, over = uuid4(), threading.Event()

    def look() -> None:
        while not over.is_set():
            leases.lost([export_id], "default")
        connections.close_all()

    with ThreadPoolExecutor(1) as others:
        looking = others.submit(look)
        try:
            for _ in range(1_000):
                with leases.held(export_id, "default"):
                    assert leases.lost([export_id], "default") == set()
        finally:
            over.set()
        looking.result()


@pytest.mark.parametrize("failure", [OperationalError, AttributeError])
def test_a_result_that_could_not_be_written_is_written_later(start, monkeypatch, failure):
    """The database was down just then. What was sent is known, and that the client saw it break."""
    stream = start(columns="number")
    received, update, down = [], QuerySet.update, [True]

    def fail_once(records: QuerySet, **fields: object) -> int:
        if down.pop() if down else False:
            raise failure("down")
        return update(records, **fields)

    monkeypatch.setattr(QuerySet, "update", fail_once)
    with pytest.raises(failure):
        received.extend(stream)
    record = ExportLog.objects.get()
    assert state(record) == ("running", "")
    assert close_lost_records() == 0  # none of a killed process
    assert state(record) == ("failed", failure.__name__)
    assert (record.row_count, record.byte_count, record.sha256) == (10, len(b"".join(received)), "")
