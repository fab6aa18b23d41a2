"""An export of a stranger's models: integer keys, another tenant field, a soft delete, relations."""

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from django.utils import translation

import exports
from exports import engine
from exports.caller import Caller
from exports.exceptions import AlreadyRegistered, DatasetNotFound
from exports.models import ExportLog
from exports.registry import registry
from exports.scope import Scope
from tests.engine.models import Line, Order

# No database has a part in it.
pytestmark = pytest.mark.sqlite


def test_it_works(read, make_order, user, stranger):
    make_order(user, 2, status="=paid")
    make_order(stranger, 1)
    Line.objects.create(order=make_order(user, 1), article="nail", price=1)
    assert read("orders") == [["1", "new", "c@example.com", "1"], ["2", "'=paid", "c@example.com", "0"]]


def test_the_default_manager_decides_what_there_is(read, make_order, user):
    make_order(user, 1, removed=True)
    assert read("orders") == []


def test_get_queryset_may_decide_otherwise_and_a_column_may_be_computed(read, make_order, user, stranger):
    make_order(user, 1, removed=True, status="new")
    make_order(stranger, 2)
    [[number, shout, customer]] = read("computed-orders")
    assert (number, shout) == ("1", "'=NEW!")
    assert customer.isdigit()


def test_a_name_is_the_same_in_every_language():
    class People(exports.ModelExport):
        model = get_user_model()  # whose plural is "users", and in German "Benutzer"

    with translation.override("de"):
        assert People().get_name() == "users"


def test_a_filter_over_a_to_many_relation_repeats_and_merges_nothing(read, make_order, user):
    """DISTINCT over the chosen columns would merge the two orders; without it one would stand twice."""
    for _ in range(2):
        order = make_order(user, 7)
        Line.objects.create(order=order, article="nail", price=1)
        Line.objects.create(order=order, article="nail", price=2)
    assert read("orders", article="nail", columns="number") == [["7"], ["7"]]
    assert read("orders", article="nail") == [["7", "new", "c@example.com", "2"]] * 2


def test_filters_of_several_parts_and_several_values(read, make_order, user):
    for number, status in enumerate(["new", "paid", "sent"]):
        make_order(user, number, status=status)
    assert read("orders", status=["new", "sent"], columns="number") == [["0"], ["2"]]
    assert read("orders", number_min="1", columns="number") == [["1"], ["2"]]
    assert read("orders", number_min="1", number_max="1", columns="number") == [["1"]]


@pytest.mark.parametrize(
    ("params", "attr"),
    [
        (
            {"lenient": "banana"},
            "lenient",
        ),  # django-filter's own BooleanFilter makes None of it: no filter at all
        ({"number": "5"}, "number"),
        ({"number_min": ""}, "number_min"),
        ({"status": ["new", "lost"]}, "status"),
        ({"article": " "}, "article"),
    ],
)
def test_a_lenient_filter_is_made_strict(client, auth_headers, make_order, user, params, attr):
    make_order(user, 1)
    response = client.get("/api/exports/orders", params, headers=auth_headers)
    assert response.status_code == 400
    assert [error["attr"] for error in response.json()["errors"]] == [attr]


@pytest.mark.parametrize("dataset", ["orders", "computed-orders"])
def test_the_number_of_queries_does_not_grow(client, auth_headers, make_order, user, dataset, settings):
    """Who asks; the record; a savepoint, its settings and lock; the rows; the end of both."""
    settings.EXPORTS = {"CHUNK_SIZE": 2}
    for number in range(7):
        make_order(user, number)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        response = client.get(f"/api/exports/{dataset}", headers=auth_headers)
        assert len(b"".join(response.streaming_content).splitlines()) == 8
    on_postgresql = 2 if connection.vendor == "postgresql" else 0  # the settings and the lock
    # prefetch_related is one query for each block of two, never one for each row
    prefetched = 4 if dataset == "computed-orders" else 0
    assert len(queries) == 7 + on_postgresql + prefetched, [query["sql"] for query in queries]


def test_registering(db):
    with pytest.raises(AlreadyRegistered, match="OrderExport"):

        @exports.register(Order)
        class Second(exports.ModelExport):
            name = "orders"

    with pytest.raises(DatasetNotFound):
        registry.get("nothing")
    with pytest.raises(DatasetNotFound):
        registry.unregister("nothing")


def test_no_scope_is_a_refusal(client, auth_headers, make_order, user, settings):
    """A resolver that names nobody must not mean everybody."""
    make_order(user, 1)
    settings.EXPORTS = {"SCOPE_RESOLVER": "tests.engine.test_declarations.nobody"}
    assert client.get("/api/exports/orders", headers=auth_headers).status_code == 403
    assert ExportLog.objects.get().outcome == "denied"
    with pytest.raises(exports.NotPermitted):
        Scope("")


def nobody(user, requested):
    return None


def test_a_user_whose_key_is_an_asterisk_is_nobody_special(make_order, user, stranger):
    """`*` says all tenants in a request; as a key it is one tenant like any other."""
    from django.contrib.auth import get_user_model

    star = get_user_model()(id="*", username="star")
    make_order(user, 1)
    caller = Caller(user=star, door=ExportLog.Door.API)
    assert list(engine.prepare("orders", caller, QueryDict()).queryset) == []
    assert list(engine.prepare("orders", caller, QueryDict("tenant=*")).queryset) == []
