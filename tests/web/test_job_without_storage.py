"""A project without a storage for files of jobs: its pages tell of no job."""

import pytest
from django.urls import reverse

from exports.models import ExportLog
from exports.web.builder.presets import PRESET
from tests.web.html import parse
from tests.web.job_rows import JOBS, NOBODYS, finished_job
from tests.web.saved_rows import SCHEDULES, TEMPLATES, WEBHOOKS

# The settings are the same on every database.
pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]


@pytest.fixture(autouse=True)
def job(settings, user, client):
    """One from before."""
    job = finished_job(user)
    settings.EXPORTS = settings.EXPORTS | {"STORAGE": None}
    client.force_login(user)
    return job


def test_it_works(client, user):
    record = ExportLog.objects.create(user=user.pk, tenant=user.pk, export_type="calls", door="job")
    for path in ("/exports/", "/exports/calls/", "/exports/history/", f"/exports/history/{record.pk}/"):
        page = parse(client.get(path).text)
        assert list(page.one("nav", aria_label="Pages").links()) == ["Exports", "History", "API keys", "API"]
        assert "jobs" not in str(page.links())
    form = parse(client.get("/exports/calls/").text).one("form", id="exports-form")
    buttons = [found for found in form.all("button", type="submit") if found.attrs.get("name") != PRESET]
    names = [button.words for button in buttons]
    assert names == ["Preview", "Preview", "Download"]


def test_there_are_no_pages_of_jobs(client, job):
    paths = [JOBS, f"{JOBS}{job.pk}/", reverse("exports-web:job-file", args=[job.pk])]
    paths += [TEMPLATES, SCHEDULES, f"{SCHEDULES}new", WEBHOOKS]
    assert [client.get(path).status_code for path in paths] == [404] * 7
    names = ("job-cancel", "job-retry", "job-delete", "job-link")
    posts = [reverse(f"exports-web:{name}", args=[pk]) for name in names for pk in (job.pk, NOBODYS)]
    assert [client.post(path).status_code for path in [*posts, "/exports/calls/jobs"]] == [404] * 9
    job.refresh_from_db()
    assert job.status == "succeeded"
