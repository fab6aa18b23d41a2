"""Which rows: those of the changelist's own filter, search and order, across its pages or ticked."""

import datetime as dt
import json
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters

from exports.admin.selections import posted
from tests.admin.door import act, changelist, columns, lines, post, records
from tests.api import rows
from tests.api.rows import NOON
from tests.engine.models import Customer, Line, Order

ROOMS = columns("livekitRoomName")
NUMBERS = columns("number")
EXPORT = f"{changelist('calls')}export/calls/"
ORDERS = "/strangers/engine/order/"


def file(client: Any, query: str = "", ids: Any = None, **fields: Any) -> list[str]:
    return lines(post(client, "calls", query, ids, **ROOMS | fields))


def test_it_works(client, staff):
    rows.calls(staff, 4, status="ended")
    rows.calls(staff, 2, status="active")
    assert len(file(client)) == 6
    assert len(file(client, "status__exact=ended")) == 4
    assert act(client, "calls", "status__exact=active").context["preview"].row_count == 2


def test_ticked_rows_and_no_others(client, staff):
    calls = rows.calls(staff, 5)
    assert file(client, ids=[calls[1].pk, calls[3].pk]) == ["room-1", "room-3"]
    [record] = records()
    assert record.options["selection"] == {
        "list": "",
        "order": "dataset",
        "ids": [str(calls[1].pk), str(calls[3].pk)],
    }


def test_a_row_that_was_ticked_and_left_the_list_is_left_out(client, staff):
    calls = rows.calls(staff, 2, status="ended")
    type(calls[0]).objects.filter(pk=calls[0].pk).update(status="active")
    assert file(client, "status__exact=ended", [call.pk for call in calls]) == ["room-1"]


def test_all_means_every_page(client, staff, monkeypatch):
    from exports.contrib.telephony.admin import CallLogAdmin

    monkeypatch.setattr(CallLogAdmin, "list_per_page", 2)
    rows.calls(staff, 5)
    assert len(client.get(changelist("calls", "p=2")).context["cl"].result_list) == 2
    assert len(file(client, "p=2")) == 5
    assert records()[0].options["selection"] == {"list": "", "order": "dataset"}


def test_the_search(client, staff):
    rows.calls(staff, 3)
    rows.call(staff, phone_number="+4930555")
    assert file(client, "q=room-1") == ["room-1"]
    assert file(client, "q=555") == ["room"]
    assert file(client, "q=nobody") == []


def test_the_date_hierarchy(client, staff):
    for day in (1, 2, 3):
        rows.call(staff, livekit_room_name=f"day-{day}", started_at=NOON.replace(day=day))
    query = "started_at__year=2024&started_at__month=1&started_at__day=2"
    assert file(client, query) == ["day-2"]


def test_the_lists_order(client, staff):
    for room, minute in (("b", 1), ("a", 2), ("c", 3)):
        rows.call(staff, livekit_room_name=room, started_at=NOON + dt.timedelta(minutes=minute))
    assert file(client) == ["b", "a", "c"]
    assert file(client, _order="list") == ["c", "a", "b"]
    number = 1 + client.get(changelist("calls")).context["cl"].list_display[1:].index("livekit_room_name")
    assert file(client, f"o={number}", _order="list") == ["a", "b", "c"]
    assert file(client, f"o=-{number}", _order="list") == ["c", "b", "a"]
    assert file(client, f"o=-{number}", _order="dataset") == ["b", "a", "c"]


@pytest.mark.parametrize(("query", "order"), [("", "dataset"), ("q=room", "dataset"), ("o=1", "list")])
def test_the_lists_order_is_offered_where_somebody_sorted_it(client, staff, query, order):
    rows.call(staff)
    page = act(client, "calls", query)
    assert page.context["choice"].order == order
    assert f'<option value="{order}" selected>' in page.text


def test_the_order_stands_in_the_record(client, staff):
    rows.call(staff)
    file(client, "o=1&q=room", _order="list")
    assert records()[0].options["selection"] == {"list": "o=1&q=room", "order": "list"}


def test_any_other_order_is_the_datasets(client, staff):
    rows.calls(staff, 2)
    assert file(client, _order="?") == ["room-0", "room-1"]


@pytest.mark.parametrize(
    "query",
    [
        "nothing=1",
        "status__nothing=1",
        "started_at__gte=yesterday",
        "started_at__year=1&started_at__month=13",
        "q=%00",
        "phone_number=%00",
    ],
)
def test_an_address_that_is_not_valid_exports_nothing(client, staff, query):
    rows.call(staff)
    page = post(client, "calls", query)
    assert page.status_code == 400
    assert "The list has a filter that is not valid." in page.text
    assert records() == []


@pytest.mark.parametrize(
    "query", ["started_at__year=9999", "created_at__year=0", "direction__regex=(", "cost__range=1"]
)
@pytest.mark.parametrize("show", [{}, {"_preview": "1"}])
def test_an_address_that_fails_once_the_database_is_asked(client, staff, query, show):
    """The list itself lets it through."""
    rows.call(staff)
    page = post(client, "calls", query, **show)
    assert page.status_code == 400
    assert "The list has a filter that is not valid." in page.text
    assert records() == []


def test_an_id_that_is_too_large(client, staff):
    rows.host(staff, rows.network(staff))
    answer = post(client, "hosts", ids=["9" * 30])
    assert answer.status_code in (200, 400)  # PostgreSQL compares it, SQLite can't
    assert [record.row_count for record in records()] in ([0], [])


def test_ids_stand_in_the_record_as_their_field_spells_them(client, staff):
    host = rows.host(staff, rows.network(staff))
    post(client, "hosts", ids=["0" * 2000 + str(host.pk), host.pk]).getvalue()
    assert records()[0].options["selection"]["ids"] == [str(host.pk)]


def test_a_lookup_by_what_refers_to_the_rows_is_forbidden(client, staff):
    """It would tell which of other tenants' rows do."""
    rows.host(staff, rows.network(staff))
    answer = client.get("/admin/netscan/network/?hosts__id__lt=100")
    assert answer.status_code == 400


def test_a_lookup_that_the_admin_forbids_exports_nothing(client, staff):
    rows.call(staff)
    assert post(client, "calls", "user__password__startswith=a").status_code == 400
    assert records() == []


@pytest.mark.parametrize("ids", [["nothing"], ["\0"], ["1", "*"]])
def test_ids_that_are_none(client, staff, ids):
    rows.call(staff)
    assert post(client, "calls", ids=ids).status_code == 400
    assert records() == []


def test_an_id_that_no_database_holds(rf, staff):
    """A key of text takes any: PostgreSQL would fail at this one."""
    request = rf.post("/", {"_selected_action": "\0"})
    request.user = staff
    with pytest.raises(IncorrectLookupParameters):
        posted(request, admin.site.get_model_admin(type(staff)))


@pytest.mark.parametrize("text", ["", "1", "null", "[1]", '{"a": 1}', '"a"', '["\\ud800"]', "[" * 100_000])
def test_a_field_of_ids_that_is_none(client, staff, text):
    rows.call(staff)
    answer = client.post(EXPORT, {"select_across": "", "_ids": text})
    assert answer.status_code == 400
    assert "Open the list and choose again." in answer.text
    assert records() == []


def test_the_field_of_ids(client, staff):
    calls = rows.calls(staff, 3)
    posted = {"_ids": json.dumps([str(calls[2].pk)]), "_selected_action": [calls[0].pk]} | ROOMS
    assert lines(client.post(EXPORT, posted)) == ["room-2"]
    assert records()[0].options["selection"]["ids"] == [str(calls[2].pk)]


@pytest.mark.parametrize("key", ["\0", "\ud800"])
def test_an_id_in_the_field_that_no_database_holds(rf, staff, key):
    request = rf.post("/", {"_ids": json.dumps([key])})
    request.user = staff
    with pytest.raises(IncorrectLookupParameters):
        posted(request, admin.site.get_model_admin(type(staff)))


def test_nothing_ticked_is_nothing_exported(client, staff):
    rows.call(staff)
    assert lines(post(client, "calls", ids=[])) == []


@pytest.fixture
def orders(staff, settings) -> list[Order]:
    """Two new orders with several lines each, and a paid one without."""
    settings.ROOT_URLCONF = "tests.admin.urls"
    found = []
    for number, (status, articles) in enumerate(
        [("new", ["tea", "tea", "rum"]), ("new", ["tea", "ale"]), ("paid", [])]
    ):
        customer = Customer.objects.create(email=f"{'bca'[number]}@example.com")
        found.append(Order.objects.create(tenant=staff, customer=customer, number=number, status=status))
        for article in articles:
            Line.objects.create(order=found[-1], article=article, price=1)
    return found


def test_a_search_over_a_to_many_relation(client, orders):
    page = act(client, "orders", path=f"{ORDERS}?q=tea")
    assert page.context["preview"].row_count == 2
    answer = post(client, "orders", "q=tea", path=ORDERS, **columns("number", "lines"))
    assert lines(answer) == ["0,3", "1,2"]  # the dataset's own count, which the search does not narrow


@pytest.mark.parametrize(
    ("sort", "found"),
    [("3", ["2", "1", "0"]), ("-3", ["0", "1", "2"]), ("4", ["1", "0", "2"]), ("-4", ["2", "0", "1"])],
)
def test_the_order_of_an_annotation_and_of_an_expression(client, orders, sort, found):
    answer = post(client, "orders", f"o={sort}", path=ORDERS, _order="list", **NUMBERS)
    assert lines(answer) == found


def test_search_and_order_together(client, orders):
    answer = post(client, "orders", "q=tea&o=-3", path=ORDERS, _order="list", **NUMBERS)
    assert lines(answer) == ["0", "1"]


def test_a_computed_column(client, orders):
    answer = post(client, "computed-orders", "o=-1", path=ORDERS, _order="list", **columns("number", "shout"))
    assert lines(answer) == ["2,'=PAID!", "1,'=NEW!", "0,'=NEW!"]


def test_rows_that_the_dataset_leaves_out(client, orders):
    Order.objects.filter(number=0).update(removed=True)
    assert lines(post(client, "orders", path=ORDERS, **NUMBERS)) == ["1", "2"]
    page = post(client, "orders", ids=[order.pk for order in orders], path=ORDERS, _preview="1")
    assert page.context["preview"].row_count == 2


@pytest.fixture
def superuser(staff) -> Any:
    staff.is_superuser = True
    staff.save()
    return staff


def test_a_proxy_is_the_same_table(client, orders, superuser):
    path = "/strangers/engine/paidorder/"
    page = act(client, "orders", path=path)
    assert page.context["preview"].row_count == 1
    assert lines(post(client, "orders", path=path, **NUMBERS)) == ["2"]
