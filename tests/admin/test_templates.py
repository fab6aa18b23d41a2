"""Saved templates in the admin: made and changed as by every other door, and seen by those who may."""

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test.utils import CaptureQueriesContext

from exports.models import ExportSchedule, ExportTemplate, TemplateCursor

# A page is the same on every database.
pytestmark = [pytest.mark.sqlite, pytest.mark.django_db]

LIST = "/admin/exports/exporttemplate/"
ALL = ("add", "change", "delete", "view")
LINES = "start_date=last month\r\n\r\nend_date=last month\noutcome=completed"
FORM = {"name": "Calls of  last month", "dataset": "calls", "lines": LINES, "shared_with": "user-9\n user-8 "}


def permissions(model: str) -> list[str]:
    return [f"exports.{action}_{model}" for action in ALL]


@pytest.fixture
def editor(staff, allow) -> Any:
    """Staff who may do everything with templates, of their own."""
    allow(staff, *permissions("exporttemplate"))
    return staff


@pytest.fixture
def overseer(everybodys, allow) -> Any:
    """The same, with everybody's."""
    allow(everybodys, *permissions("exporttemplate"), "exports.export_for_other_tenant")
    return everybodys


def make(user: Any, name: str = "Calls", **values: Any) -> ExportTemplate:
    return ExportTemplate.objects.create(**{"user": user.pk, "name": name, "dataset": "calls"} | values)


def found(client: Any, query: str = "") -> list[ExportTemplate]:
    page = client.get(LIST + (f"?{query}" if query else ""))
    assert page.status_code == 200
    return list(page.context["cl"].result_list)


def errors(answer: Any) -> dict[str, list[str]]:
    assert answer.status_code == 200
    return dict(answer.context["adminform"].form.errors)


def test_it_works(client, editor):
    assert client.get(f"{LIST}add/").status_code == 200
    assert client.post(f"{LIST}add/", FORM).status_code == 302
    [template] = found(client)
    assert (template.user, template.name, template.dataset) == ("user-123", "Calls of last month", "calls")
    assert template.parameters == {
        "start_date": ["last month"],
        "end_date": ["last month"],
        "outcome": ["completed"],
    }
    assert {share.user for share in template.shares.all()} == {"user-9", "user-8"}
    form = client.get(f"{LIST}{template.pk}/change/").context["adminform"].form
    assert sorted(form["lines"].value().splitlines()) == sorted(filter(None, LINES.splitlines()))
    changed = FORM | {"name": "Other", "lines": "since=last run", "shared_with": ""}
    assert client.post(f"{LIST}{template.pk}/change/", changed).status_code == 302
    template.refresh_from_db()
    assert (template.name, template.parameters) == ("Other", {"since": ["last run"]})
    assert not template.shares.exists()
    assert [entry.action_flag for entry in LogEntry.objects.order_by("pk")] == [1, 2]
    assert client.post(f"{LIST}{template.pk}/delete/", {"post": "yes"}).status_code == 302
    assert found(client) == []


@pytest.mark.parametrize(
    ("changes", "field", "text"),
    [
        ({"name": ""}, "name", "required"),
        ({"name": "Taken"}, "name", "of this name already"),
        ({"dataset": "nothing"}, "dataset", "not one of the available"),
        ({"lines": "outcome"}, "lines", "no name=value: outcome"),
        ({"lines": "outcom=busy"}, "lines", "outcom: "),
        ({"lines": "start_date=last moon"}, "lines", "start_date: "),
        ({"shared_with": "x" * 300}, "shared_with", "ids of users"),
    ],
)
def test_what_is_wrong_stands_at_its_field(client, editor, changes, field, text):
    make(editor, "Taken")
    assert text in str(errors(client.post(f"{LIST}add/", FORM | changes))[field])
    assert ExportTemplate.objects.count() == 1


def test_of_another_dataset_nobody_has_got_anywhere_yet(client, editor):
    """The engine sees what the template was: the form has not changed it by then."""
    template = make(editor)
    TemplateCursor.objects.create(template=template, user=editor.pk, cursor="2026")
    fields = {"name": "Calls", "dataset": "calls", "lines": "", "shared_with": ""}
    client.post(f"{LIST}{template.pk}/change/", fields)
    assert TemplateCursor.objects.exists()
    client.post(f"{LIST}{template.pk}/change/", fields | {"dataset": "agents"})
    assert not TemplateCursor.objects.exists()


def test_a_broken_template_is_shown_with_what_is_wrong(client, editor):
    template = make(editor, dataset="gone", parameters={"a": ["<b>"]})
    page = client.get(f"{LIST}{template.pk}/change/")
    assert "<p>dataset: " in page.text
    assert "a=&lt;b&gt;" in page.text
    other = make(editor, "Other", parameters={"colour": ["red"]})
    assert "colour: " in client.get(f"{LIST}{other.pk}/change/").text


def test_who_may_only_look_changes_nothing(client, staff, allow):
    allow(staff, "exports.view_exporttemplate")
    template = make(staff, parameters={"outcome": ["busy"]})
    template.shares.create(user="user-9")
    page = client.get(f"{LIST}{template.pk}/change/")
    assert "outcome" in page.text
    assert "user-9" in page.text
    assert 'name="_save"' not in page.text
    for path in ("add/", f"{template.pk}/change/", f"{template.pk}/delete/"):
        assert client.post(LIST + path, FORM | {"post": "yes"}).status_code == 403
    assert ExportTemplate.objects.get().parameters == {"outcome": ["busy"]}


def test_a_stranger_sees_ones_own_templates_only(client, editor, stranger):
    mine, theirs = make(editor), make(stranger, "theirs")
    theirs.shares.create(user=editor.pk)  # which can be run, and is nobody else's to look into
    assert found(client) == [mine]
    assert found(client, f"q={theirs.pk}") == []
    assert "theirs" not in client.get(LIST).text
    for view in ("change", "delete", "history"):
        answer = client.get(f"{LIST}{theirs.pk}/{view}/", follow=True)
        assert answer.redirect_chain == [("/admin/", 302)]
        assert "theirs" not in answer.text.replace(str(theirs.pk), "")
    client.post(LIST, {"action": "delete_selected", "_selected_action": [str(theirs.pk)], "post": "yes"})
    assert ExportTemplate.objects.count() == 2


def test_who_may_see_all_changes_what_is_another_s(client, overseer, stranger):
    """It stays theirs, and is checked for them."""
    theirs = make(stranger, "theirs")
    assert found(client) == [theirs]
    assert client.post(f"{LIST}{theirs.pk}/change/", FORM).status_code == 302
    theirs.refresh_from_db()
    assert (theirs.user, theirs.name) == ("user-456", "Calls of last month")
    refused = client.post(f"{LIST}{theirs.pk}/change/", FORM | {"lines": "tenant=*"})
    assert "tenant: " in str(errors(refused)["lines"])
    theirs.refresh_from_db()
    assert "tenant" not in theirs.parameters


def test_one_of_a_user_who_is_gone(client, overseer, stranger):
    theirs = make(stranger)
    stranger.delete()
    assert "no such user any more" in client.get(f"{LIST}{theirs.pk}/change/").text
    assert "no such user any more" in str(errors(client.post(f"{LIST}{theirs.pk}/change/", FORM)))


def test_deleting_one_keeps_its_schedules(client, editor):
    template = make(editor)
    schedule = ExportSchedule.objects.create(user=editor.pk, template=template, rule="0 6 * * *")
    assert client.post(f"{LIST}{template.pk}/delete/", {"post": "yes"}).status_code == 302
    schedule.refresh_from_db()
    assert schedule.template is None


def test_more_templates_are_no_more_queries(client, overseer):
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            found(client)
        return len(captured)

    make(overseer)
    queries()  # fills the caches that last
    few = queries()
    for number in range(10):
        make(overseer, f"Calls {number}")
    assert queries() == few


def test_without_the_permission_there_is_no_list(client, staff):
    assert client.get(LIST).status_code == 403
