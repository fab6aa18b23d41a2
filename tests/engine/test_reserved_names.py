"""The doors' own paths, which no dataset may be named for."""

import pytest

from exports import ModelExport
from exports.checks import check_definition
from tests.engine.models import Order

# No database has a part in it.
pytestmark = pytest.mark.sqlite


def ids(name: str) -> list[str]:
    attributes = {"model": Order, "name": name, "scope_field": "tenant", "columns": ["number"]}
    return [message.id for message in check_definition(type("Declared", (ModelExport,), attributes)())]


@pytest.mark.parametrize(
    "name",
    ["jobs", "logs", "info", "health", "templates", "schedules", "schema", "history", "usage", "keys"],
)
def test_it_works(name):
    assert ids(name) == ["exports.E002"]


@pytest.mark.parametrize("name", ["job", "jobs-done", "key", "usages", "information"])
def test_names_that_look_like_them_are_free(name):
    assert ids(name) == []
