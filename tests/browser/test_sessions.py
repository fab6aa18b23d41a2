"""A session that ends while a page is open: what is pressed then leads to the login page, and back."""

import pytest
from django.contrib.auth.hashers import make_password

from exports.models import ExportJob, ExportTemplate
from tests.api import rows
from tests.browser.windows import Window
from tests.web.job_rows import JOBS, running_job

pytestmark = pytest.mark.sqlite

CHOICE = "/exports/calls/?outcome=busy&columns=id,status"


@pytest.fixture
def window(visit_site, user) -> Window:
    user.password = make_password("user-123")
    user.save()
    rows.calls(user, 3, outcome="busy")
    return visit_site(user)


def sign_in(window: Window) -> None:
    """On the login page to which something has led."""
    window.page.locator("#login-form").wait_for()
    for name in ("username", "password"):
        window.page.locator(f"[name={name}]").fill("user-123")
    window.page.locator("#login-form [type=submit]").click()


@pytest.mark.parametrize(
    ("button", "made"), [("In the background", ExportJob), ("Save this choice", ExportTemplate)]
)
def test_it_works(window, button, made):
    """What was chosen is still there, and nothing was made of it meanwhile."""
    page = window.open(CHOICE)
    window.sign_out_elsewhere()
    page.get_by_role("button", name=button, exact=True).click()
    sign_in(window)
    window.arrive(CHOICE)
    assert page.get_by_role("combobox", name="Outcome").input_value() == "busy"
    assert not made.objects.exists()
    page.get_by_role("button", name="In the background", exact=True).click()
    page.locator("#job-status").wait_for()
    assert ExportJob.objects.get().parameters == {"outcome": ["busy"], "columns": ["id,status"]}


def test_a_preview_that_follows_the_form(window):
    page = window.open(CHOICE)
    window.sign_out_elsewhere()
    page.get_by_role("combobox", name="Outcome").select_option("Failed")
    sign_in(window)
    window.arrive("/exports/calls/?outcome=failed&columns=id,status")


@pytest.mark.parametrize("path", ["/exports/", JOBS, "job"])
def test_pages_that_ask_by_themselves(window, user, path):
    job = running_job(user)
    path = f"{JOBS}{job.pk}/" if path == "job" else path
    window.open(path)
    window.sign_out_elsewhere()
    sign_in(window)
    window.arrive(path)


def test_somebody_who_has_signed_in_again_elsewhere(window):
    """The form's token is another session's: the page says what to do."""
    page = window.open(CHOICE)
    window.sign_out_elsewhere()
    second = window.context.new_page()
    second.goto("/login/")
    for name in ("username", "password"):
        second.locator(f"[name={name}]").fill("user-123")
    second.locator("#login-form [type=submit]").click()
    second.wait_for_url("**/exports/")
    second.close()
    page.get_by_role("button", name="In the background", exact=True).click()
    page.get_by_role("heading", name="Form expired").wait_for()
    assert window.faults() == []
    page.go_back()
    window.arrive(CHOICE)
    page.reload()
    page.get_by_role("button", name="In the background", exact=True).click()
    page.locator("#job-status").wait_for()


def test_a_form_about_a_job(window, user):
    job = running_job(user)
    page = window.open(f"{JOBS}{job.pk}/")
    page.route("**/*seen=*", lambda route: route.abort())  # it would notice by itself
    window.sign_out_elsewhere()
    page.get_by_role("button", name="Cancel").click()
    page.unroute("**/*seen=*")
    sign_in(window)
    window.arrive(f"{JOBS}{job.pk}/")
    job.refresh_from_db()
    assert not job.cancelling
    window.problems.clear()  # the console tells of what was not let through
