"""A worker that sleeps while another makes its job: one file, one record of success, whoever is last."""

import signal

import pytest

from exports.models import ExportLog
from tests.engine.background import state, stored
from tests.jobs.sites import SLOWLY, ask_for, make_calls
from tests.jobs.test_kills import swept_up

pytestmark = pytest.mark.postgresql


def test_it_works(site, user):
    make_calls(user, 10_000)
    job = ask_for(user)
    slow = site.start(**SLOWLY)
    site.until_under_way(job)
    slow.send(signal.SIGSTOP)
    swept_up(site, job)
    first = job.export_id
    quick = site.start()
    site.until(lambda: state(job) == "succeeded")
    files = stored()
    slow.send(signal.SIGCONT)
    site.until(lambda: ExportLog.objects.get(pk=first).finished_at)
    # It takes up the next one as if nothing had been.
    quick.kill()
    other = ask_for(user, 1)
    site.until(lambda: state(other) == "succeeded")
    lost = ExportLog.objects.get(pk=first)
    assert (lost.outcome, lost.sha256) == ("failed", "")
    assert state(job) == "succeeded"
    assert job.attempts == 2
    assert files == [job.stored_as]
    site.assert_consistent()
