"""A disk that is full, a storage that is gone: the job fails and says so, and nothing partial is left."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from exports.contrib.telephony.models import CallLog
from exports.jobs import control
from exports.models import ExportLog
from tests.engine.background import caller_of, outcomes, state, stored
from tests.jobs.sites import ask_for, make_calls

pytestmark = pytest.mark.postgresql


@pytest.fixture
def small_disk(site, tmp_path: Path) -> Iterator[Path]:
    """The folder of files is a disk of its own, with room for one MiB."""
    if os.geteuid() != 0:
        pytest.skip("no disk can be mounted")
    folder = Path(site.environment["EXPORTS_FILES"])
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)], check=True)
    try:
        yield folder
    finally:
        site.stop()
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.mark.parametrize("way", [("database", "folder")], indirect=True, ids=["database-folder"])
def test_a_disk_that_is_full(site, user, small_disk):
    make_calls(user, 2_000, width=1_000)
    job = ask_for(user)
    site.start()
    site.until(lambda: state(job) == "failed")
    assert (job.error_code, job.error, job.attempts) == ("storage_full", "There is no room for the file.", 1)
    assert list(small_disk.iterdir()) == []
    record = ExportLog.objects.get()
    assert (record.outcome, record.error, record.sha256) == ("failed", job.error, "")
    # Less has room, and it is the same worker that makes it.
    CallLog.objects.all().delete()
    make_calls(user, 10)
    control.retry(job, caller_of(user))
    site.until(lambda: state(job) == "succeeded")
    assert stored() == [job.stored_as]


@pytest.mark.parametrize("way", [("celery", "s3")], indirect=True, ids=["celery-s3"])
def test_a_storage_that_is_gone(site, user, s3_server, settings):
    make_calls(user, 100)
    s3_server.stop()
    try:
        job = ask_for(user)
        site.start(EXPORTS_JOB_ATTEMPTS="2")
        site.until(lambda: state(job) == "failed")
    finally:
        s3_server.start()
    assert (job.error_code, job.attempts) == ("storage_failed", 2)
    assert job.error == "The storage of the files does not answer."
    assert outcomes() == ["failed"] * 2
    control.retry(job, caller_of(user))
    site.until(lambda: state(job) == "succeeded")
    assert stored() == [job.stored_as]


@pytest.mark.parametrize("way", [("database", "folder")], indirect=True, ids=["database-folder"])
def test_a_folder_that_is_none(site, user):
    """A volume that was not mounted, say: a file stands in its place."""
    make_calls(user, 100)
    folder = Path(site.environment["EXPORTS_FILES"])
    folder.write_text("")
    job = ask_for(user)
    site.start(EXPORTS_JOB_ATTEMPTS="2")
    site.until(lambda: state(job) == "failed")
    assert (job.error_code, job.attempts) == ("storage_failed", 2)
    folder.unlink()
    control.retry(job, caller_of(user))
    site.until(lambda: state(job) == "succeeded")
