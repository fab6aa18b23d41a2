"""A job that is cancelled ends its query, and leaves nothing."""

import time

import pytest
from django.db import connection

from exports.jobs import control
from tests.connections.postgres import Observer
from tests.engine.background import outcomes, state, stored
from tests.jobs.sites import SLOWLY, ask_for, make_calls

pytestmark = pytest.mark.postgresql

SOON = 10


@pytest.fixture
def observer(transactional_db):
    observer = Observer(str(connection.settings_dict["NAME"]))
    yield observer
    observer.close()


def test_it_works(site, user, observer):
    """The database says nothing, for as long as it likes: its query is ended."""
    make_calls(user, 10)
    with observer.locked("telephony_calllog"):
        job = ask_for(user)
        site.start()
        site.until(lambda: waiting(observer))
        control.cancel(job)
        assert state(job) in ("running", "cancelled")
        site.until(lambda: state(job) == "cancelled", SOON)
        assert not waiting(observer)
    site.until(lambda: not [one for one in observer.in_transactions() if one["query"].startswith("COPY")])
    assert outcomes() == ["cancelled"]
    assert stored() == []


def waiting(observer: Observer) -> list:
    return [one for one in observer.backends() if one["wait_event_type"] == "Lock"]


def test_one_that_reads_rows(site, user):
    make_calls(user, 20_000)
    job = ask_for(user)
    site.start(**SLOWLY)
    site.until_under_way(job)
    control.cancel(job)
    begun = time.monotonic()
    site.until(lambda: state(job) == "cancelled", SOON)
    assert time.monotonic() - begun < SOON
    assert job.row_count < 20_000
    site.until(lambda: outcomes() == ["cancelled"])
    assert stored() == []
    # The worker lives, and takes the next one.
    other = ask_for(user, 1)
    site.until_under_way(other)
