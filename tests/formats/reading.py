"""Files read back by programs that nobody here wrote, and compared cell by cell with the database."""

import csv
import datetime as dt
import io
import json
import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from django.apps import apps

from exports.formulas import unescape_formula
from tests.api.rows import HEADERS
from tests.processes import stored
from tests.processes.stored import Rows, without_controls

type Table = list[list[Any]]
"""Header and rows, as a reader gives them. JSON is text in every format."""

DATASETS: Final = tuple(HEADERS)
JSON_COLUMNS: Final = {"metadata"}
DELIMITERS: Final = {"": ",", "excel": ",", "excel-semicolon": ";", "tsv": "\t"}
UTC: Final = ZoneInfo("UTC")
FIRST_IN_EXCEL: Final = dt.datetime(1900, 3, 1)  # noqa: DTZ001 - Excel knows no zones
EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
MILLISECOND: Final = dt.timedelta(milliseconds=1)
CELL: Final = 32_767
CUT: Final = "… [cut]"


# The database


def rows_in_database() -> Rows:
    """All rows of all datasets' models, by the model's name, as Django reads them."""
    models = [*apps.get_app_config("telephony").get_models(), *apps.get_app_config("netscan").get_models()]
    return {model.__name__: list(model.objects.order_by("pk").values()) for model in models}


def compare(
    table: Table, dataset: str, door: Any, same: Callable[[Any, Any], bool], *, controls: bool = False
) -> None:
    """Each cell with the value in the database, by `same(cell, value)`; of JSON, by what it means.

    `controls`: whether the format keeps control characters, of which JSON leaves DEL unescaped.
    """
    header, *lines = table
    assert header == HEADERS[dataset].split(",")
    expected = stored.expected(dataset, door.rows, header, door.scan)
    assert len(lines) == len(expected) > 0
    for number, (line, values) in enumerate(zip(lines, expected, strict=True), 1):
        cells = [*line, *[None] * (len(header) - len(line))]  # some leave out empty cells at a row's end
        for name, cell, value in zip(header, cells, values, strict=True):
            if name in JSON_COLUMNS and value is not None:
                fits = _is_document(cell, value, controls=controls)
            else:
                fits = same(cell, value)
            assert fits, f"{dataset}, row {number}, {name}: {_short(cell)} is not {_short(value)}"


def _is_document(cell: Any, value: Any, *, controls: bool) -> bool:
    text = json.dumps(value, ensure_ascii=False)
    try:
        return bool(json.loads(cell) == json.loads(text if controls else without_controls(text)))
    except (ValueError, TypeError):
        return False


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) < 200 else f"{text[:100]} … {text[-50:]}, of {len(text)} characters"


# What each format makes of a value


def one_line_break(text: str) -> str:
    """For LibreOffice, to which all line breaks are one."""
    return re.sub("\r\n?", "\n", text)


def as_opendocument(text: str) -> str:
    """For CSV in LibreOffice, which also loses what XML has no character for."""
    return one_line_break(text).translate({0xFFFE: None, 0xFFFF: None})


def in_csv(zone: ZoneInfo = UTC, told: Callable[[str], str] = str) -> Callable[[Any, Any], bool]:
    """Text, its apostrophe undone. A year beyond what the zone knows stays in UTC.

    `told`: what the reader tells of a text.
    """

    def same(cell: Any, value: Any) -> bool:
        wanted = moment_text(value, zone) if isinstance(value, dt.datetime) else stored.cell(value)
        return unescape_formula(told(cell or "")) == told(wanted)

    return same


def in_sheet(
    zone: ZoneInfo = UTC, exact: dt.timedelta = MILLISECOND, told: Callable[[str], str] = str
) -> Callable[[Any, Any], bool]:
    """Excel's types; NULL and the empty text are both no cell. Moments by the reader are `exact` to that."""

    def same(cell: Any, value: Any) -> bool:
        match value:
            case bool() | None:
                return cell is value or (cell == "" and value is None)
            case int() | Decimal():
                return type(cell) is not str and type(cell) is not bool and Decimal(str(cell)) == value
            case dt.datetime():
                return _is_moment(cell, value, zone, exact)
        wanted = told(in_xml(str(value)))
        return told(cell or "") == wanted and (not wanted or type(cell) is str)

    return same


def _is_moment(cell: Any, value: dt.datetime, zone: ZoneInfo, exact: dt.timedelta) -> bool:
    try:
        local = value.astimezone(zone).replace(tzinfo=None)
    except OverflowError:
        local = None
    if local is None or local < FIRST_IN_EXCEL:
        return bool(cell == moment_text(value, zone))
    return isinstance(cell, dt.datetime) and cell.tzinfo is None and abs(cell - local) <= exact


def in_xml(text: str) -> str:
    """What of a text can stand in a sheet: no control characters, and no more than a cell holds."""
    clean = without_controls(text).translate(dict.fromkeys((0xFFFE, 0xFFFF), "\ufffd"))
    units = clean.encode("utf-16-le")
    if len(units) // 2 <= CELL:
        return clean
    return units[: 2 * (CELL - len(CUT))].decode("utf-16-le", "ignore") + CUT


def moment_text(value: dt.datetime, zone: ZoneInfo) -> str:
    try:
        return value.astimezone(zone).isoformat()
    except OverflowError:
        return value.isoformat()


def in_json(zone: ZoneInfo = UTC) -> Callable[[Any, Any], bool]:
    """Numbers, booleans and null as such, all else as a string."""

    def same(cell: Any, value: Any) -> bool:
        match value:
            case dt.datetime():
                return bool(cell == moment_text(value, zone))
            case bool() | None:
                return cell is value
            case int() | Decimal():
                return type(cell) in (int, float, Decimal) and Decimal(str(cell)) == value
        return bool(cell == str(value))

    return same


def in_parquet(zone: ZoneInfo = UTC) -> Callable[[Any, Any], bool]:
    """Exact values of the same types, the moments in the zone."""

    def same(cell: Any, value: Any) -> bool:
        match value:
            case bool() | None:
                return cell is value
            case dt.datetime():
                return isinstance(cell, dt.datetime) and cell.utcoffset() is not None and cell == value
        return type(cell) is type(value) and bool(cell == value)

    return same


# Readers of CSV


def python_csv(path: Path, delimiter: str = ",") -> Table:
    return list(
        csv.reader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline=""), delimiter=delimiter)
    )


def pandas_csv(path: Path, delimiter: str = ",") -> Table:
    import pandas as pd

    # keep_default_na: "NULL", "None" and "nan" are texts, and not nothing.
    frame = pd.read_csv(path, sep=delimiter, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    return [list(frame.columns), *frame.to_numpy().tolist()]


def duckdb_csv(path: Path, delimiter: str = ",") -> Table:
    return _duckdb(
        "SELECT * FROM read_csv(?, delim = ?, header = true, all_varchar = true,"
        " quote = '\"', escape = '\"')",
        [str(path), delimiter],
    )


CSV_READERS: Final = {"Python": python_csv, "pandas": pandas_csv, "DuckDB": duckdb_csv}


def _duckdb(statement: str, parameters: Sequence[Any]) -> Table:
    import duckdb

    with duckdb.connect(config={"threads": 1}) as connection:
        found = connection.execute(statement, parameters)
        header = [column[0] for column in found.description]
        return [header, *map(list, found.fetchall())]


# Readers of workbooks: the first sheet


def openpyxl_sheet(path: Path) -> Table:
    import openpyxl

    book = openpyxl.load_workbook(path)
    assert all(
        cell.data_type != "f" for row in book.worksheets[0] for cell in row
    )  # no formula, which is text too
    return [[_unescaped(cell) for cell in row] for row in book.worksheets[0].iter_rows(values_only=True)]


def _unescaped(cell: Any) -> Any:
    """`_x0041_` is `_x005F_x0041_` in the file, to tell it from an A. This reader alone leaves that so."""
    return cell.replace("_x005F_", "_") if isinstance(cell, str) else cell


def calamine_sheet(path: Path) -> Table:
    import python_calamine

    book = python_calamine.CalamineWorkbook.from_path(str(path))
    return calamine_rows(book.get_sheet_by_index(0))


def calamine_rows(sheet: Any) -> Table:
    """A moment at midnight comes as a date."""
    return [list(map(_with_time, row)) for row in sheet.to_python(skip_empty_area=False)]


def _with_time(cell: Any) -> Any:
    is_date = isinstance(cell, dt.date) and not isinstance(cell, dt.datetime)
    return dt.datetime.combine(cell, dt.time()) if is_date else cell


SHEET_READERS: Final = {"openpyxl": openpyxl_sheet, "calamine": calamine_sheet}


# Readers of Parquet


def pyarrow_table(path: Path) -> Table:
    import pyarrow as pa
    from pyarrow import parquet

    table = parquet.read_table(path)
    for place, column in enumerate(table.schema):  # Python has no last hours of the calendar in Berlin
        if pa.types.is_timestamp(column.type) and column.type.tz:
            in_utc = table.column(place).cast(pa.timestamp("us", "UTC"))
            table = table.set_column(place, column.name, in_utc)
    return [
        table.column_names,
        *map(list, zip(*(column.to_pylist() for column in table.columns), strict=True)),
    ]


def duckdb_parquet(path: Path) -> Table:
    # Its moments become Python's with a package that nobody needs here.
    parts = [
        f'epoch_us("{name}") AS "{name}"' if kind == "TIMESTAMP WITH TIME ZONE" else f'"{name}"'
        for name, kind in duckdb_types(path).items()
    ]
    [header, *rows] = _duckdb(f"SELECT {', '.join(parts)} FROM read_parquet(?)", [str(path)])
    moments = [part.startswith("epoch_us") for part in parts]
    return [
        header,
        *(
            [_after_1970(cell) if is_moment else cell for cell, is_moment in zip(row, moments, strict=True)]
            for row in rows
        ),
    ]


def duckdb_types(path: Path) -> dict[str, str]:
    """DuckDB's type of each column."""
    [_, *columns] = _duckdb("DESCRIBE SELECT * FROM read_parquet(?)", [str(path)])
    return {name: kind for name, kind, *_ in columns}


def _after_1970(microseconds: int | None) -> dt.datetime | None:
    return None if microseconds is None else EPOCH + dt.timedelta(microseconds=microseconds)


def polars_parquet(path: Path) -> Table:
    import polars as pl

    frame = pl.read_parquet(path).with_columns(
        pl.col(pl.Datetime).dt.convert_time_zone("UTC")  # Python has no last hours of the calendar in Berlin
    )
    # A UUID comes as its 16 bytes.
    rows = [[UUID(bytes=cell) if isinstance(cell, bytes) else cell for cell in row] for row in frame.rows()]
    return [frame.columns, *rows]


PARQUET_READERS: Final = {"pyarrow": pyarrow_table, "DuckDB": duckdb_parquet, "polars": polars_parquet}


# Readers of JSON Lines


def python_lines(path: Path) -> Table:
    lines = path.read_bytes().decode().split("\n")
    assert lines.pop() == ""
    objects = [json.loads(line, parse_float=Decimal) for line in lines]
    header = list(objects[0])
    assert all(list(found) == header for found in objects)
    return [header, *([_json_text(name, found[name]) for name in header] for found in objects)]


def _json_text(name: str, value: Any) -> Any:
    if name not in JSON_COLUMNS or value is None:
        return value
    return json.dumps(value, default=float)


def duckdb_lines(path: Path) -> Table:
    """With the types that people would ask for; without them DuckDB takes them from what it sees first."""
    columns = ", ".join(f"'{name}': '{_TYPES.get(name, 'VARCHAR')}'" for name in python_lines(path)[0])
    return _duckdb(
        f"SELECT * FROM read_json(?, format = 'newline_delimited', columns = {{{columns}}})", [str(path)]
    )


_TYPES: Final = {
    "cost": "DECIMAL(10, 4)",
    "metadata": "JSON",
    **dict.fromkeys(["duration", "Port", "Open Ports Count"], "BIGINT"),
    **dict.fromkeys(["isActive", "greetingEnabled", "processed"], "BOOLEAN"),
}
LINES_READERS: Final = {"Python": python_lines, "DuckDB": duckdb_lines}
