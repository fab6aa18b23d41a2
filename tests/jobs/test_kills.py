"""Workers killed with SIGKILL at random moments: whole files or clear failures, and nothing is left."""

import random
import time
from collections.abc import Callable
from itertools import count

import pytest

from exports.models import ExportJob
from tests.jobs.sites import SLOWLY, TIMEOUT, Site, ask_for, close_records, make_calls, sweep

pytestmark = pytest.mark.postgresql

SEED = 20261126
# An attempt takes about two seconds.
ROWS = 1_500
ATTEMPTS = "12"


def kill_at_random(site: Site, users: list, kills: int) -> None:
    """Kills a worker so often, which is started again: at any moment of its life, mostly at work."""
    moments, numbers = random.Random(SEED), count()
    for _ in range(kills):
        while ExportJob.objects.open().count() < 2 * len(users):
            number = next(numbers)
            ask_for(users[number % len(users)], number)
        if moments.random() < 0.8:
            wait_and_sweep(site, TIMEOUT, lambda: ExportJob.objects.filter(status="running").exists())
        wait_and_sweep(site, moments.uniform(0, 2.5))
        worker = moments.choice(site.workers)
        (worker.kill if moments.random() < 0.7 else worker.kill_child)()


def wait_and_sweep(site: Site, seconds: float, enough: Callable[[], bool] = bool) -> None:
    """So long, or until it is enough. What a web process does goes on meanwhile."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0 and not enough():
        site.supervise()
        sweep()
        time.sleep(min(0.2, left))


def survive(site: Site, users: list, kills: int) -> None:
    for user in users:
        make_calls(user, ROWS)
    for _ in range(2):
        site.start(**SLOWLY, EXPORTS_JOB_ATTEMPTS=ATTEMPTS)
    kill_at_random(site, users, kills)
    site.until_ended(swept=True)
    # The workers are killed too, and one sweep is all that is done after that.
    site.stop()
    sweep()
    close_records(site)
    site.assert_consistent()
    assert ExportJob.objects.filter(attempts__gt=1).exists(), "nothing was killed in the middle"


def test_it_works(site, user, stranger):
    survive(site, [user, stranger], kills=10)


@pytest.mark.long
def test_a_hundred(site, user, stranger):
    survive(site, [user, stranger], kills=100)


@pytest.mark.parametrize("way", [("database", "folder")], indirect=True, ids=["database-folder"])
def test_a_worker_that_is_always_killed(site, user, settings):
    """As by a file that takes more memory than there is: the job fails, and says why."""
    settings.EXPORTS = settings.EXPORTS | {"JOB_ATTEMPTS": 2}
    make_calls(user, 20_000)
    job = ask_for(user)
    for _ in range(2):
        worker = site.start(**SLOWLY)
        site.until_under_way(job)
        worker.kill()
        job = swept_up(site, job)
    assert (job.status, job.error_code, job.attempts) == ("failed", "process_lost", 2)
    close_records(site)
    site.assert_consistent()


def swept_up(site: Site, job: ExportJob) -> ExportJob:
    """The job, once it was taken from its worker."""

    def swept() -> bool:
        sweep()
        job.refresh_from_db()
        return job.status != "running"

    site.until(swept)
    assert job.leased_until is None
    return job
