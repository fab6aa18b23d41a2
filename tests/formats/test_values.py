"""Every cell of every dataset, in each format by several readers, against the rows in the database."""

from itertools import chain
from zoneinfo import ZoneInfo

import pytest

from exports_project.demo import nasty
from tests.formats import office, reading
from tests.formats.reading import DATASETS, DELIMITERS, compare

pytestmark = pytest.mark.django_db
each_dataset = pytest.mark.parametrize("dataset", DATASETS)
each_zone = pytest.mark.parametrize("zone", [ZoneInfo("UTC"), ZoneInfo("Europe/Berlin")], ids=str)


@each_dataset
@pytest.mark.parametrize("dialect", DELIMITERS)
@pytest.mark.parametrize("reader", reading.CSV_READERS)
def test_csv(door, dataset, dialect, reader):
    path = door.file(dataset, **({"dialect": dialect} if dialect else {}))
    table = reading.CSV_READERS[reader](path, DELIMITERS[dialect])
    compare(table, dataset, door, reading.in_csv())


@each_dataset
def test_csv_in_another_zone(door, dataset):
    berlin = ZoneInfo("Europe/Berlin")
    path = door.file(dataset, tz=str(berlin))
    compare(reading.python_csv(path), dataset, door, reading.in_csv(berlin))


@pytest.mark.parametrize("dialect", DELIMITERS)
def test_csv_by_libreoffice(door, libreoffice, dialect):
    """Columns of text, as a person can choose: else it makes numbers and dates of what looks like some."""
    given = {"dialect": dialect} if dialect else {}
    names = ["hosts"] if dialect else DATASETS
    options = office.csv_options(DELIMITERS[dialect], text_columns=20)
    tables = libreoffice.read([door.file(name, **given) for name in names], options)
    same = reading.in_csv(told=reading.as_opendocument)
    for dataset, table in zip(names, tables, strict=True):
        compare(table, dataset, door, same)


@each_dataset
@each_zone
@pytest.mark.parametrize("reader", reading.SHEET_READERS)
def test_xlsx(door, dataset, zone, reader):
    path = door.file(dataset, format="xlsx", overlong="cut", tz=str(zone))
    compare(reading.SHEET_READERS[reader](path), dataset, door, reading.in_sheet(zone))


def test_xlsx_by_libreoffice(door, libreoffice):
    zone = ZoneInfo("Europe/Berlin")
    paths = [door.file(name, format="xlsx", overlong="cut", tz=str(zone)) for name in DATASETS]
    same = reading.in_sheet(zone, office.EXACT, reading.one_line_break)
    for dataset, table in zip(DATASETS, libreoffice.read(paths), strict=True):
        compare(table, dataset, door, same)


@each_dataset
@each_zone
@pytest.mark.parametrize("reader", reading.PARQUET_READERS)
def test_parquet(door, dataset, zone, reader):
    path = door.file(dataset, format="parquet", tz=str(zone))
    compare(reading.PARQUET_READERS[reader](path), dataset, door, reading.in_parquet(), controls=True)


@each_dataset
@each_zone
@pytest.mark.parametrize("reader", reading.LINES_READERS)
def test_json_lines(door, dataset, zone, reader):
    path = door.file(dataset, format="jsonl", tz=str(zone))
    table = reading.LINES_READERS[reader](path)
    compare(table, dataset, door, reading.in_json(zone), controls=True)


def test_every_nasty_cell_is_among_them(door):
    tables = [reading.pyarrow_table(door.file(name, format="parquet")) for name in DATASETS]
    assert set(nasty.TEXTS) <= {cell for cell in chain(*chain(*tables)) if isinstance(cell, str)}
