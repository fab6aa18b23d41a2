"""Why an export or a job has failed, told to each reader in their language, whatever was recorded."""

import pytest
from django.utils.timezone import now

from exports.exceptions import TimeLimitExceeded
from exports.models import ExportSchedule
from exports.recorded import describe
from tests.web.job_rows import failed_job
from tests.web.saved_rows import make_run, make_schedule
from tests.web.test_history import record

pytestmark = pytest.mark.django_db

TOO_LONG = describe(TimeLimitExceeded(60))
IN_GERMAN = "Der Export überschreitet das Zeitlimit von 60 Sekunden."


@pytest.fixture
def german(client):
    client.cookies["django_language"] = "de"


@pytest.fixture
def pages(user, allow):
    """The path of each page that tells why something has failed."""
    allow(user, "view_exportlog", "export_for_all_tenants")
    schedule = make_schedule(user)
    make_run(schedule, outcome="failed", row_count=None, error=TOO_LONG)
    ExportSchedule.objects.update(failures=2, error=TOO_LONG)
    return {
        "record": f"/exports/history/{record(user, outcome='failed', error=TOO_LONG, timestamp=now()).pk}/",
        "job": f"/exports/jobs/{failed_job(user, error=TOO_LONG).pk}/",
        "schedule": f"/exports/schedules/{schedule.pk}/",
        "usage": "/exports/usage/",
    }


@pytest.mark.parametrize("name", ["record", "job", "schedule", "usage"])
def test_on_a_page(german, pages, read, name):
    page = read(pages[name])
    assert IN_GERMAN in page.words
    assert TOO_LONG not in page.words


def test_after_a_download(german, visit, user):
    failed = record(user, outcome="failed", error=TOO_LONG)
    assert visit(f"/exports/history/{failed.pk}/outcome").json()["error"].startswith(IN_GERMAN)


def test_an_error_that_nobody_expected_says_what_to_do(read, user):
    page = read(f"/exports/history/{record(user, outcome='failed', error='OperationalError').pk}/")
    assert "nobody had expected (OperationalError). Try again;" in page.words
