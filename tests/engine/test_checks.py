"""A misdeclared export fails at `manage.py check`, with a number."""

from dataclasses import replace

import django_filters
import pytest
from django.db.models import F, Value
from django.db.models.functions import Coalesce, Lower

from exports import Column, ModelExport, Search, masks
from exports.checks import check_definition, check_exports
from tests.engine.exports import OrderFilters
from tests.engine.models import Customer, Line, Order, Sample

GOOD = {"model": Order, "name": "good", "scope_field": "tenant", "columns": ["number"], "ordering": ["pk"]}

BY_STATUS = Search(rows=Order, scope_field="tenant", fields=["status"])
SAMPLE = {"model": Sample, "scope_field": "owner", "columns": ["text"]}


# There is a sensitive dataset among those of the tests.
SOMEWHERE = {"SENSITIVE_NETWORKS": ["192.0.2.0/24"]}


def mask(text: str) -> str:
    return "***"


def ids(**attributes) -> list[str]:
    definition = type("Declared", (ModelExport,), GOOD | attributes)()
    return [message.id for message in check_definition(definition)]


def test_it_works():
    assert ids() == []
    assert ids(columns=["number", Column("x", Lower("status")), Column("y", lambda order: 1)]) == []


class AmongRows(django_filters.FilterSet):
    customer = django_filters.ModelChoiceFilter(queryset=Customer.objects.all())


class ClashingFilters(OrderFilters):
    columns = OrderFilters.declared_filters["article"]


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ({"name": "no slug"}, ["exports.E001"]),
        ({"name": "logs"}, ["exports.E002"]),
        ({"scope_field": ""}, ["exports.E003"]),
        ({"scope_field": "tennant"}, ["exports.E003"]),
        ({"get_queryset": lambda self: Order.objects.distinct()}, ["exports.E004"]),
        ({"get_queryset": lambda self: Order.objects.all()[:5]}, ["exports.E004"]),
        ({"columns": []}, ["exports.E005"]),
        ({"columns": ["number", Column("number", "pk")]}, ["exports.E006"]),
        ({"columns": ["numbr"]}, ["exports.E007"]),
        ({"columns": [Column("a", F("customer__mail"))]}, ["exports.E007"]),
        ({"columns": [Column("a", Coalesce("number", "status"))]}, ["exports.E007"]),
        ({"columns": [Column("a", Value(None))]}, ["exports.E007"]),
        ({"ordering": []}, ["exports.E008"]),
        ({"ordering": ["nothing", "pk"]}, ["exports.E008"]),
        ({"ordering": ["number"]}, ["exports.E009"]),
        (SAMPLE | {"ordering": ["moment", "pk"]}, ["exports.E010"]),
        ({"filterset_class": ClashingFilters}, ["exports.E011"]),
        (SAMPLE | {"created_field": "moment"}, ["exports.E025"]),
        (SAMPLE | {"created_field": "day"}, ["exports.E025"]),
        ({"created_field": "nothing"}, ["exports.E025"]),
        ({"searches": {"number": BY_STATUS}}, ["exports.E031"]),
        ({"filterset_class": OrderFilters, "searches": {"status": BY_STATUS}}, []),
        (
            {"filterset_class": OrderFilters, "searches": {"status": replace(BY_STATUS, fields=["name"])}},
            ["exports.E032"],
        ),
        (
            {"filterset_class": OrderFilters, "searches": {"status": replace(BY_STATUS, scope_field="")}},
            ["exports.E032"],
        ),
        (
            {
                "filterset_class": OrderFilters,
                "searches": {"status": replace(BY_STATUS, fields=[], ordering=["-pk"])},
            },
            ["exports.E032"],
        ),
        ({"model": Customer, "scope_field": "order__tenant", "columns": ["email"]}, ["exports.E013"]),
        ({"filterset_class": AmongRows}, ["exports.W004"]),
        ({"name": "n" * 101}, ["exports.E001"]),
        ({"columns": [Column("a\x07", "number")]}, ["exports.E014"]),
        ({"columns": [Column("a,b", "number")]}, ["exports.W001"]),
        ({"ordering": ["status", "pk"]}, ["exports.W002"]),
        ({"permission": "export orders"}, ["exports.E016"]),
        ({"columns": [Column("number", permission="see_numbers")]}, ["exports.E016"]),
        ({"rate": "often"}, ["exports.E017"]),
        ({"rate": ""}, ["exports.E017"]),
        ({"filterset_class": OrderFilters, "columns": [Column("status", mask=mask)]}, ["exports.W006"]),
        (
            {"filterset_class": OrderFilters, "columns": [Column("x", F("status"), mask=mask)]},
            ["exports.W006"],
        ),
        ({"columns": [Column("number", mask="***")]}, ["exports.E019"]),
        ({"columns": [Column("number", mask=masks.PhoneNumberMask)]}, ["exports.E019"]),
        (
            {"filterset_class": OrderFilters, "columns": [Column("hidden", "number", permission="a.b")]},
            ["exports.W006"],
        ),
    ],
)  # fmt: skip
def test_each_mistake_has_its_number(attributes, expected):
    assert ids(**attributes) == expected


def test_sensitive_datasets_need_a_list_of_networks(settings):
    assert ids(sensitive=True) == []
    settings.EXPORTS = {}
    assert ids(sensitive=True) == ["exports.W005"]


def test_a_plan_for_a_dataset_that_does_not_exist(settings):
    limits = {"RATE": "1/d"}
    for name, expected in (("orders", []), ("ordres", ["exports.E018"])):
        settings.EXPORTS = SOMEWHERE | {"PLANS": {"free": {"DATASETS": {name: limits}}}}
        assert [message.id for message in check_exports()] == expected


def test_a_scope_may_lead_over_relations():
    assert ids(model=Line, scope_field="order__tenant", columns=["article"]) == []
    assert ids(model=Customer, columns=["email"], scope_field="tenant") == ["exports.E003"]


def test_the_settings_are_checked_too(settings):
    for name in ("SCOPE_RESOLVER", "TERMS_RESOLVER"):
        settings.EXPORTS = SOMEWHERE | {name: "nowhere.to.be.found"}
        [message] = check_exports()
        assert (message.id, name in message.msg) == ("exports.E012", True)


def test_a_setting_that_does_not_exist_is_an_error(settings):
    from django.core.exceptions import ImproperlyConfigured

    settings.EXPORTS = {"MAX_ROW": 5}
    with pytest.raises(ImproperlyConfigured, match="MAX_ROW"):
        check_exports()


LIMITS = [
    *("MAX_SECONDS", "MIN_BYTES_PER_SECOND", "MAX_SPOOL_BYTES"),
    *("MAX_CONCURRENT", "MAX_CONCURRENT_PER_USER"),
]
WRONG_RATES = ["", "ten/h", "10/0h", "10"]


@pytest.mark.parametrize(
    "wrong",
    [
        *({"CHUNK_SIZE": 0}, {"MAX_ROWS": -1}, {"PARALLEL": 0}),
        *({"RATE": rate} for rate in WRONG_RATES),
        *({name: value} for name in LIMITS for value in (0, -1)),
    ],
)
def test_a_value_that_can_not_be_is_an_error(settings, wrong):
    from django.core.exceptions import ImproperlyConfigured

    settings.EXPORTS = wrong
    with pytest.raises(ImproperlyConfigured, match=f"'{next(iter(wrong))}'"):
        check_exports()


@pytest.mark.parametrize(
    "right",
    [
        *({"RATE": None}, {"RATE": "0/s"}, {"RATE": "5/10m"}, {"MAX_ROWS": 0}),
        *({name: value} for name in LIMITS for value in (1, None)),
    ],
)
def test_the_edges_of_what_can_be(settings, right):
    settings.EXPORTS = SOMEWHERE | right
    assert check_exports() == []
