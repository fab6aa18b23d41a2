"""Computed columns that say what type their values have, for the formats that have types."""

import json
from decimal import Decimal

import pytest
from django.db import models

import exports

pytestmark = pytest.mark.django_db


@pytest.fixture
def file(download, make_order, user, monkeypatch):
    """file(value, output_field, format="csv"): the one cell's line of an export that computes it."""
    make_order(user, 1)

    def get(value: object, output_field: models.Field | None, **params: str) -> str:
        column = exports.Column("x", source=lambda order: value, output_field=output_field)
        monkeypatch.setattr("tests.engine.exports.OrderExport.columns", [column])
        return download("orders", **params).decode().splitlines()[-1]

    return get


def test_it_works(file):
    assert file("7", models.IntegerField(), format="jsonl") == '{"x":7}'
    assert file("7", None, format="jsonl") == '{"x":"7"}'
    assert file(7, None, format="jsonl") == '{"x":"7"}'


@pytest.mark.parametrize("value", [{"b": [1, None]}, ["x", 1.5], "a", "[", 5, True])
def test_json_is_a_value_of_python(file, value):
    line = file(value, models.JSONField(), format="jsonl")
    assert json.loads(line) == {"x": value}


@pytest.mark.parametrize(
    ("value", "field", "cell"),
    [
        (5, models.DecimalField(max_digits=9, decimal_places=2), "5"),
        (Decimal("1.50"), models.DecimalField(max_digits=9, decimal_places=2), "1.50"),
        ("=1+1", models.IntegerField(), "'=1+1"),
        ("=1+1", models.UUIDField(), "'=1+1"),
        ("no date", models.DateField(), "no date"),
        (1, models.BooleanField(), "true"),
    ],
)
def test_a_value_of_another_type_stands_as_its_own_type_says(file, value, field, cell):
    assert file(value, field) == cell


def test_what_is_no_value_of_the_type_does_not_break_the_json(file):
    for field in (models.UUIDField(), models.DateField(), models.BinaryField(), models.BooleanField()):
        json.loads(file('a"b', field, format="jsonl"))
