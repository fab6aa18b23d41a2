"""Where files are kept: whole or not at all, each under a name of its own."""

import errno
import os
import stat
from pathlib import Path

import pytest
from django.core.files.storage import FileSystemStorage, InMemoryStorage, storages

from exports.jobs import storage
from exports.models import ExportLog
from tests.engine.background import content, made, outcomes, run, run_at_once, state, stored, submit

pytestmark = [
    pytest.mark.sqlite,  # nothing here is the database's
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("orders"),
]

COMPUTED = "computed-orders"


class RenamingStorage(InMemoryStorage):
    """As some do: what is saved has another name than it was given."""

    def get_available_name(self, name: str, max_length: int | None = None) -> str:
        return f"2026/{name}.renamed"


class FailingStorage(InMemoryStorage):
    """It fails with `error` once, after it has kept all the same."""

    error: Exception | None = None

    def _save(self, name, content):
        name = super()._save(name, content)
        error, type(self).error = type(self).error, None
        if error:
            raise error
        return name


@pytest.fixture
def keep_in(settings):
    def keep_in(backend: type, **options: object) -> None:
        entry = {"BACKEND": f"{backend.__module__}.{backend.__qualname__}", "OPTIONS": options}
        settings.STORAGES = settings.STORAGES | {"exports": entry}

    return keep_in


@pytest.fixture
def folder(keep_in, tmp_path) -> Path:
    keep_in(FileSystemStorage, location=str(tmp_path / "files"), file_permissions_mode=0o640)
    return tmp_path / "files"


def test_it_works(user, folder, in_the_middle):
    """In a folder, a part is written beside the whole files, and renamed when it is whole."""
    seen: list[list[tuple[str, int]]] = []

    def look() -> None:
        seen.append([(path.name, stat.S_IMODE(path.stat().st_mode)) for path in folder.iterdir()])

    in_the_middle(look)
    job = made(user, COMPUTED)
    assert seen == [[(f"{job.pk.hex}-1.part", 0o600)]]
    assert [(path.name, stat.S_IMODE(path.stat().st_mode)) for path in folder.iterdir()] == [
        (job.stored_as, 0o640)
    ]
    assert job.stored_as == f"{job.pk.hex}-1"
    assert len(content(job)) == job.byte_count


def test_an_attempt_that_fails_leaves_nothing_in_the_folder(user, folder, in_the_middle):
    def fail() -> None:
        assert list(folder.iterdir())
        raise ValueError

    in_the_middle(fail)
    job = submit(user, COMPUTED)
    run()
    assert state(job) == "failed"
    assert list(folder.iterdir()) == []


def test_each_attempt_has_a_name_of_its_own(user, folder, in_the_middle):
    def fail() -> None:
        raise ConnectionError

    in_the_middle(fail)
    job = submit(user, COMPUTED)
    run()
    run_at_once()
    assert state(job) == "succeeded"
    assert job.stored_as == f"{job.pk.hex}-2"


@pytest.mark.parametrize("name", ["ENOSPC", "EDQUOT"])
@pytest.mark.parametrize("place", ["writing", "storing"])
def test_a_disk_that_is_full(user, keep_in, monkeypatch, name, place):
    error = OSError(getattr(errno, name), "no room")
    if place == "storing":
        keep_in(FailingStorage)
        FailingStorage.error = error
    else:
        monkeypatch.setattr(storage.Part, "write", _failing_write(error))
    job = submit(user)
    assert run() is None
    assert state(job) == "failed"
    assert (job.error_code, job.error) == ("storage_full", "There is no room for the file.")
    assert stored() == []
    record = ExportLog.objects.get()
    assert (record.outcome, record.error, record.sha256) == ("failed", job.error, "")


def _failing_write(error: OSError):
    def write(part: storage.Part, chunk: bytes) -> None:
        with storage._failures():
            raise error

    return write


@pytest.mark.parametrize(
    "error", [OSError(errno.EIO, "broken"), RuntimeError("of the storage's own"), FileNotFoundError()]
)
def test_a_storage_that_fails_is_tried_again(user, keep_in, error):
    """And what it has kept all the same, is removed."""
    keep_in(FailingStorage)
    FailingStorage.error = error
    job = submit(user)
    assert run() is not None
    assert state(job) == "queued"
    assert job.error_code == "storage_failed"
    assert stored() == []
    run_at_once()
    assert state(job) == "succeeded"
    assert outcomes() == ["failed", "succeeded"]
    assert stored() == [job.stored_as]


def test_a_storage_may_choose_the_name(user, keep_in):
    keep_in(RenamingStorage)
    job = made(user)
    assert job.stored_as == f"2026/{job.pk.hex}-1.renamed"
    assert len(content(job)) == job.byte_count


def test_what_has_another_name_is_removed_where_the_job_is_lost(user, keep_in, monkeypatch):
    from exports.exceptions import ClaimLost

    def lost(*arguments: object, **values: object) -> None:
        raise ClaimLost

    keep_in(RenamingStorage)
    monkeypatch.setattr("exports.jobs.work.settle", lost)
    submit(user)
    run()
    assert storages["exports"].listdir("2026")[1] == []


def test_a_name_tells_its_attempt_and_no_other_does(user):
    job = submit(user)
    name = storage.name_of(job.pk, 17)
    assert storage.attempt_of(name) == storage.attempt_of(f"{name}.part") == (job.pk, 17)
    for other in ("", "x", f"{name}x", f"x{name}", f"{name}.part.part", f"{job.pk}-17", job.pk.hex):
        assert storage.attempt_of(other) is None


@pytest.mark.skipif(os.name != "posix", reason="POSIX")
def test_nothing_is_written_through_a_link_that_somebody_has_put_there(user, folder, tmp_path):
    """Whoever may write into the folder could lead a file elsewhere."""
    folder.mkdir()
    job = submit(user)
    (folder / f"{job.pk.hex}-1.part").symlink_to(tmp_path / "elsewhere")
    run()
    assert state(job) == "queued"
    assert job.error_code == "storage_failed"
    assert not (tmp_path / "elsewhere").exists()
