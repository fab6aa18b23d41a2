"""SQLite's file while an export reads it: others write, and what they write waits beside it."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.calls import ENVIRONMENT, FEW, MANY, MANY_CALLS, PATH
from tests.connections.fronts import WINDOW
from tests.processes.services import Service
from tests.servers import run_server

pytestmark = pytest.mark.sqlite


@pytest.fixture(scope="module", params=["gunicorn", "uvicorn"])
def service(request, filled, tmp_path_factory) -> Iterator[Service]:
    server = run_server(filled, tmp_path_factory.mktemp("sqlite"), kind=request.param, env=ENVIRONMENT)
    yield Service(server, filled)
    server.stop()


@pytest.fixture
def file(filled) -> Path:
    return Path(filled.removeprefix("sqlite:///"))


def ask(file: Path, statement: str, *values: str, seconds: float = 5) -> list[tuple]:
    """A statement of another process's. It waits for who writes, and would for ever for who reads."""
    with closing(sqlite3.connect(file, timeout=seconds, autocommit=True)) as connection:
        return connection.execute(statement, values).fetchall()


def leases(file: Path) -> list[Path]:
    return list(file.parent.glob(f"{file.name}-export-*"))


def test_it_works(service, file):
    """Rows that change meanwhile stay as they were, for the export; the log of changes keeps both."""
    path = f"{PATH}?columns=id,recordingUrl"
    undisturbed = service.receive(path, MANY, keep=True).body
    ask(file, "PRAGMA wal_checkpoint(TRUNCATE)")
    with service.answer(path, MANY, window=WINDOW) as response:
        received = response.read(10)
        assert len(leases(file)) == 1
        changed = ask(
            file, "UPDATE telephony_calllog SET recording_url = 'y' WHERE user_id = ? RETURNING id", MANY
        )
        assert len(changed) == MANY_CALLS
        [(busy, *_)] = ask(file, "PRAGMA wal_checkpoint(TRUNCATE)", seconds=0.2)
        assert busy == 1
        log = Path(f"{file}-wal")
        assert log.stat().st_size > 100_000
        received += response.read()
        export_id = response.headers["X-Export-Id"]
    ask(file, "UPDATE telephony_calllog SET recording_url = ? WHERE user_id = ?", "x" * 2_000, MANY)
    assert received == undisturbed
    assert service.record(export_id, MANY)["outcome"] == "succeeded"
    assert leases(file) == []
    assert ask(file, "PRAGMA wal_checkpoint(TRUNCATE)")[0][0] == 0
    assert not log.exists() or log.stat().st_size == 0  # gone with its last connection


def test_one_that_is_left_holds_nothing(service, file):
    with service.answer(PATH, MANY, window=WINDOW) as response:
        assert response.read(1)
        export_id = response.headers["X-Export-Id"]
    assert service.record(export_id, MANY)["outcome"] == "cancelled"
    assert leases(file) == []
    assert ask(file, "PRAGMA wal_checkpoint(TRUNCATE)")[0][0] == 0


def test_many_at_once_and_a_writer_between_them(service, file):
    """Of what others write meanwhile, nothing is lost."""
    for number in map(str, range(5)):
        with (
            service.answer(PATH, MANY, window=WINDOW) as one,
            service.answer(PATH, MANY, window=WINDOW) as other,
        ):
            assert one.read(1) == other.read(1)
            ids = [answer.headers["X-Export-Id"] for answer in (one, other)]
            ask(file, "UPDATE accounts_user SET first_name = ? WHERE id = ?", number, FEW)
        assert ask(file, "SELECT first_name FROM accounts_user WHERE id = ?", FEW) == [(number,)]
        # Closed: the next test counts what is open.
        assert {service.record(export_id, MANY)["outcome"] for export_id in ids} == {"cancelled"}
