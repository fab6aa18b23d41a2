"""“Save this choice” on the page of a dataset: a template of it, with dates that are told from the day."""

import pytest
import time_machine
from django.test import Client
from django.utils.timezone import now

from exports.models import ExportTemplate
from exports.saved.resolving import parameters_for
from tests.web.forms import fields_of, ticks
from tests.web.html import Element, parse
from tests.web.saved_rows import TEMPLATES, make_template

pytestmark = pytest.mark.django_db

SAVE = "/exports/calls/templates"


@pytest.fixture
def post(client, user):
    def post(fields, path=SAVE, visitor=user):
        client.force_login(visitor)
        return client.post(path, fields)

    return post


def page_of(answer, status: int = 200) -> Element:
    assert answer.status_code == status, answer.headers
    assert answer.headers["Cache-Control"] == "private, no-store"
    return parse(answer.text)


def sent(page: Element, **typed: str) -> dict[str, str]:
    """What the browser sends of the form that asks for a name, once that much is typed."""
    found = fields_of(page.one("form", class_="exports-form"))
    return found | {f"template-{name}": value for name, value in typed.items()}


def led(answer) -> ExportTemplate:
    """The template to whose page the answer leads."""
    assert answer.status_code == 303, answer.text
    template = ExportTemplate.objects.latest("updated_at")
    assert answer["Location"] == f"{TEMPLATES}{template.pk}/"
    return template


def test_it_works(post, read, user):
    page = page_of(post({"outcome": "busy", "columns": ["", "id", "outcome"], "format": "csv"}))
    assert page.one("h1").words == "Save this choice of calls"
    template = led(post(sent(page, name=" Busy  ones ", dates_0="last month")))
    assert (template.name, template.dataset, template.user) == ("Busy ones", "calls", user.pk)
    assert template.parameters == {
        "outcome": ["busy"],
        "columns": ["id,outcome"],
        "start_date": ["last month"],
        "end_date": ["last month"],
    }
    facts = read(f"{TEMPLATES}{template.pk}/").facts()
    assert facts["Outcome"] == "Busy"
    assert facts["From"] == "last month"


def test_the_button_of_the_dataset_leads_here(read):
    form = read("/exports/calls/").one("form", id="exports-form")
    [button] = [found for found in form.all("button") if found.words == "Save this choice"]
    assert (button["formaction"], button["formmethod"]) == (SAVE, "post")
    assert button["name"] == "csrfmiddlewaretoken"


def test_as_chosen(post):
    page = page_of(post({"start_date": "2024-01-01"}))
    assert led(post(sent(page, name="Old"))).parameters == {"start_date": ["2024-01-01"]}


def test_since_the_last_run(post):
    page = page_of(post({"outcome": "busy"}))
    assert ticks(page, "template-since_last_run") == []
    template = led(post(sent(page, name="New", since_last_run="on")))
    assert template.parameters == {"outcome": ["busy"], "since": ["last run"]}


def test_no_longer_since_the_last_run(post):
    """The box is ticked for a choice that has a cursor: without the tick, it has none."""
    page = page_of(post({"since": "start"}))
    typed = sent(page, name="All")
    assert typed.pop("template-since_last_run") == "on"
    assert led(post(typed)).parameters == {}


def test_a_dataset_without_dates(post):
    page = page_of(post({}, "/exports/phone-numbers/templates"))
    assert [field["name"] for field in page.all("select")] == []
    assert led(post(sent(page, name="All"), "/exports/phone-numbers/templates")).parameters == {}


def test_dates_that_a_choice_needs_may_be_relative(post, settings):
    """The form of the dataset alone says no more than that they are missing."""
    page = page_of(post({}, "/exports/scans/templates"))
    answer = post(sent(page, name="Scans"), "/exports/scans/templates")
    page = page_of(answer, 400)
    assert "There is a problem" in page.one("div", role="alert").words
    assert sent(page)["template-name"] == "Scans"


def test_what_is_wrong_with_the_choice_is_told_on_its_page(post):
    page = page_of(post({"outcome": "bussy"}), 400)
    assert page.one("h1").words == "calls"
    assert "bussy" in page.one("div", role="alert").words
    assert page_of(post({"formulas": "raw"}), 403).one("h1").words == "calls"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("", "This may not be empty."),
        (" ", "This may not be empty."),
        ("Busy", "You have a template of this name already."),
        ("x" * 101, "at most 100 characters"),
        ("a\u202eb", "Not all of this is text."),
    ],
)
def test_a_name_that_cannot_be(post, user, name, text):
    make_template(user)
    page = page_of(post({"outcome": "failed", "columns": "id"}))
    answer = page_of(post(sent(page, name=name, dates_0="today")), 400)
    alert = answer.one("div", role="alert")
    assert text in alert.words
    assert alert.links()["Name"] == "#id_template-name"
    assert answer.one("title").words.startswith("Error:")
    # Nothing that was typed or chosen is lost.
    fields = sent(answer)
    assert fields["template-dates_0"] == "today"
    assert (fields["outcome"], fields["columns"]) == ("failed", "id")
    assert ExportTemplate.objects.count() == 1


def test_the_limit(post, user, settings):
    settings.EXPORTS = settings.EXPORTS | {"MAX_TEMPLATES_PER_USER": 1}
    make_template(user)
    page = page_of(post(sent(page_of(post({})), name="Another")), 400)
    assert "You have 1 templates, the limit." in page.one("div", role="alert").words


class TestInPlaceOfAnother:
    def test_it_works(self, post, user, stranger):
        old = make_template(user, shared=[stranger])
        page = page_of(post({"outcome": "failed"}))
        template = led(post(sent(page, replaces=str(old.pk))))
        assert template.pk == old.pk
        assert (template.name, template.parameters) == ("Busy", {"outcome": ["failed"]})
        assert [share.user for share in template.shares.all()] == [stranger.pk]

    def test_with_another_name(self, post, user):
        old = make_template(user)
        template = led(post(sent(page_of(post({})), replaces=str(old.pk), name="All")))
        assert (template.pk, template.name) == (old.pk, "All")

    def test_of_others_and_of_other_datasets_none_is_offered(self, post, user, stranger):
        make_template(user, dataset="agents", parameters="")
        other = make_template(stranger, shared=[user])
        page = page_of(post({}))
        assert [choice["name"] for choice in page.all("select")] == ["template-dates_0"]
        page_of(post(sent(page, replaces=str(other.pk), name="Mine")), 400)
        other.refresh_from_db()
        assert other.parameters == {"outcome": ["busy"]}

    @pytest.mark.parametrize("tz", ["", "&tz=America/New_York"])
    def test_dates_that_were_relative_are_again(self, post, client, read, user, tz):
        """From its page to that of its dataset, which has the dates of today, and back."""
        with time_machine.travel("2026-03-10T12:00:00Z", tick=False):
            old = make_template(
                user, parameters=f"start_date=last_7_days&end_date=last 7 days&since=last run{tz}"
            )
            path = read(f"{TEMPLATES}{old.pk}/").links()["Open the choice"]
            assert "2026-03-03" in path
            query = client.get(path).context["given"]
            page = page_of(post(dict(query)))
            fields = sent(page)
            assert fields["template-dates_0"] == "last 7 days"
            assert fields["template-since_last_run"] == "on"
            template = led(post(sent(page, replaces=str(old.pk))))
        assert template.parameters["start_date"] == ["last 7 days"]
        assert template.parameters["since"] == ["last run"]

    @pytest.mark.parametrize("days", ["last 7 days", "last 14 days", "last week"])
    def test_what_else_the_same_days_are_called(self, post, user, days):
        """On a Monday the last seven days are the last week; and 14 days are not offered by themselves."""
        with time_machine.travel("2026-03-09T12:00:00Z", tick=False):
            old = make_template(user, parameters=f"start_date={days}&end_date={days}")
            page = page_of(post(parameters_for(old, now()).dict()))
            assert sent(page)["template-dates_0"] == days
            post(sent(page, name="New"))
        assert ExportTemplate.objects.get(name="New").parameters == old.parameters


def test_no_such_dataset(post):
    assert post({}, "/exports/nothing/templates").status_code == 404


def test_a_visitor_is_sent_to_the_login_page_and_back_to_the_dataset(client, visit):
    answer = client.post(SAVE, {"template-name": "x"})
    assert (answer.status_code, answer["Location"]) == (302, "/login/?next=/exports/calls/")
    answer = visit(SAVE)
    assert (answer.status_code, answer["Location"]) == (302, "/exports/calls/")
    assert ExportTemplate.objects.count() == 0


def test_another_site_cannot(user):
    client = Client(enforce_csrf_checks=True)
    client.force_login(user)
    assert client.post(SAVE, {"template-name": "x"}).status_code == 403
    assert ExportTemplate.objects.count() == 0


def test_without_jobs_there_is_none(post, read, settings):
    settings.EXPORTS = settings.EXPORTS | {"STORAGE": None}
    assert post({"template-name": "x"}).status_code == 404
    assert "Save this choice" not in read("/exports/calls/").words


def test_who_wants_a_schedule_is_led_to_its_form(post, user):
    page = page_of(post({"outcome": "busy"}, f"{SAVE}?then=schedule"))
    form = page.one("form", class_="exports-form")
    assert form["action"] == f"{SAVE}?then=schedule"
    assert "Save, and go on to the schedule" in form.words
    unnamed = page_of(post(sent(page), form["action"]), 400)
    answer = post(sent(unnamed, name="Busy"), unnamed.one("form", class_="exports-form")["action"])
    template = ExportTemplate.objects.get()
    assert (answer.status_code, answer["Location"]) == (
        *(303, f"/exports/schedules/new?template={template.pk}"),
    )
