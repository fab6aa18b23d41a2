"""The export as a real process: pipes, signals, terminals, and the exit codes that a shell sees."""

import os
import pty
import signal
import subprocess
from collections.abc import Iterator
from contextlib import closing
from urllib.parse import urlsplit

import pytest

from tests.commands.conftest import entries
from tests.commands.services import (
    CALLS,
    EXPORT,
    SLOWLY,
    STRANGER,
    USER,
    Project,
    ended,
    has_begun,
    ignoring,
    read_all,
    wait_until,
)
from tests.connections.postgres import Observer
from tests.databases import fresh_database
from tests.processes.services import fill
from tests.servers import manage

# What is marked `sqlite` is about files, terminals and words: the same on every database.


@pytest.fixture(scope="module")
def project(tmp_path_factory, with_tables) -> Iterator[Project]:
    with fresh_database(tmp_path_factory.mktemp("commands"), like=with_tables) as url:
        fill(url, {USER: {"calls": CALLS}, STRANGER: {"calls": 10}})
        yield Project(url)


def run(project: Project, directory, *arguments: str, **options) -> tuple[int, bytes, str]:
    process = project.start(directory, *arguments, stdout=subprocess.PIPE, **options)
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err.decode()


def test_it_works(project, tmp_path):
    code, out, err = run(project, tmp_path, *EXPORT, "--output=-")
    assert code == 0
    assert out.startswith(b"id,livekitRoomName,")
    assert out.endswith(b"\r\n")
    [line] = err.splitlines()  # no progress bar in a pipe
    assert line.startswith(f"standard output: {CALLS:,} rows, {len(out):,} bytes, SHA-256 ")
    assert entries(tmp_path) == []
    assert run(project, tmp_path, *EXPORT, "--output=calls.csv")[:2] == (0, b"")
    assert (tmp_path / "calls.csv").read_bytes() == out
    verified = manage(project.url, "verify_export", "-", input=out.decode())
    assert (verified.returncode, verified.stderr) == (0, "")


@pytest.mark.sqlite
def test_the_shells_own_files(project, tmp_path):
    """/dev/stdout is what standard output is: here a file that is added to."""
    file = tmp_path / "calls.csv"
    file.write_bytes(b"before\r\n")
    with file.open("ab") as output:
        flags = ("--columns=id", "--output=/dev/stdout")
        process = project.start(tmp_path, *EXPORT, *flags, stdout=output)
        assert ended(process)[0] == 0
    lines = file.read_bytes().splitlines()
    assert (lines[:2], len(lines)) == ([b"before", b"id"], CALLS + 2)


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_a_signal_leaves_nothing_behind(project, tmp_path, number, code):
    (tmp_path / "calls.csv").write_text("before")
    process = project.start(tmp_path, *EXPORT, "--output=calls.csv", env=SLOWLY)
    wait_until(lambda: has_begun(tmp_path), process)
    process.send_signal(number)
    assert ended(process) == (code, "CommandError: Interrupted; the file was not finished.\n")
    assert (entries(tmp_path), (tmp_path / "calls.csv").read_text()) == (["calls.csv"], "before")
    record = project.records()[0]
    assert (record["outcome"], record["door"], record["sha256"]) == ("cancelled", "command", "")
    assert 0 < record["row_count"] < CALLS


def test_what_is_ignored_stays_ignored(project, tmp_path):
    process = project.start(
        tmp_path, *EXPORT, "--output=calls.csv", env=SLOWLY, preexec_fn=ignoring(signal.SIGHUP)
    )
    wait_until(lambda: has_begun(tmp_path), process)
    process.send_signal(signal.SIGHUP)
    assert ended(process)[0] == 0
    assert entries(tmp_path) == ["calls.csv"]


def test_a_signal_while_nobody_reads_the_pipe(project, tmp_path):
    """The pipe is full: writing waits, and the signal does not."""
    process = project.start(tmp_path, *EXPORT, "--output=-", stdout=subprocess.PIPE)
    assert process.stdout
    process.stdout.read(1)
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 143
    ended(process)
    assert project.records()[0]["outcome"] == "cancelled"


@pytest.mark.postgresql
def test_a_signal_while_the_database_is_silent(project, tmp_path):
    """The query is cancelled, and the record is closed."""
    import psycopg
    from django.db import connection

    server = {
        name: connection.get_connection_params().get(name) for name in ("host", "port", "user", "password")
    }
    with psycopg.connect(**server, dbname=project.url.rpartition("/")[2].partition("?")[0]) as other:
        other.execute("LOCK TABLE telephony_calllog IN ACCESS EXCLUSIVE MODE")
        process = project.start(tmp_path, *EXPORT)
        waits = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'telephony_calllog'::regclass"
        wait_until(lambda: other.execute(waits).fetchone() == (1,), process)
        process.send_signal(signal.SIGTERM)
        assert ended(process)[0] == 143
        assert other.execute(waits).fetchone() == (0,)
        other.rollback()
    record = project.records()[0]
    assert (record["outcome"], record["row_count"], record["error"]) == ("cancelled", 0, "")
    assert entries(tmp_path) == []


@pytest.mark.postgresql
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_while_copy_is_silent(project, tmp_path, number, code):
    """The same when the query is planned, and the file begun."""
    with closing(Observer(urlsplit(project.url).path.rpartition("/")[2])) as observer:
        with observer.silent("telephony_calllog"):
            process = project.start(tmp_path, *EXPORT)
            wait_until(lambda: copies_wait(observer), process)
            process.send_signal(number)
            assert ended(process)[0] == code
            observer.wait_until_waiting(0)
        observer.settle()
    record = project.records()[0]
    assert (record["outcome"], record["row_count"], record["error"]) == ("cancelled", 0, "")
    assert entries(tmp_path) == []


def copies_wait(observer: Observer) -> bool:
    return any(
        backend["wait_event_type"] == "Lock" and backend["query"].startswith("COPY")
        for backend in observer.backends()
    )


def test_a_reader_that_leaves(project, tmp_path):
    """`| head -1`"""
    process = project.start(tmp_path, *EXPORT, "--output=-", stdout=subprocess.PIPE)
    assert process.stdout
    assert process.stdout.readline().startswith(b"id,")
    process.stdout.close()
    assert ended(process) == (141, "CommandError: standard output: Broken pipe\n")
    record = project.records()[0]
    assert (record["outcome"], record["sha256"]) == ("cancelled", "")


@pytest.mark.sqlite
@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("cals", "--user=user-123"), 2, "DATASET: There is no export of this name."),
        (("calls",), 2, "the following arguments are required: --user"),
        ((*EXPORT, "--tenant=*"), 3, "--tenant: You may not export the rows of another tenant."),
        ((*EXPORT, "--output=/dev/full"), 1, "/dev/full: No space left on device"),
    ],
)
def test_exit_codes(project, tmp_path, arguments, code, words):
    found, out, err = run(project, tmp_path, *arguments)
    assert (found, out) == (code, b"")
    assert words in err
    assert "Traceback" not in err
    assert entries(tmp_path) == []


def test_a_database_without_tables(new_database, tmp_path):
    code, _, err = run(Project(new_database), tmp_path, *EXPORT)
    assert code == 1
    assert "The database failed: " in err
    assert "Traceback" not in err


@pytest.mark.sqlite
def test_a_progress_bar_on_a_terminal(project, tmp_path):
    master, slave = pty.openpty()
    process = project.start(
        tmp_path, *EXPORT, "--output=calls.csv", "--no-color", stderr=slave, stdout=subprocess.PIPE
    )
    os.close(slave)
    shown = read_all(master).decode()
    os.close(master)
    assert process.communicate(timeout=60)[0] == b""
    *bars, last = shown.split("\r\x1b[K")
    assert process.returncode == 0
    assert bars[1].startswith("[....")
    assert bars[1].endswith(f"   0% 0 of {CALLS:,} rows")
    assert last.startswith(f"{tmp_path / 'calls.csv'}: {CALLS:,} rows, ")
    assert last.endswith("\r\n")
    assert project.records()[0]["outcome"] == "succeeded"
