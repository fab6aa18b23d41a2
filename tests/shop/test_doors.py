"""Ten lines about a model that is none of ours, and it has every door; each gives the same file."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from exports.encoders import ENCODERS
from exports.models import ExportLog
from tests.shop.doors import DATASET, DOORS
from tests.shop.models import Supplier

pytestmark = [pytest.mark.django_db, pytest.mark.parametrize("door", DOORS)]

HEADER = b"id,name,price,in_stock,supplier,label\r\n"


def line(product) -> bytes:
    """What the file says of a product."""
    columns = (product.pk, product.name, "2.50", "true", "Mill & Sons", f"At ada's: {product.name}")
    return ",".join(map(str, columns)).encode() + b"\r\n"


def test_it_works(client, ada, grace, stock, door):
    bread, _hers, cake = [*stock(ada, "Bread"), *stock(grace, "Coal"), *stock(ada, "Cake")]
    assert DOORS[door](client, ada) == HEADER + line(bread) + line(cake)


def test_the_record_names_the_door(client, ada, stock, door):
    stock(ada, "Bread")
    body = DOORS[door](client, ada)
    record = ExportLog.objects.get()
    assert (record.door, record.user, record.tenant, record.export_type) == (door, "7", "7", DATASET)
    assert (record.outcome, record.row_count, record.byte_count) == ("succeeded", 1, len(body))
    assert record.source.endswith("computed in Python: label")


def test_a_stranger_gets_nothing(client, ada, grace, stock, door):
    stock(ada, "Bread", "Cake")
    assert DOORS[door](client, grace) == HEADER


def test_what_was_deleted_stays_out(client, ada, stock, door):
    stock(ada, "Stale bread", deleted=True)
    [cake] = stock(ada, "Cake")
    assert DOORS[door](client, ada) == HEADER + line(cake)


def test_filters_and_columns(client, ada, stock, door):
    _cake, bread = stock(ada, "Cake", "Bread")
    bread.supplier = Supplier.objects.create(name="Oven")
    bread.save()
    stock(ada, "Stale bread", deleted=True)
    assert DOORS[door](client, ada, supplier="Oven", columns="label,id") == (
        f"label,id\r\nAt ada's: Bread,{bread.pk}\r\n".encode()
    )
    assert DOORS[door](client, ada, supplier="Mill & Sons", columns="label") == b"label\r\nAt ada's: Cake\r\n"
    assert DOORS[door](client, ada, in_stock="false") == HEADER


@pytest.mark.parametrize("options", [{"format": name} for name in ENCODERS] + [{"dialect": "tsv"}])
def test_every_format_is_the_same_by_every_door(client, ada, grace, stock, door, options):
    stock(ada, "Bread", "=1+1")
    stock(grace, "Coal")
    params = {"columns": "name:Title,price,label", **options}
    file = DOORS[door](client, ada, **params)
    assert file == DOORS["api"](client, ada, **params)
    assert file != DOORS[door](client, grace, **params) != DOORS[door](client, ada)
    records = ExportLog.objects.filter(door=door)
    assert {"Title"} == {name for found in records for name in found.options.get("renamed", {}).values()}


def test_more_rows_are_no_more_queries(client, ada, stock, door):
    stock(ada, "Bread")
    DOORS[door](client, ada)  # signs in, and fills the caches that last
    with CaptureQueriesContext(connection) as few:
        one = DOORS[door](client, ada)
    stock(ada, *(f"Bread {number}" for number in range(30)))
    with CaptureQueriesContext(connection) as many:
        all_of_them = DOORS[door](client, ada)
    assert (one.count(b"\r\n"), all_of_them.count(b"\r\n")) == (2, 32)
    assert len(many) == len(few)


@pytest.mark.parametrize("key", ["8", "grace"])
def test_a_user_whose_name_is_anothers_key(client, make_owner, stock, door, key):
    """`owner_id` holds names: a key that is compared with it would open somebody else's shop."""
    named, keyed = make_owner("7", key), make_owner(key, "somebody")
    stock(named, "Bread")
    assert DOORS[door](client, keyed) == HEADER
    assert b"Bread" in DOORS[door](client, named)
    stock(keyed, "Coal")
    assert b"Coal" in DOORS[door](client, keyed)
    assert b"Coal" not in DOORS[door](client, named)
