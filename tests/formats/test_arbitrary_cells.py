"""Encoders given cells that nobody thought of."""

import datetime as dt
import io
import json
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet
from python_calamine import CalamineWorkbook

from exports.encoders import CellBlock, Encoder, FileColumn, Layout
from exports.encoders.jsonl import JsonLinesEncoder
from exports.encoders.parquet import ParquetEncoder
from exports.encoders.xlsx import XlsxEncoder
from exports.values import Kind, boolean_text, float_text
from tests.formats.reading import calamine_rows, in_xml, openpyxl_sheet

# What is read of a database is the same text on each: tests/processes/test_same_bytes.py.
pytestmark = pytest.mark.sqlite

TEXTS = st.text(st.characters(codec="utf-8"), max_size=40) | st.text(
    "_x0041DFa&<>;#'\" \r\n\t\0\x7f=", max_size=20
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=5,
)
# A column's kind, its values, and their text as sources give it.
COLUMNS = {
    Kind.TEXT: (TEXTS, str),
    Kind.JSON: (JSON, lambda value: json.dumps(value, ensure_ascii=False)),
    Kind.BOOLEAN: (st.booleans(), boolean_text),
    Kind.KEY: (st.integers(-(2**63), 2**63 - 1), str),
    Kind.INTEGER: (st.integers(-(2**63), 2**63 - 1), str),
    Kind.DECIMAL: (st.decimals("-1e25", "1e25", places=6), lambda value: format(value, "f")),
    Kind.FLOAT: (st.floats(allow_nan=False, allow_infinity=False), float_text),
    Kind.DATETIME: (st.datetimes(timezones=st.just(dt.UTC)), dt.datetime.isoformat),
    Kind.DATE: (st.dates(), dt.date.isoformat),
    Kind.TIME: (st.times(), dt.time.isoformat),
    Kind.UUID: (st.uuids(), str),
    Kind.BINARY: (st.binary(max_size=9), bytes.hex),
}
LAYOUT = Layout(
    columns=[
        FileColumn(header=f"{kind} <&> _x0041_", kind=kind, max_digits=32, decimal_places=6)
        for kind in COLUMNS
    ]
)
ROWS = st.lists(st.tuples(*(st.none() | values for values, _ in COLUMNS.values())), min_size=1, max_size=4)


def encoded(encoder: type[Encoder], rows: list[tuple]) -> bytes:
    """The file of rows of values, in blocks of two."""
    texts = [render for _, render in COLUMNS.values()]
    cells = [
        [None if value is None else text(value) for value, text in zip(row, texts, strict=True)]
        for row in rows
    ]
    blocks = [CellBlock(list(zip(*cells[at : at + 2], strict=True))) for at in range(0, len(cells), 2)]
    return b"".join(encoder(LAYOUT).encode(iter(blocks)))


def by_kind(rows: list) -> dict[Kind, list]:
    return dict(zip(COLUMNS, map(list, zip(*rows, strict=True)), strict=True))


@given(rows=ROWS)
@settings(deadline=None)  # the first one imports a library
def test_parquet(rows):
    table = parquet.read_table(pa.BufferReader(encoded(ParquetEncoder, rows)))
    assert table.column_names == LAYOUT.headers
    found = dict(zip(COLUMNS, (column.to_pylist() for column in table.columns), strict=True))
    expected = by_kind(rows)
    found[Kind.JSON] = [None if cell is None else json.loads(cell) for cell in found[Kind.JSON]]
    assert found == expected


@given(rows=ROWS)
@settings(deadline=None)  # the first one imports a library
def test_json_lines(rows):
    lines = encoded(JsonLinesEncoder, rows).decode().split("\n")
    assert lines.pop() == ""
    found = [json.loads(line, parse_float=Decimal) for line in lines]
    assert [list(line) for line in found] == [LAYOUT.headers] * len(rows)
    for line, row in zip(found, rows, strict=True):
        for (kind, (_, render)), cell, value in zip(COLUMNS.items(), line.values(), row, strict=True):
            if value is None or kind in (Kind.TEXT, Kind.BOOLEAN, Kind.KEY, Kind.INTEGER):
                assert (cell, type(cell)) == (value, type(value))
            elif kind is Kind.DECIMAL:
                assert cell == value
            elif kind is Kind.FLOAT:
                assert float(cell) == value
            elif kind is Kind.JSON:
                assert json.loads(json.dumps(cell, default=float)) == value
            else:
                assert cell == render(value)


@given(rows=ROWS)
@settings(max_examples=50, deadline=None)
def test_xlsx(rows):
    data = encoded(XlsxEncoder, rows)
    file = io.BytesIO(data)
    calamine = calamine_rows(CalamineWorkbook.from_filelike(file).get_sheet_by_index(0))
    for table in (calamine, openpyxl_sheet(file)):
        assert table[0] == [in_xml(header) for header in LAYOUT.headers]
        lines = [*table[1:], *[[None] * len(COLUMNS)] * (len(rows) - len(table) + 1)]
        for line, row in zip(lines, rows, strict=True):
            for (kind, (_, render)), cell, value in zip(COLUMNS.items(), line, row, strict=True):
                text = None if value is None else render(value)
                assert is_in_sheet(kind, cell, value, text), f"{kind}: {cell!r} is not {value!r}"


def is_in_sheet(kind: Kind, cell, value, text: str | None) -> bool:
    if text is None:
        return cell in (None, "")
    match kind:
        case Kind.BOOLEAN:
            return cell is value
        case Kind.FLOAT:
            return type(cell) in (int, float) and cell == value
        case Kind.INTEGER | Kind.DECIMAL if type(cell) is not str:
            return Decimal(str(cell)) == value
        case Kind.INTEGER | Kind.DECIMAL:  # more digits than Excel keeps
            return cell == text and len(text.strip("-").replace(".", "")) > 15
        case Kind.DATETIME if value.year >= 1901:
            return abs(cell - value.replace(tzinfo=None)) <= dt.timedelta(milliseconds=1)
        case Kind.DATE if value.year >= 1901:
            return (cell.date() if isinstance(cell, dt.datetime) else cell) == value
        case Kind.DATETIME | Kind.DATE if type(cell) is not str:
            return value.year == 1900
        case Kind.TIME:
            return abs(since_midnight(cell) - since_midnight(value)) <= dt.timedelta(milliseconds=1)
    return (cell or "") == in_xml(text)


def since_midnight(time: dt.time | dt.timedelta | dt.datetime) -> dt.timedelta:
    if isinstance(time, dt.timedelta):
        return time
    return dt.timedelta(
        hours=time.hour, minutes=time.minute, seconds=time.second, microseconds=time.microsecond
    )
