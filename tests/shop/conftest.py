"""Two tenants whose primary keys are not their user names, and what they sell."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission

from tests.shop.models import Product, Shop, Supplier

NOON = dt.datetime(2024, 1, 15, 12, tzinfo=dt.UTC)


@pytest.fixture
def make_owner(db) -> Callable[..., Any]:
    """make_owner(pk, username): a user who may export by every door, as staff and as anybody."""

    def make(pk: str, username: str) -> Any:
        user = get_user_model().objects.create_user(id=pk, username=username, is_staff=True)
        user.user_permissions.add(
            *Permission.objects.filter(content_type__app_label="shop", content_type__model="product")
        )
        return user

    return make


@pytest.fixture
def stock() -> Callable[..., list[Product]]:
    """stock(owner, *names): products in a shop of the owner's; `deleted=True` makes deleted ones."""

    def stock(owner: Any, *names: str, deleted: bool = False) -> list[Product]:
        shop, _ = Shop.objects.get_or_create(owner=owner, name=f"At {owner.username}'s")
        supplier, _ = Supplier.objects.get_or_create(name="Mill & Sons")
        return [
            Product.objects.create(
                shop=shop,
                supplier=supplier,
                name=name,
                price=Decimal("2.50"),
                deleted_at=NOON if deleted else None,
            )
            for name in names
        ]

    return stock


@pytest.fixture
def ada(make_owner) -> Any:
    """The tenant that asks."""
    return make_owner("7", "ada")


@pytest.fixture
def grace(make_owner) -> Any:
    """Another tenant, of whom nothing may be seen."""
    return make_owner("8", "grace")
