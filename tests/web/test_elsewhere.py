"""The pages in a stranger's project: none of this project's templates, no API, no admin site, no `logout`."""

from copy import deepcopy

import pytest
from django.conf import settings as project_settings
from django.urls import clear_url_caches

from exports.models import ExportLog
from tests.api import rows
from tests.web.html import parse

# A page is the same on every database.
pytestmark = [pytest.mark.sqlite, pytest.mark.django_db]


@pytest.fixture
def _elsewhere(settings):
    templates = deepcopy(project_settings.TEMPLATES)
    templates[0]["DIRS"] = []
    settings.TEMPLATES = templates
    settings.ROOT_URLCONF = "tests.web.urls"
    clear_url_caches()
    yield
    clear_url_caches()


@pytest.mark.usefixtures("_elsewhere")
@pytest.mark.parametrize("staff", [False, True])
def test_it_works(client, user, staff):
    user.is_staff = staff
    user.save()
    client.force_login(user)
    rows.calls(user, 2)
    assert client.get("/data/calls/download", {"columns": "id"}).getvalue().count(b"\r\n") == 3
    record = ExportLog.objects.get()
    for path in ("/data/", "/data/calls/", "/data/scans/", "/data/history/", f"/data/history/{record.pk}/"):
        page = parse(client.get(path).content.decode())
        assert list(page.one("nav", aria_label="Pages").links().values()) == [
            *("/data/", "/data/jobs/", "/data/templates/", "/data/schedules/", "/data/webhooks/"),
            "/data/history/",
        ]
        assert page.all("form", id="logout-form") == []
        assert "/api/" not in page.text


@pytest.mark.usefixtures("_elsewhere")
def test_its_login_page_is_asked_for(client, settings):
    settings.LOGIN_URL = "/accounts/login/"
    assert client.get("/data/calls/?outcome=busy").headers["Location"] == (
        "/accounts/login/?next=/data/calls/%3Foutcome%3Dbusy"
    )


@pytest.mark.usefixtures("_elsewhere")
@pytest.mark.parametrize(("staff", "actions"), [(False, []), (True, ["/staff/logout/"])])
def test_the_admins_way_out_is_for_staff(client, user, settings, staff, actions):
    """It would leave anybody else signed in."""
    settings.ROOT_URLCONF = "tests.web.admin_urls"
    user.is_staff = staff
    user.save()
    client.force_login(user)
    page = parse(client.get("/data/").content.decode())
    assert [form["action"] for form in page.all("form", id="logout-form")] == actions
    assert ("Admin" in page.one("nav", aria_label="Pages").links()) is staff


def test_where_there_is_more_the_pages_lead_there(client, user):
    client.force_login(user)
    page = parse(client.get("/exports/").content.decode())
    assert list(page.one("nav", aria_label="Pages").links()) == [
        *("Exports", "Jobs", "Templates", "Schedules", "Webhooks", "History"),
        *("API keys", "API"),
    ]
    assert page.one("form", id="logout-form")["action"] == "/logout/"
    user.is_staff = True
    user.save()
    page = parse(client.get("/exports/").content.decode())
    assert page.one("nav", aria_label="Pages").links()["Admin"] == "/admin/"
