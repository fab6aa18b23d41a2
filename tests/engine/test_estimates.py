"""How large the file will be, how many rows are counted, and what somebody is told before they export."""

import gzip

import pytest
from django.db import connection
from django.http import QueryDict
from django.utils import translation

from exports import Column, engine, preview
from exports.caller import Caller
from exports.masks import phone_number
from exports.models import ExportLog
from exports.preview import caveats, sizes
from exports.registry import registry
from tests.engine.models import Sample


@pytest.fixture
def previewed(user):
    def previewed(query: str = "", dataset: str = "orders") -> preview.Preview:
        return engine.preview(dataset, Caller(user=user, door=ExportLog.Door.WEB), QueryDict(query))

    return previewed


def codes(found: preview.Preview) -> list[str]:
    return [caveat.code for caveat in found.warnings]


@pytest.mark.parametrize("query", ["", "format=jsonl", "columns=number", "dialect=excel", "compression=gzip"])
def test_it_works(previewed, download, user, make_order, query):
    for number in range(1_000, 1_020):
        make_order(user, number)
    found = previewed(query)
    # Of as many rows as were read it is the file's own size.
    assert found.size == len(download("orders", **QueryDict(query).dict()))


@pytest.mark.parametrize("query", ["", "format=jsonl", "format=xlsx", "compression=gzip", "compression=zstd"])
def test_it_is_about_the_size_of_many_rows(previewed, download, user, make_order, query):
    for number in range(400):
        make_order(user, number, status=f"{number * 7919 % 1000:03}")
    size = len(download("orders", **QueryDict(query).dict()))
    assert 0.7 * size < previewed(query).size < 1.4 * size


def test_a_file_without_rows_has_its_header(previewed, download):
    assert previewed("compression=gzip").size == len(download("orders", compression="gzip"))
    assert gzip.decompress(download("orders", compression="gzip")) == download("orders")


def test_of_what_the_format_cannot_hold_no_size_is_told(previewed, user):
    Sample.objects.create(owner=user, text="long" * 10_000)
    assert previewed("format=xlsx&columns=text", "samples").size is None
    assert previewed("format=xlsx&columns=text&overlong=cut", "samples").size > 0


@pytest.mark.parametrize("query", ["", "format=parquet", "compression=gzip"])
def test_wide_rows_are_not_tried_out(previewed, download, monkeypatch, user, query):
    for number in range(30):
        Sample.objects.create(owner=user, text=f"{number:0100}")
    monkeypatch.setattr(sizes, "MOST_CHARACTERS", 20 * 100 - 1)
    assert previewed(f"columns=text&{query}", "samples").size is None
    monkeypatch.setattr(sizes, "MOST_CHARACTERS", 20 * 100)
    size = len(download("samples", columns="text", **QueryDict(query).dict()))
    by_twenty = previewed(f"columns=text&{query}", "samples").size
    assert (by_twenty == size) == (not query)
    # With room for 200 of them, all 30 are.
    monkeypatch.setattr(sizes, "MOST_CHARACTERS", 200 * 100)
    assert previewed(f"columns=text&{query}", "samples").size == size


def test_more_rows_are_not_counted(previewed, monkeypatch, settings, user, make_order):
    monkeypatch.setattr(preview, "MOST_COUNTED", 3)
    for number in range(3):
        make_order(user, number)
    assert (previewed().row_count, previewed().more) == (3, False)
    make_order(user, 3)
    found = previewed()
    assert (found.row_count, found.more, len(found.rows), found.size) == (3, True, 4, None)
    # But as many as it takes to tell that a limit is passed.
    settings.EXPORTS = {"MAX_ROWS": 4}
    assert (previewed().row_count, previewed().limit_exceeded) == (4, False)
    make_order(user, 4)
    assert (previewed().row_count, previewed().limit_exceeded) == (5, True)


def test_nothing_is_told_of_a_few_rows(previewed, user, make_order):
    make_order(user, 1)
    assert codes(previewed()) == []


def test_what_excel_leaves_out(previewed, monkeypatch, user, make_order):
    monkeypatch.setattr(caveats, "SHEET_ROWS", 2)
    for number in range(2):
        make_order(user, number)
    assert codes(previewed()) == []
    make_order(user, 2)
    assert codes(previewed()) == codes(previewed("dialect=excel")) == ["excel_rows"]
    assert codes(previewed("format=xlsx")) == ["excel_sheets"]
    assert codes(previewed("format=jsonl")) == []
    assert "first 3 rows" in str(previewed().warnings[0].text)


def test_columns_of_which_only_a_part_is_seen(previewed, user, make_order, masked_status):
    make_order(user, 1)
    [caveat] = previewed("columns=number,status:State").warnings
    assert (caveat.code, str(caveat.text)) == (
        *("masked", "Of this column you see a part, here and in the file: State."),
    )
    assert codes(previewed("columns=number")) == []


@pytest.fixture
def masked_status(monkeypatch):
    columns = ["number", Column("status", mask=phone_number)]
    monkeypatch.setattr(type(registry.get("orders")), "columns", columns)


def test_why_rows_come_slowly(previewed, monkeypatch, settings, user, make_order):
    monkeypatch.setattr(caveats, "SLOW_ROWS", 2)
    make_order(user, 1)
    assert codes(previewed("", "computed-orders")) == []
    make_order(user, 2)
    [caveat] = previewed("", "computed-orders").warnings
    assert caveat.code == "slow_source"
    assert "because columns are computed in Python: " in str(caveat.text)
    assert ("In the background" in str(caveat.text)) == (settings.EXPORTS.get("STORAGE") is not None)
    with translation.override("de"):
        record = engine.explain("computed-orders", Caller(user=user, door="web"), QueryDict()).source
    assert record.startswith("orm: model instances by .iterator(), because columns are computed in Python: ")


@pytest.mark.postgresql
def test_copy_is_as_fast_as_it_gets(previewed, monkeypatch, whole_copies, user, make_order):
    monkeypatch.setattr(caveats, "SLOW_ROWS", 1)
    make_order(user, 1)
    assert connection.vendor == "postgresql"
    assert codes(previewed()) == []
    [caveat] = previewed("format=jsonl").warnings
    assert "because COPY writes no format but CSV" in str(caveat.text)
