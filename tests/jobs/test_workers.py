"""Real workers make the files: whichever the queue, and wherever they are kept."""

import pytest

from exports.models import ExportJob
from tests.jobs.sites import ask_for, make_calls

pytestmark = pytest.mark.postgresql

EACH = 6


def test_it_works(site, user, stranger):
    """Two workers and twelve jobs of two users, one of whom has asked for all of theirs before the other."""
    for owner, count in ((user, 300), (stranger, 200)):
        make_calls(owner, count)
    jobs = [ask_for(owner, number) for owner in (user, stranger) for number in range(EACH)]
    for _ in range(2):
        site.start()
    site.until_ended()
    site.assert_consistent()
    for job in jobs:
        job.refresh_from_db()
        assert (job.status, job.attempts) == ("succeeded", 1), site.tell()
        assert job.row_count == (300 if job.user == user.pk else 200)
    # Whoever has a worker already, or has just had one, is second: each user has one of the two.
    begun = list(ExportJob.objects.order_by("started_at").values_list("user", flat=True))
    assert set(begun[:2]) == {user.pk, stranger.pk}, begun
