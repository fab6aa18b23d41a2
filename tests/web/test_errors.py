"""What is wrong with a choice stands beside its field, and in a list at the top that leads to the field."""

import pytest

from tests.api import rows
from tests.web.forms import shown, table, ticks
from tests.web.html import Element

# A page is the same on every database.
pytestmark = [pytest.mark.sqlite, pytest.mark.django_db]

CALLS = "/exports/calls/"


def summary(page: Element) -> Element:
    return page.one("div", role="alert")


def described(page: Element, field: Element) -> str:
    """What a screen reader says beside the field's name."""
    ids = field.attrs.get("aria-describedby", "").split()
    return " ".join(
        element.words for name in ids for element in page.below() if element.attrs.get("id") == name
    )


def test_it_works(read, user):
    page = read(CALLS, {"start_date": "soon", "outcome": "bussy"}, status=400)
    field = page.one("input", name="start_date")
    assert field["aria-invalid"] == "true"
    assert "Enter a date or a datetime" in described(page, field)
    assert page.one("select", name="outcome")["aria-invalid"] == "true"
    links = summary(page).links()
    assert links == {"From": f"#{field['id']}", "Outcome": "#id_outcome"}
    assert page.one("title").words.startswith("Error:")
    assert page.all("table") == []


def test_nothing_that_was_given_is_lost(read, user):
    given = {
        "start_date": "2024-13-01",
        "outcome": "bussy",
        "agent_id": "me",
        "columns": "id",
        "format": "xml",
    }
    page = read(CALLS, given, status=400)
    assert given.items() <= (shown(page) | {"columns": ",".join(ticks(page))}).items()


def test_a_field_without_a_mistake_is_not_marked(read, user):
    page = read(CALLS, {"start_date": "soon"}, status=400)
    assert "aria-invalid" not in page.one("input", name="end_date").attrs
    assert [element.words for element in page.all("ul", class_="errorlist")] != []
    assert len(page.all("ul", class_="errorlist")) == 1


def test_a_period_that_ends_before_it_starts(read, user):
    page = read(CALLS, {"start_date": "2024-02-01", "end_date": "2024-01-01"}, status=400)
    assert "This is after end_date." in described(page, page.one("input", name="start_date"))


@pytest.mark.parametrize("given", ["outcom=busy", "outcom=a&outcom=b", "%3Cb%3E=1"])
def test_a_parameter_without_a_field_is_named_at_the_top(read, user, given):
    page = read(f"{CALLS}?{given}", status=400)
    name = "<b>" if "3C" in given else "outcom"
    assert f"{name}: There is no such filter." in summary(page).words
    assert summary(page).links() == {}


def test_no_column_is_ticked(read, user):
    page = read(f"{CALLS}?columns=", status=400)
    assert ticks(page) == []
    [columns] = [group for group in page.all("fieldset") if group.all("legend")[0].words == "Columns"]
    assert "Tick at least one column." in described(page, columns)
    assert "Tick at least one column." in summary(page).words
    assert summary(page).links() == {"Columns": "#id_columns_0"}


def test_a_form_without_a_tick_says_so(read, user):
    """The blank input beside the boxes: without it no tick would be the first visit, and mean all of them."""
    form = read(CALLS).one("form", id="exports-form")
    assert [found["value"] for found in form.all("input", type="hidden", name="columns")] == [""]


@pytest.mark.parametrize("columns", ["id,nothing", "id,id", ","])
def test_wrong_columns(read, user, columns):
    page = read(CALLS, {"columns": columns}, status=400)
    assert "Columns" in summary(page).links()
    boxes = [box["value"] for box in page.all("input", type="checkbox")]
    assert len(boxes) == len(set(boxes))


@pytest.mark.parametrize("tenant", ["*", "user-456", "nobody"])
def test_another_tenant(read, user, stranger, tenant):
    rows.call(stranger, livekit_room_name="theirs")
    page = read(CALLS, {"tenant": tenant}, status=403)
    assert "You may not export the rows of another tenant." in summary(page).words
    assert "theirs" not in page.text


def test_a_wrong_tenant_beside_the_field_of_who_has_one(read, user, allow):
    allow(user, "export_for_other_tenant", "telephony.export_calllog")
    page = read(CALLS, {"tenant": "*"}, status=403)
    assert summary(page).links() == {"Whose rows": "#id_tenant"}
    assert page.one("input", name="tenant")["value"] == "*"


def test_staff_look_at_a_tenants_rows(read, user, stranger, allow):
    rows.call(stranger, livekit_room_name="theirs")
    rows.call(user, livekit_room_name="mine")
    assert "tenant" not in shown(read(CALLS))
    allow(user, "export_for_other_tenant", "export_for_all_tenants", "telephony.export_calllog")
    assert len(table(read(CALLS))) == 2
    page = read(CALLS, {"tenant": "user-456", "columns": "livekitRoomName"})
    assert table(page) == [["livekitRoomName"], ["theirs"]]
    assert shown(page)["tenant"] == "user-456"
    assert len(table(read(CALLS, {"tenant": "*"}))) == 3


def test_a_value_that_no_list_offers_but_the_api_takes(read, user):
    """`true` is another word for `up`: the page says so, and keeps it when the form is sent again."""
    page = read("/exports/hosts/", {"status": "TRUE"})
    assert shown(page)["status"] == "TRUE"
