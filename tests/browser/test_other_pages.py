"""Pages beside the engine's and the accounts' own, for everybody: errors, the API's pages, the admin's."""

from collections.abc import Iterator
from typing import Any, Final

import pytest
from django.contrib import admin
from django.db.models import Model
from django.urls import reverse

from accounts.models import APIKey
from exports.models import ExportTemplate
from exports.web.history.views import HistoryView
from tests.browser.all_pages import all_pages
from tests.browser.saved_pages import LONG
from tests.browser.windows import Window
from tests.conftest import make_user

# The pages are the same on every database.
pytestmark = pytest.mark.sqlite

SWAGGER: Final = ["#swagger-ui"]
"""What Swagger draws: axe looks at none of it. Its colours have too little contrast (color-contrast), it has
buttons inside of buttons (nested-interactive), leaves out a level of headings (heading-order), and has parts
that stand in no landmark (region). All that comes in its files, and is another with each version."""

DJANGOS: Final = [
    "#searchbar",  # label-title-only: its label is a picture
    ".help-tooltip",  # aria-prohibited-attr: a span with a label; the two lists of groups and permissions
    ".select2-container",  # aria-input-field-name: select2's list of users has an empty text in it
]
"""Parts of the admin's pages that are Django's own, with the rule that each of them breaks."""


@pytest.fixture
def staff() -> Any:
    staff = make_user("staff-2")
    staff.is_staff = staff.is_superuser = True
    staff.save()
    return staff


class TestErrors:
    @pytest.mark.parametrize("locale", ["en-GB", "de-DE"])
    def test_it_works(self, visit_site, user, locale):
        """400, 403 and 404; that of a form that has expired is looked at in test_sessions.py."""
        window = visit_site(user, locale=locale)
        found = []
        for path, status in (("/exports/?tenant=%00", 400), ("/exports/usage/", 403), ("/nothing/", 404)):
            window.open(path, status)
            found += window.faults()
        assert found == []

    def test_to_a_visitor(self, visit_site):
        window = visit_site()
        window.open("/nothing/", 404)
        assert window.faults() == []

    def test_of_the_server(self, visit_site, user, monkeypatch):
        def fail(*args: Any, **kwargs: Any) -> None:
            raise RuntimeError("on purpose")

        monkeypatch.setattr(HistoryView, "get", fail)
        window = visit_site(user)
        window.open("/exports/history/", 500)
        assert window.faults() == []
        [problem] = window.problems
        assert problem.startswith("500: ")
        window.problems.clear()

    def test_where_there_is_nothing_else(self, visit_site, user, settings):
        """The pages that stand alone have a direction, and colours for the dark, all the same."""
        settings.LANGUAGES = [*settings.LANGUAGES, ("he", "Hebrew")]
        page = visit_site(user, locale="he-IL", color_scheme="dark").open("/exports/?tenant=%00", 400)
        assert page.evaluate("[document.documentElement.lang, document.dir]") == ["he", "rtl"]
        assert page.evaluate("getComputedStyle(document.body).color") == "rgb(255, 255, 255)"


def test_the_pages_of_the_api(visit_site, user):
    """The frame is this project's: language, title, way back."""
    window = visit_site(user)
    page = window.open("/api/docs/")
    page.locator(".opblock").first.wait_for()
    assert window.faults(SWAGGER) == []


class TestAdmin:
    def test_it_works(self, visit_site, user, stranger, staff):
        """Each page of each of our models: none is forgotten."""
        all_pages(user, stranger)
        # Django's own headings and breadcrumbs break no word: a long one makes the page wide.
        ExportTemplate.objects.filter(name=LONG).update(name="Busy")
        APIKey.objects.filter(name=LONG).update(name="nightly")
        window, found, seen = visit_site(staff), [], set()
        for path in ("/admin/", "/admin/exports/", *admin_pages()):
            response = window.page.goto(path)
            assert response is not None
            assert response.status in (200, 403), path
            if response.status == 200:  # 403: nobody adds, or deletes, what is recorded
                found += window.faults(DJANGOS, schemes=["light"])  # the colours are Django's
                seen.add(path)
        assert found == []
        assert reverse("admin:exports_exportjob_changelist") in seen
        assert len(seen) > 30

    def test_a_new_key(self, visit_site, user, staff):
        window = visit_site(staff)
        page = window.open(reverse("admin:accounts_apikey_add"))
        page.get_by_label("Name").fill("nightly")
        # As select2 does once a name is chosen.
        page.locator("select[name=user]").evaluate(
            "(select, user) => { select.add(new Option(user, user, true, true)) }", user.pk
        )
        page.get_by_role("button", name="Save", exact=True).click()
        page.get_by_role("status").get_by_text("This is the only time it is shown").wait_for()
        assert window.faults(DJANGOS) == []

    def test_signing_in_and_the_password(self, visit_site, staff):
        window = visit_site()
        window.open("/admin/login/")
        found = window.faults()
        window = visit_site(staff)
        window.open("/admin/password_change/")
        found += window.faults()
        press(window, "Change my password")
        window.page.locator(".errornote").wait_for()
        found += window.faults()
        assert found == []


def press(window: Window, name: str) -> None:
    """Sends the form as it is, past what the browser itself would say."""
    window.page.evaluate("for (const form of document.forms) form.noValidate = true")
    window.page.get_by_role("button", name=name).click()


def admin_pages() -> Iterator[str]:
    """Of each model of the engine's and the accounts', and of its first object."""
    for model in admin.site._registry:
        if model._meta.app_label in ("exports", "accounts"):
            yield page_of(model, "changelist")
            yield page_of(model, "add")
            first = model._default_manager.first()
            for name in ("change", "delete", "history") if first else ():
                yield page_of(model, name, first.pk)


def page_of(model: type[Model], name: str, *args: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{name}", args=args)
