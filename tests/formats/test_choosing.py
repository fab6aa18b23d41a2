"""Formats that are not there, and options that mean nothing to the one that was asked for."""

import pytest

from tests.api.conftest import get  # noqa: F401 - a fixture
from tests.web.html import parse

# What is read of a database is the same text on each: tests/processes/test_same_bytes.py.
pytestmark = [pytest.mark.sqlite, pytest.mark.django_db]
PARQUET = "application/vnd.apache.parquet"
CALLS = "/api/exports/calls"


@pytest.fixture
def without_pyarrow(monkeypatch):
    monkeypatch.setattr("exports.encoders.find_spec", lambda name: None)


def offered(client, user) -> list[str]:
    client.force_login(user)
    page = parse(client.get("/exports/calls/").content.decode())
    return [box["value"] for box in page.all("input", name="format")]


def informed(get) -> set[str]:  # noqa: F811
    """What the datasets' descriptions list, in their order."""
    return {",".join(found["formats"]) for found in get("/api/exports/info").json["exports"]}


def test_every_format_is_offered(get, client, user):  # noqa: F811
    assert informed(get) == {"csv,jsonl,xlsx,parquet"}
    assert offered(client, user) == ["csv", "jsonl", "xlsx", "parquet"]
    assert get(CALLS, Accept=PARQUET).headers["Content-Type"] == PARQUET


def test_parquet_is_not_offered_without_its_library(get, client, user, without_pyarrow):  # noqa: F811
    assert informed(get) == {"csv,jsonl,xlsx"}
    assert offered(client, user) == ["csv", "jsonl", "xlsx"]


def test_parquet_without_its_library_is_refused_with_what_to_install(get, without_pyarrow):  # noqa: F811
    answer = get(CALLS, {"format": "parquet"})
    assert (answer.status, answer.errors) == (400, [("not_installed", "format")])
    assert "pip install django-exports[parquet]" in answer.json["errors"][0]["detail"]


def test_nor_can_it_be_negotiated(get, without_pyarrow):  # noqa: F811
    answer = get(CALLS, Accept=PARQUET)
    assert (answer.status, answer.errors) == (406, [("not_acceptable", None)])
    assert get(CALLS, Accept=f"{PARQUET}, text/csv;q=0.5").headers["Content-Type"] == "text/csv"


@pytest.mark.parametrize(
    ("format", "option", "value"),
    [
        *((format, "formulas", "escape") for format in ("jsonl", "xlsx", "parquet")),
        *((format, "dialect", "excel") for format in ("jsonl", "xlsx", "parquet")),
        *((format, "overlong", "cut") for format in ("csv", "jsonl", "parquet")),
        ("", "overlong", "reject"),
    ],
)
def test_an_option_of_another_format_is_refused_by_its_name(get, format, option, value):  # noqa: F811
    answer = get(CALLS, {option: value} | ({"format": format} if format else {}))
    assert (answer.status, answer.errors) == (400, [("does_not_apply", option)])
