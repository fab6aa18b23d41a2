"""Checks of what no export can be made of, and of what it can be made of only at a price."""

import pytest
from django.db import connection

from exports import ModelExport
from exports.checks import check_definition, check_exports
from tests.engine.models import Order

COMBINATIONS = ["union", "intersection", "difference"]


def combined(how: str):
    def get_queryset(self):
        return getattr(Order.everything.filter(number=1), how)(Order.everything.filter(number__lt=2))

    return get_queryset


@pytest.mark.parametrize("how", COMBINATIONS)
def test_a_combined_queryset_is_an_error(how):
    """It can't be filtered: a tenant's rows could not be told from another's."""
    attributes = {
        "model": Order,
        "name": "combined",
        "scope_field": "tenant",
        "columns": ["number"],
        "get_queryset": combined(how),
    }
    definition = type("Declared", (ModelExport,), attributes)()
    assert [message.id for message in check_definition(definition)] == ["exports.E004"]


def test_without_server_side_cursors_there_is_a_warning(monkeypatch):
    monkeypatch.setitem(connection.settings_dict, "DISABLE_SERVER_SIDE_CURSORS", True)
    [warning] = check_exports()
    assert warning.id == "exports.W003"
    assert "'default'" in warning.msg


def test_with_them_there_is_none(monkeypatch):
    monkeypatch.setitem(connection.settings_dict, "DISABLE_SERVER_SIDE_CURSORS", False)
    assert check_exports() == []
