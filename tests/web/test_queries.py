"""How many queries each page makes: so many at most, and none more for more rows."""

from typing import Any, Final

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import APIKey
from tests.api import rows
from tests.browser.all_pages import Seen, all_pages, make_record
from tests.web.job_rows import failed_job, finished_job, make_job, running_job
from tests.web.saved_rows import make_delivery, make_run, make_schedule, make_template, make_webhook

# What Django's ORM asks is the same on every database.
pytestmark = [pytest.mark.sqlite, pytest.mark.django_db]

MOST: Final = 12
"""Queries of a page, with the two of signing in."""

OF_EACH_DATASET: Final = {"index": 28, "acting at home": 28}
"""Home asks for the rows of each dataset, and the tests have as many again as there are."""


@pytest.fixture
def pages(user, stranger) -> dict[str, Seen]:
    return all_pages(user, stranger)


def add_rows(owner: Any, stranger: Any, count: int = 6) -> None:
    """So many more of everything that pages show."""
    rows.calls(owner, count, outcome="completed")
    webhook = make_webhook(owner, "https://example.com/more")
    for number in range(count):
        template = make_template(owner, f"More {number}", shared=[stranger])
        make_template(stranger, f"Their {number}", shared=[owner])
        schedule = make_schedule(owner, template)
        make_run(schedule, 1, job=finished_job(owner))
        make_job(owner), running_job(owner), failed_job(owner)
        make_delivery(webhook, job_id=finished_job(owner).pk)
        make_record(owner, outcome="failed" if number % 2 else "succeeded", export_type="hosts")
        APIKey.objects.issue(user=owner, name=f"More {number}")


def count_all(client: Any, pages: dict[str, Seen]) -> dict[str, int]:
    counts = {}
    for name, seen in pages.items():
        if seen.user is None:
            client.logout()
        else:
            client.force_login(seen.user)
        assert client.get(seen.path).status_code == seen.status, name
        with CaptureQueriesContext(connection) as found:
            client.get(seen.path)
        counts[name] = len(found)
    return counts


def test_it_works(client, pages, user, stranger):
    few = count_all(client, pages)
    assert {name: count for name, count in few.items() if count > OF_EACH_DATASET.get(name, MOST)} == {}
    add_rows(user, stranger)
    many = count_all(client, pages)
    more = {name: (few[name], count) for name, count in many.items() if count > few[name]}
    assert more == {}
