"""Whose rows: one tenant's, said outright, or nobody's."""

import pytest

from exports import NotPermitted
from exports.scope import Scope
from tests.engine.models import Customer, Order


def test_it_works(make_order, user, stranger):
    make_order(user, 1)
    make_order(stranger, 2)
    assert [order.number for order in Scope(user.pk).filter(Order.objects.all(), "tenant")] == [1]
    everybody = Scope("*", all_tenants=True).filter(Order.objects.all(), "tenant")
    assert [order.number for order in everybody.order_by("number")] == [1, 2]


def test_nobody_is_no_scope():
    with pytest.raises(NotPermitted):
        Scope("")


def test_an_id_that_is_no_key_is_nobodys(db):
    """Integer keys and `tenant=abc`: as an id that does not exist, and no error of the server."""
    Customer.objects.create(email="c@example.com")
    assert list(Scope("abc").filter(Customer.objects.all(), "pk")) == []
    assert list(Scope("9" * 40).filter(Customer.objects.all(), "pk")) == []
