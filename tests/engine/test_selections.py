"""Rows that a door has chosen beforehand: they narrow an export and never widen it."""

import pytest
from django.db.models import Count, F, Value
from django.db.models.functions import Mod
from django.http import QueryDict

from exports import engine
from exports.caller import Caller
from exports.models import ExportLog
from exports.parameters import Selection
from tests.engine.models import Customer, Line, Order


@pytest.fixture
def numbers(user):
    """numbers(rows, query, ordered=…): the order numbers in the file of an export of this selection."""

    def export(rows, query: str = "", **chosen) -> list[int]:
        caller = Caller(user=user, door=ExportLog.Door.WEB)
        selection = Selection(rows=rows, **chosen)
        stream = engine.start("orders", caller, QueryDict(f"columns=number&{query}"), selection)
        return [int(line) for line in b"".join(stream).decode().split()[1:]]

    return export


@pytest.fixture
def orders(user, make_order):
    return [make_order(user, number, status="paid" if number % 2 else "new") for number in (3, 1, 4, 5, 2)]


def test_it_works(numbers, orders):
    assert numbers(Order.objects.filter(number__gt=2)) == [3, 4, 5]


def test_filters_still_apply(numbers, orders):
    assert numbers(Order.objects.filter(number__gt=2), "status=paid") == [3, 5]


def test_neither_a_stranger_s_rows_nor_hidden_ones_come_in(numbers, orders, stranger, user, make_order):
    make_order(stranger, 7)
    make_order(user, 8, removed=True)
    assert numbers(Order.everything.all()) == [1, 2, 3, 4, 5]


def test_a_selection_in_its_own_order(numbers, orders):
    rows = Order.objects.order_by("-status", "-number")
    assert numbers(rows, ordered=True) == [5, 3, 1, 4, 2]
    assert numbers(rows) == [1, 2, 3, 4, 5]


def test_equal_rows_are_in_the_order_of_their_keys(numbers, orders):
    assert numbers(Order.objects.order_by("status"), ordered=True) == [4, 2, 3, 1, 5]


@pytest.mark.parametrize(
    "key", ["-line_count", F("line_count").desc(), Mod(F("number"), Value(3)).desc(), "-customer__email"]
)
def test_orders_that_the_dataset_does_not_know(numbers, orders, key):
    """What the admin's own annotations count, expressions, and fields of other models."""
    for order in orders:
        lines = [Line(order=order, article="a", price=1)] * (order.number % 3)
        Line.objects.bulk_create(Line(order=order, article="a", price=1) for _ in lines)
        Order.objects.filter(pk=order.pk).update(
            customer=Customer.objects.create(email=f"{order.number % 3}@example.com")
        )
    rows = Order.objects.annotate(line_count=Count("lines")).order_by(key, "-pk")
    assert numbers(rows, ordered=True) == [2, 5, 4, 1, 3]


def test_an_annotation_that_has_the_name_of_a_field_elsewhere(numbers, orders):
    rows = Order.objects.annotate(lines_count=Value(0) - F("number")).order_by("lines_count")
    assert numbers(rows, ordered=True) == [5, 4, 3, 2, 1]


def test_a_distinct_selection(numbers, orders):
    for order in orders:
        Line.objects.bulk_create(Line(order=order, article="a", price=1) for _ in range(2))
    rows = Order.objects.filter(lines__article="a", number__lt=3).distinct()
    assert numbers(rows) == [1, 2]
    assert numbers(rows.order_by("-number"), ordered=True) == [2, 1]


def test_the_record_says_what_was_chosen(numbers, orders, user):
    numbers(Order.objects.all(), description={"keys": ["1", "2"]})
    assert ExportLog.objects.get().options["selection"] == {"keys": ["1", "2"]}
