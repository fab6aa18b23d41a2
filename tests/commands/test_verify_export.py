"""`manage.py verify_export`: a file beside its audit record."""

import io
import os
import sys
import uuid

import pytest
from django.core.management import call_command

from exports.models import ExportLog
from tests.clients import close

# No database has a part in it.
pytestmark = [pytest.mark.sqlite, pytest.mark.django_db, pytest.mark.usefixtures("five_calls")]


@pytest.fixture
def file(client, auth_headers, tmp_path):
    """What the API sent."""
    path = tmp_path / "calls.csv"
    path.write_bytes(client.get("/api/exports/calls", headers=auth_headers).getvalue())
    return path


def test_it_works(verify, file):
    record = ExportLog.objects.get()
    done = verify(str(file))
    assert (done.code, done.err) == (0, "")
    when = f"{record.timestamp:%Y-%m-%d %H:%M:%S} UTC"
    said = f"Export {record.pk}: 5 rows of calls of tenant user-123, by user-123 on {when}."
    assert done.out == f"{file}: Whole and unchanged. {said}\n"
    assert verify(str(file), f"--id={record.pk}") == done


def test_the_newest_of_equal_files(verify, file, client, auth_headers):
    client.get("/api/exports/calls", headers=auth_headers).getvalue()
    newest = ExportLog.objects.order_by("timestamp").last()
    assert ExportLog.objects.count() == 2
    assert f"Export {newest.pk}:" in verify(str(file)).out


def test_a_file_that_was_cut(verify, file):
    record = ExportLog.objects.get()
    file.write_bytes(file.read_bytes()[:-2])
    done = verify(str(file), f"--id={record.pk}")
    size = record.byte_count
    assert done.code == 1
    assert f"It has {size - 2:,} bytes, and the export had {size:,}." in done.err
    assert f"Export {record.pk}: 5 rows of calls of tenant user-123" in done.err
    assert "There is no record of it" in verify(str(file)).err


def test_a_file_that_was_changed(verify, file):
    record = ExportLog.objects.get()
    file.write_bytes(file.read_bytes().replace(b"room-1", b"room-9"))
    done = verify(str(file), f"--id={record.pk}")
    assert done.code == 1
    assert "It has the size of the export, but other content." in done.err
    assert verify(str(file)).code == 1


def test_another_exports_id(verify, file, client, stranger):
    client.get("/api/exports/calls", headers={"X-User-Id": stranger.pk}).getvalue()
    other = ExportLog.objects.get(user=stranger.pk)
    assert verify(str(file), f"--id={other.pk}").code == 1


@pytest.mark.parametrize("outcome", ["running", "failed", "cancelled", "denied"])
def test_an_export_that_did_not_succeed(verify, file, outcome):
    ExportLog.objects.update(outcome=outcome, sha256="")
    done = verify(str(file), f"--id={ExportLog.objects.get().pk}")
    assert done.code == 1
    assert f"It cannot be whole: the export's outcome is '{outcome}'." in done.err


def test_an_empty_file_is_no_cancelled_export(verify, client, auth_headers, tmp_path):
    close(client.get("/api/exports/calls", headers=auth_headers))
    (tmp_path / "empty").touch()
    assert verify(str(tmp_path / "empty")).code == 1


@pytest.mark.parametrize("name", ["missing", "."])
def test_a_file_that_cannot_be_read(verify, tmp_path, name):
    assert verify(str(tmp_path / name)).code == 2


def test_ids(verify, file):
    assert verify(str(file), "--id=nonsense").code == 2
    assert verify(str(file), f"--id={uuid.uuid4()}").code == 1


def test_standard_input(file, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(file.read_bytes())))
    out = io.StringIO()
    call_command("verify_export", "-", stdout=out)
    assert out.getvalue().startswith("-: Whole and unchanged. ")
    assert not sys.stdin.buffer.closed


def test_it_reads_in_pieces(verify, file, monkeypatch):
    monkeypatch.setattr("exports.management.commands.verify_export.PIECE", 7)
    assert verify(str(file)).code == 0


def test_a_name_that_is_no_text_hides_no_answer(verify, file):
    odd = os.fsdecode(os.fsencode(file) + b"\xff")
    os.rename(file, odd)
    done = verify(odd)
    assert done.code == 0
    assert done.out.startswith(rf"{file}\xff: Whole and unchanged.")
    done.out.encode()  # it can be printed
