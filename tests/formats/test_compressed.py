"""`compression=` with each format, undone by the programs that everybody has."""

import subprocess

import pytest

from tests.compressed import EXTENSIONS
from tests.formats import reading
from tests.tools import need

# What is read of a database is the same text on each: tests/processes/test_same_bytes.py.
pytestmark = [pytest.mark.sqlite, pytest.mark.django_db]
FORMATS = {
    "csv": (reading.python_csv, reading.in_csv()),
    "jsonl": (reading.python_lines, reading.in_json()),
    "xlsx": (reading.calamine_sheet, reading.in_sheet()),
    "parquet": (reading.pyarrow_table, reading.in_parquet()),
}


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("program", EXTENSIONS)
def test_it_works(door, tmp_path, program, format):
    packed = tmp_path / f"file.{format}.{EXTENSIONS[program]}"
    packed.write_bytes(door.get("phone-numbers", format=format, compression=program))
    subprocess.run([need(program), "--decompress", "--quiet", "--keep", packed], check=True, timeout=60)
    read, same = FORMATS[format]
    reading.compare(read(packed.with_suffix("")), "phone-numbers", door, same)


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("program", EXTENSIONS)
def test_a_part_of_a_file_is_an_error(door, tmp_path, program, format):
    packed = tmp_path / f"part.{EXTENSIONS[program]}"
    packed.write_bytes(door.get("phone-numbers", format=format, compression=program)[:-20])
    done = subprocess.run([need(program), "--test", packed], capture_output=True, timeout=60)
    assert done.returncode != 0
