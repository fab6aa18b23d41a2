"""Where the file goes: whole and under its name, or not at all."""

import os
import resource
import stat
import threading
from pathlib import Path

import pytest
import time_machine

from exports.models import ExportLog
from tests.commands.conftest import entries

# No database has a part in it.
pytestmark = [pytest.mark.sqlite, pytest.mark.django_db, pytest.mark.usefixtures("five_calls")]

FLAGS = ("calls", "--user=user-123", "--columns=status")
FILE = "status\r\n" + "active\r\n" * 5
MB = 1_000_000


def content(path: Path) -> str:
    return path.read_bytes().decode()


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def untried() -> bool:
    """Whether nothing was asked of the engine: no record, so nothing counted."""
    return not ExportLog.objects.exists()


def test_it_works(export, tmp_path):
    done = export(*FLAGS, "--output=calls.csv")
    assert done.code == 0
    assert done.err.startswith(f"{tmp_path / 'calls.csv'}: 5 rows, {len(FILE)} bytes, SHA-256 ")
    assert (entries(tmp_path), content(tmp_path / "calls.csv")) == (["calls.csv"], FILE)


def test_it_is_for_its_owner_alone(export, tmp_path):
    former = os.umask(0o022)
    try:
        export(*FLAGS, "--output=calls.csv")
    finally:
        os.umask(former)
    assert mode(tmp_path / "calls.csv") == 0o600


def test_a_former_file_is_replaced_and_keeps_its_rights(export, tmp_path):
    file = tmp_path / "calls.csv"
    file.write_text("before" * 1000)
    file.chmod(0o640)
    former = file.stat()
    assert export(*FLAGS, "--output=calls.csv").code == 0
    assert (content(file), mode(file)) == (FILE, 0o640)
    assert (file.stat().st_uid, file.stat().st_gid) == (former.st_uid, former.st_gid)


def test_rights_are_narrow_where_the_owner_cannot_be_kept(export, tmp_path, monkeypatch):
    def refuse(*arguments: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "fchown", refuse)
    file = tmp_path / "calls.csv"
    file.touch(0o640)
    assert export(*FLAGS, "--output=calls.csv").code == 0
    assert (content(file), mode(file)) == (FILE, 0o600)


@time_machine.travel("2026-01-31 09:30:00+00:00", tick=False)
@pytest.mark.parametrize("links", [True, False])
def test_its_own_name_takes_nobody_elses_place(export, tmp_path, monkeypatch, links):
    if not links:  # as on a file system without them

        def refuse(*arguments: object) -> None:
            raise PermissionError

        monkeypatch.setattr(os, "link", refuse)
    (tmp_path / "calls_export_20260131_093000.csv").write_text("before")
    assert export(*FLAGS).err.startswith("calls_export_20260131_093000_2.csv: ")
    assert export(*FLAGS).err.startswith("calls_export_20260131_093000_3.csv: ")
    assert content(tmp_path / "calls_export_20260131_093000.csv") == "before"
    assert content(tmp_path / "calls_export_20260131_093000_3.csv") == FILE
    assert len(entries(tmp_path)) == 3


@time_machine.travel("2026-01-31 09:30:00+00:00", tick=False)
def test_a_free_name_keeps_both_endings(export, tmp_path):
    for name in ("calls_export_20260131_093000.csv.gz", "calls_export_20260131_093000_2.csv.gz"):
        assert export(*FLAGS, "--compression=gzip").err.startswith(f"{name}: ")
    assert len(entries(tmp_path)) == 2


@pytest.mark.parametrize("exists", [True, False])
def test_a_symbolic_link_stays_one(export, tmp_path, exists):
    (tmp_path / "data").mkdir()
    target, link = tmp_path / "data" / "calls.csv", tmp_path / "latest"
    link.symlink_to("data/calls.csv")
    if exists:
        target.write_text("before")
    assert export(*FLAGS, "--output=latest").code == 0
    assert link.is_symlink()
    assert (content(target), entries(tmp_path / "data")) == (FILE, ["calls.csv"])


@pytest.mark.parametrize(
    ("output", "reason"),
    [
        ("missing/calls.csv", "No such file or directory"),
        ("file/calls.csv", "Not a directory"),
        (".", "Is a directory"),
        ("calls/", "Is a directory"),
        ("", "Is a directory"),
        ("x" * 300, "File name too long"),
        ("loop", "Too many levels of symbolic links"),
    ],
)
def test_where_nothing_can_be_written_nothing_is_exported(export, tmp_path, output, reason):
    (tmp_path / "file").write_text("before")
    (tmp_path / "loop").symlink_to("loop")
    done = export(*FLAGS, f"--output={output}")
    assert done.code == 2
    assert done.err.endswith(f": {reason}")
    assert untried()
    assert entries(tmp_path) == ["file", "loop"]


def test_a_file_that_may_not_be_written(export, tmp_path, monkeypatch):
    (tmp_path / "calls.csv").write_text("before")
    monkeypatch.setattr(os, "access", lambda path, kind: False)  # root may write all
    done = export(*FLAGS, "--output=calls.csv")
    assert (done.code, done.err) == (2, "calls.csv: Permission denied")
    assert (untried(), content(tmp_path / "calls.csv")) == (True, "before")


def test_no_standard_output(export):
    done = export(*FLAGS, "--output=-")  # the test's is a StringIO
    assert (done.code, done.err) == (2, "There is no standard output to write to.")
    assert untried()


def test_a_fifo_is_written_into(export, tmp_path):
    fifo, received = tmp_path / "fifo", []
    os.mkfifo(fifo)
    reader = threading.Thread(target=lambda: received.append(content(fifo)), daemon=True)
    reader.start()
    done = export(*FLAGS, "--output=fifo")
    reader.join(30)
    assert (done.code, received, entries(tmp_path)) == (0, [FILE], ["fifo"])
    assert stat.S_ISFIFO(fifo.stat().st_mode)


def test_a_device_is_written_into(export):
    assert export(*FLAGS, "--output=/dev/null").code == 0
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)


def test_a_full_device(export):
    done = export(*FLAGS, "--output=/dev/full")
    assert (done.code, done.err) == (1, "/dev/full: No space left on device")
    record = ExportLog.objects.get()
    assert (record.outcome, record.error, record.sha256) == ("failed", done.err, "")


@pytest.mark.parametrize("former", ["before", None])
def test_a_full_disk(export, user, make_orders, monkeypatch, settings, tmp_path, former):
    """The limit is far above what the database needs, and below what the export does."""
    settings.EXPORTS = settings.EXPORTS | {"CHUNK_SIZE": 1}
    monkeypatch.setattr("tests.engine.exports.shout", lambda order: "x" * MB)
    make_orders(user, *["new"] * 30)
    file = tmp_path / "file"
    if former:
        file.write_text(former)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20 * MB, hard))
    try:
        done = export("computed-orders", "--user=user-123", "--output=file")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert (done.code, done.err) == (1, f"{file}: File too large")
    record = ExportLog.objects.get()
    assert (record.outcome, record.error, record.sha256) == ("failed", done.err, "")
    assert 0 < record.row_count < 30
    assert entries(tmp_path) == (["file"] if former else [])
    if former:
        assert content(file) == former
