"""Under each column's box stands what is in it: on the pages, and in the admin."""

from collections.abc import Callable

import pytest

from exports.columns import Column
from exports.registry import registry
from tests.admin.door import act, post
from tests.api import rows
from tests.api.rows import DATASETS
from tests.web.html import Element, parse

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]  # a page is the same on every database

CALLS = "/exports/calls/"


def told(page: Element) -> dict[str, str]:
    """By the value of each box, the words of the element that it names as its description."""
    by_id = {found["id"]: found.words for found in page.below() if "id" in found.attrs}
    return {
        box["value"]: by_id[box["aria-describedby"]] if "aria-describedby" in box.attrs else ""
        for box in page.all("input", type="checkbox", name="columns")
    }


@pytest.fixture
def described(monkeypatch) -> Callable[..., None]:
    """described(Column(…), …): the columns of the calls, for one test."""

    def described(*columns: Column) -> None:
        monkeypatch.setattr(type(registry.get("calls")), "columns", columns)

    return described


def test_it_works(read, user):
    found = told(read(CALLS))
    assert found["duration"] == "Whole seconds."  # the help text of the model's field
    assert found["agentName"] == "extra The name of the agent who took or made the call."
    assert found["id"] == ""


@pytest.mark.parametrize("dataset", DATASETS)
def test_every_column_of_every_dataset(read, user, dataset):
    scan = {"scan_id": rows.scan(user).pk} if dataset == "scans" else {}
    definition = registry.get(dataset)
    queryset = definition.get_queryset()
    assert told(read(f"/exports/{dataset}/", scan)) == {
        column.header: f"{'' if column.default else 'extra '}{column.description_in(queryset)}"
        for column in definition.get_columns()
    }


def test_a_columns_own_sentence_comes_before_the_models(read, user, described):
    described(
        Column("id"), Column("duration", description="How long, in seconds."), Column("cost", default=False)
    )
    assert told(read(CALLS)) == {
        "id": "",
        "duration": "How long, in seconds.",
        "cost": "extra What the call cost, in the account's currency.",
    }


def test_an_extra_column_without_a_description_is_marked_all_the_same(read, user, described):
    described(Column("id"), Column("key", "id", default=False))
    assert told(read(CALLS)) == {"id": "", "key": "extra"}


def test_a_label_is_the_header_alone(read, user):
    page = read(CALLS)
    box = page.one("input", type="checkbox", value="duration")
    assert page.one("label", for_=box["id"]).words == "duration"


def test_a_description_is_no_markup(read, user, described):
    described(Column("id", description='<b>"bold"</b> & more'))
    assert told(read(CALLS)) == {"id": '<b>"bold"</b> & more'}


def test_of_a_renamed_column_too(read, user):
    found = told(read(CALLS, {"columns": "duration:Dauer,agentName:Wer: wir?"}))
    assert found["duration:Dauer"] == "Whole seconds."
    assert "duration" not in found  # each column stands there once
    assert found["agentName:Wer: wir?"].startswith("extra The name of the agent")


def test_beside_mistakes_too(read, user):
    page = read(CALLS, {"columns": "duration,nothing", "outcome": "x"}, status=400)
    assert told(page)["duration"] == "Whole seconds."
    assert told(page)["nothing"] == ""


def test_in_german(read, client, user):
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "de"
    found = told(read(CALLS))
    assert found["duration"] == "Ganze Sekunden."
    assert found["agentName"].startswith("zusätzlich ")


def test_nobody_is_told_of_what_is_hidden_from_them(visit, user, allow):
    page = parse(visit("/exports/contacts/").content.decode())
    assert set(told(page)) == {"name", "phone", "email", "id"}
    allow(user, "policy.see_salaries")
    assert "salary" in told(parse(visit("/exports/contacts/").content.decode()))


@pytest.mark.parametrize("open_page", [act, lambda *args: post(*args, _preview="1")])
def test_in_the_admin(client, user, allow, open_page):
    user.is_staff = True
    user.save()
    allow(user, "telephony.view_calllog", "telephony.export_calllog")
    rows.call(user)
    client.force_login(user)
    page = open_page(client, "calls")
    assert page.status_code == 200
    found = told(parse(page.content.decode()))
    assert found["duration"] == "Whole seconds."
    assert found["durationHms"].startswith("extra The duration as hours")


def test_the_admins_download_links_to_the_schema(client, user, allow):
    user.is_staff = True
    user.save()
    allow(user, "telephony.view_calllog", "telephony.export_calllog")
    rows.call(user)
    client.force_login(user)
    answer = post(client, "calls", columns=["", "id", "agentName"])
    assert answer["Link"].startswith("</api/exports/calls/schema?columns=id,agentName>; ")
