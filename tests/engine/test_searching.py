"""Rows found by their names: a tenant's own, in part, and bounded."""

import pytest

from exports import Search
from exports.scope import Scope
from exports.searching import MOST_MATCHES, MOST_WORDS
from tests.engine.models import Order

ORDERS = Search(rows=Order, scope_field="tenant", fields=["status", "customer__email"], notes=["number"])


@pytest.fixture
def find(user):
    """The names that are found of the user's, and whether there are more."""

    def find(text: str, search: Search = ORDERS) -> tuple[list[str], bool]:
        matches, more = search.find(Scope(str(user.pk)), text)
        return [match.name for match in matches], more

    return find


def test_it_works(user, make_order):
    order = make_order(user, 7, status="Support desk")
    [match], more = ORDERS.find(Scope(str(user.pk)), "desk")
    assert (match.value, match.name, more) == (str(order.pk), "Support desk", False)
    assert match.notes == (order.customer.email, 7)


def test_each_word_stands_in_one_of_the_fields_in_any_case(find, user, make_order):
    order = make_order(user, 1, status="Support desk")
    make_order(user, 2, status="Sales")
    name = order.customer.email.partition("@")[0]
    for text in ("desk support", "SUPPORT", "upp", f"desk {name}", "  desk  "):
        assert find(text) == (["Support desk"], False), text
    for text in ("desk sales", "%", "_", "desk nobody"):
        assert find(text) == ([], False), text


def test_no_text_finds_the_first_ones_by_name(find, user, make_order):
    for number, status in enumerate(["c", "a", "b"]):
        make_order(user, number, status=status)
    assert find("") == (["a", "b", "c"], False)


def test_only_the_tenant_s_are_found(find, stranger, make_order):
    order = make_order(stranger, 1, status="Support desk")
    assert find("desk") == ([], False)
    assert find("") == ([], False)
    assert ORDERS.named(Scope(str(stranger.pk)), str(order.pk)).name == "Support desk"
    assert ORDERS.named(Scope("user-123"), str(order.pk)) is None


def test_all_tenants_are_found_by_who_may_see_all(user, stranger, make_order):
    make_order(user, 1, status="desk 1")
    make_order(stranger, 2, status="desk 2")
    matches, _ = ORDERS.find(Scope("*", all_tenants=True), "desk")
    assert [match.name for match in matches] == ["desk 1", "desk 2"]


def test_no_more_than_a_person_looks_through(find, user, make_order):
    for number in range(MOST_MATCHES):
        make_order(user, number, status=f"desk {number:02}")
    assert find("desk") == ([f"desk {number:02}" for number in range(MOST_MATCHES)], False)
    make_order(user, MOST_MATCHES, status="desk 99")
    assert find("desk") == ([f"desk {number:02}" for number in range(MOST_MATCHES)], True)


@pytest.mark.parametrize("text", ["a\0", "\x07", "a" * 201, "\ud800", "a " * (MOST_WORDS + 1)], ids=ascii)
def test_what_can_be_no_name_finds_nothing(find, user, make_order, text):
    make_order(user, 1, status="a")
    assert find(text) == ([], False)


@pytest.mark.parametrize("value", ["", "x", "1\0", "\ud800", "9" * 40, "-1", "1.0"], ids=ascii)
def test_what_is_no_key_is_called_nothing(user, make_order, value):
    make_order(user, 1)
    assert ORDERS.named(Scope(str(user.pk)), value) is None


def test_a_queryset_says_which_rows_there_are(find, user, make_order):
    make_order(user, 1, status="desk", removed=True)
    make_order(user, 2, status="desk")
    assert find("desk") == (["desk"], False)
    everything = Search(
        rows=Order.everything.all, scope_field="tenant", fields=["status"], ordering=["-number"]
    )
    assert find("desk", everything) == (["desk", "desk"], False)
    matches, _ = everything.find(Scope(str(user.pk)), "")
    assert [match.value for match in matches] == [
        str(order.pk) for order in Order.everything.order_by("-number")
    ]


def test_a_row_without_a_name_is_called_by_its_value(user, make_order):
    order = make_order(user, 1, status="")
    [match], _ = ORDERS.find(Scope(str(user.pk)), "")
    assert match.name == str(order.pk)


@pytest.fixture
def called(user):
    """The names of the user's that are called so."""

    def called(text: str) -> list[str] | None:
        found = ORDERS.called(Scope(str(user.pk)), text)
        return None if found is None else [match.name for match in found]

    return called


def test_rows_that_are_called_so(called, user, stranger, make_order):
    order = make_order(user, 1, status="Support desk")
    make_order(user, 2, status="Support desk 2")
    make_order(stranger, 3, status="Support desk")
    assert called(order.customer.email.upper()) == ["Support desk", "Support desk 2"]
    for text in ("Support desk", "SUPPORT desk", " Support desk "):
        assert called(text) == ["Support desk"], text
    for text in ("Support", "%", "Support_desk", "Support desk%"):
        assert called(text) == [], text


def test_those_to_the_letter_come_before_others(called, user, make_order):
    for number, status in enumerate([*(30 * ["DESK"]), "desk", "Desk", "desk"]):
        make_order(user, number, status=status)
    assert called("Desk") == ["Desk"]  # among however many others
    assert called("desk") == ["desk", "desk"]
    assert called("DESK") == ["DESK", "DESK"]  # two are several
    assert len(called("dESK")) == 2


@pytest.mark.parametrize("text", ["", "  ", "a\0", "\x07", "a" * 201, "\ud800"], ids=ascii)
def test_nothing_is_called_what_can_be_no_name(called, user, make_order, text):
    make_order(user, 1, status=" ")
    assert called(text) is None
