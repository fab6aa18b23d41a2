"""The types that readers find in Parquet and JSON Lines; and the size of Parquet's row groups."""

import json

import polars as pl
import pyarrow as pa
import pytest
from pyarrow import parquet

from exports.encoders import CellBlock, FileColumn, Layout
from exports.encoders.parquet import ParquetEncoder
from exports.values import Kind
from tests.formats import reading

CALLS = {
    "id": ("extension<arrow.uuid>", "UUID", pl.Binary),
    "phoneNumber": ("string", "VARCHAR", pl.String),
    "duration": ("int64", "BIGINT", pl.Int64),
    "startedAt": (
        "timestamp[us, tz=Europe/Berlin]",
        "TIMESTAMP WITH TIME ZONE",
        pl.Datetime("us", "Europe/Berlin"),
    ),
    "cost": ("decimal128(10, 4)", "DECIMAL(10,4)", pl.Decimal(10, 4)),
    "metadata": ("string", "VARCHAR", pl.String),
}
AGENTS = {"isActive": ("bool", "BOOLEAN", pl.Boolean)}
HOSTS = {"IP": ("string", "VARCHAR", pl.String), "Open Ports Count": ("int64", "BIGINT", pl.Int64)}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("dataset", "columns"), [("calls", CALLS), ("agents", AGENTS), ("hosts", HOSTS)], ids=str
)
def test_types_in_parquet(door, dataset, columns):
    path = door.file(dataset, format="parquet", tz="Europe/Berlin")
    arrow, polars = parquet.read_schema(path), pl.read_parquet_schema(path)
    duckdb = reading.duckdb_types(path)
    found = {name: (str(arrow.field(name).type), duckdb[name], polars[name]) for name in columns}
    assert found == columns


@pytest.mark.django_db
@pytest.mark.parametrize("format", ["parquet", "jsonl"])
def test_null_is_not_the_empty_text(door, format):
    read = {"parquet": reading.pyarrow_table, "jsonl": reading.python_lines}[format]
    header, *rows = read(door.file("calls", format=format))
    cells = {row[header.index("sipCallId")] for row in rows}
    assert {None, ""} <= cells


@pytest.mark.django_db
def test_json_stands_in_json_as_itself(door):
    lines = door.get("calls", format="jsonl", columns="metadata").splitlines()
    found = [json.loads(line)["metadata"] for line in lines]
    assert {"bb": 1, "a": 2, "ccc": 3, "B": 4, "aa": 5} in found
    assert [None] in found
    assert {type(value) for value in found} == {dict, list, str, int, float, bool, type(None)}


def test_row_groups_are_bounded_by_rows_and_by_bytes(monkeypatch):
    monkeypatch.setattr("exports.encoders.parquet.GROUP_ROWS", 1_000)
    narrow = parquet.read_metadata(pa.BufferReader(parquet_of(2_500, "x")))
    assert groups(narrow) == [1_000, 1_000, 500]
    monkeypatch.setattr("exports.encoders.parquet.GROUP_BYTES", 100_000)
    wide = parquet.read_metadata(pa.BufferReader(parquet_of(1_000, "x" * 1_000)))
    assert groups(wide) == [100] * 10


def parquet_of(count: int, text: str) -> bytes:
    blocks = (CellBlock([[text] * 100]) for _ in range(count // 100))
    return b"".join(
        ParquetEncoder(Layout(columns=[FileColumn(header="text", kind=Kind.TEXT)])).encode(blocks)
    )


def groups(metadata) -> list[int]:
    return [metadata.row_group(number).num_rows for number in range(metadata.num_row_groups)]
