"""What a workbook has beside its cells: a header that stays, sheets that end, texts that are too long."""

import io

import openpyxl
import pytest
from python_calamine import CalamineWorkbook

from exports.encoders import CellBlock, FileColumn, Layout
from exports.encoders.xlsx import SHEET_ROWS, XlsxEncoder
from exports.values import Kind
from tests.formats import office, reading
from tests.formats.reading import CELL, CUT
from tests.processes import stored

# What is read of a database is the same text on each: tests/processes/test_same_bytes.py.
pytestmark = pytest.mark.sqlite


def book_of(data: bytes, **options):
    return openpyxl.load_workbook(io.BytesIO(data), **options)


@pytest.mark.django_db
class TestThroughTheDoor:
    def test_it_works(self, door):
        [sheet] = book_of(door.get("alerts", format="xlsx")).worksheets
        assert sheet.title == "alerts"
        assert sheet.freeze_panes == "A2"
        assert sheet.views.sheetView[0].pane.state == "frozen"
        assert sheet.auto_filter.ref == sheet.dimensions == f"A1:F{sheet.max_row}"
        assert all(cell.font.bold for cell in sheet[1])
        assert not any(cell.font.bold for cell in sheet[2])

    def test_columns_are_as_wide_as_what_is_in_them(self, door):
        [sheet] = book_of(door.get("phone-numbers", format="xlsx")).worksheets
        widths = {cell.value: sheet.column_dimensions[cell.column_letter].width for cell in sheet[1]}
        assert 36 < widths["id"] < 40
        assert len("2024-01-31 09:30:00 UTC") < widths["createdAt"] < 30
        assert len("isActive") < widths["isActive"] < 15

    def test_moments_say_where_their_clock_is(self, door):
        [sheet] = book_of(door.get("alerts", format="xlsx", tz="Europe/Berlin")).worksheets
        assert sheet["F2"].number_format == 'yyyy-mm-dd hh:mm:ss "Europe/Berlin"'

    def test_text_stays_text_for_who_edits_it(self, door):
        [sheet] = book_of(door.get("phone-numbers", format="xlsx")).worksheets
        assert {cell.number_format for cell in sheet["B"] if cell.value} == {"@"}

    def test_a_text_that_is_too_long_is_refused_by_row_and_column(self, door):
        response = door.answer("agents", format="xlsx", columns="id,description")
        texts = [row[0] for row in stored.expected("agents", door.rows, ["description"])]
        row = next(number for number, text in enumerate(texts, 1) if len(text or "") > CELL)
        [error] = response.json()["errors"]
        assert (response.status_code, error["code"], error["attr"]) == (409, "cell_too_long", None)
        assert f"Row {row}, column 'description'" in error["detail"]
        assert f"{CELL}" in error["detail"]

    def test_or_cut_where_anybody_sees_it(self, door):
        [sheet] = book_of(door.get("agents", format="xlsx", overlong="cut")).worksheets
        cut = [cell.value for row in sheet for cell in row if len(str(cell.value)) > CELL - 2]
        assert cut
        assert all(text.endswith(CUT) for text in cut)

    def test_more_rows_than_a_sheet_holds_go_on_in_the_next(self, door, libreoffice, tmp_path, monkeypatch):
        monkeypatch.setattr("exports.encoders.xlsx.SHEET_ROWS", 100)
        path = tmp_path / "many.xlsx"
        path.write_bytes(door.answer("events", format="xlsx", overlong="cut").getvalue())
        sheets = book_of(path.read_bytes()).worksheets
        assert [sheet.title for sheet in sheets] == ["events", "events (2)", "events (3)", "events (4)"]
        assert [sheet.max_row for sheet in sheets] == [101, 101, 101, 31]
        assert all(sheet.freeze_panes == "A2" for sheet in sheets)
        assert [sheet.auto_filter.ref for sheet in sheets] == [sheet.dimensions for sheet in sheets]
        [converted] = libreoffice.converted([path])
        books = {
            "openpyxl": [[list(row) for row in sheet.iter_rows(values_only=True)] for sheet in sheets],
            "calamine": calamine_sheets(path.read_bytes()),
        }
        for tables in books.values():
            header = tables[0][0]
            assert all(table[0] == header for table in tables)
            whole = [header, *(row for table in tables for row in table[1:])]
            reading.compare(whole, "events", door, reading.in_sheet())
        assert [len(table) for table in office.sheets(converted)] == [101, 101, 101, 31]


def calamine_sheets(data: bytes) -> list[list[list[object]]]:
    book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    return [reading.calamine_rows(book.get_sheet_by_name(name)) for name in book.sheet_names]


COLUMNS = (
    FileColumn(header="number", kind=Kind.INTEGER),
    FileColumn(header="text"),
    FileColumn(header="moment", kind=Kind.DATETIME),
)


def blocks(count: int, size: int = 10_000):
    for start in range(0, count, size):
        numbers = [str(number) for number in range(start, min(start + size, count))]
        moments = [f"2024-01-01T{n % 24:02}:{n % 60:02}:00+00:00" for n in map(int, numbers)]
        yield CellBlock([numbers, [f"text <{number}>" for number in numbers], moments])


def test_a_sheet_of_too_many_bytes_ends_before(monkeypatch):
    monkeypatch.setattr("exports.encoders.xlsx.SHEET_BYTES", 10_000)
    data = b"".join(XlsxEncoder(Layout(columns=COLUMNS)).encode(blocks(1_000, size=50)))
    tables = calamine_sheets(data)
    assert len(tables) > 5
    assert [row[0] for table in tables for row in table[1:]] == list(range(1_000))


@pytest.mark.long
def test_more_than_a_million_rows(libreoffice, tmp_path):
    count, limit = 1_100_000, 1_048_575
    path = tmp_path / "million.xlsx"
    with path.open("wb") as file:
        file.writelines(XlsxEncoder(Layout(columns=COLUMNS)).encode(blocks(count)))
    assert limit == SHEET_ROWS
    with path.open("rb") as file:
        sheets = openpyxl.load_workbook(file, read_only=True).worksheets
        read = [[row[:2] for row in sheet.iter_rows(values_only=True)] for sheet in sheets]
    assert [len(table) for table in read] == [limit + 1, count - limit + 1]
    values = [row for table in read for row in table[1:]]
    assert values == [(number, f"text <{number}>") for number in range(count)]
    tables = CalamineWorkbook.from_path(str(path))
    for place, name in enumerate(tables.sheet_names):
        found = tables.get_sheet_by_name(name).to_python()
        assert [tuple(row[:2]) for row in found] == read[place]
    [converted] = libreoffice.converted([path])
    for found, table in zip(office.sheets(converted), read, strict=True):
        assert [tuple(row[:2]) for row in found] == table
