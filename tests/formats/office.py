"""LibreOffice without a window, and what it has understood of the files that it was given."""

import datetime as dt
import os
import subprocess
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree

from tests.tools import need

_OFFICE: Final = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_TABLE: Final = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_TEXT: Final = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
SECONDS: Final = 300
EXACT: Final = dt.timedelta(milliseconds=10)
"""LibreOffice's OpenDocument has two places of a second; itself it knows more of them."""


_BOOLEANS: Final = {"of:=TRUE()": True, "of:=FALSE()": False}
"""What it makes of a workbook's booleans."""


class Formula(str):
    """A cell that is calculated."""


class Office:
    """It starts with a profile of its own, so that nothing of anybody else's runs or is changed."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._runs = 0

    def read(self, files: Sequence[Path], filter_options: str = "") -> list[list[list[Any]]]:
        """The first sheet of each file; all of them in one run, as a start takes seconds."""
        return [sheets(path)[0] for path in self.converted(files, filter_options)]

    def converted(self, files: Sequence[Path | str], filter_options: str = "") -> list[Path]:
        """Each file as flat XML of OpenDocument, which says what every cell is."""
        self._runs += 1
        target = self._directory / str(self._runs)
        command = [
            need("soffice"),
            f"-env:UserInstallation=file://{self._directory}/profile",
            "--headless",
            "--norestore",
            *([f"--infilter={filter_options}"] if filter_options else []),
            *("--convert-to", "fods", "--outdir", str(target)),
            *map(str, files),
        ]
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            env=os.environ | {"HOME": str(self._directory)},
        )
        found = [target / f"{Path(file).stem}.fods" for file in files]
        assert done.returncode == 0, done.stderr
        assert sorted(target.iterdir()) == sorted(found), done.stdout + done.stderr
        return found


def csv_options(delimiter: str, text_columns: int = 0) -> str:
    """How LibreOffice is to read CSV: UTF-8, all of it, these first columns as text."""
    columns = "/".join(f"{number}/2" for number in range(1, text_columns + 1))
    return f"Text - txt - csv (StarCalc):{ord(delimiter)},34,76,1,{columns}"


def sheets(path: Path) -> list[list[list[Any]]]:
    """All sheets of a flat OpenDocument, without the empty rows and cells at their ends."""
    found: list[list[list[Any]]] = []
    rows: list[list[Any]] = []
    for _, element in ElementTree.iterparse(path):
        if element.tag == f"{_TABLE}table-row":
            rows += _rows(element)
            element.clear()  # a million rows are many gigabytes of elements
        elif element.tag == f"{_TABLE}table":
            while rows and not rows[-1]:
                rows.pop()
            found.append(rows)
            rows = []
    return found


def _rows(element: ElementTree.Element) -> list[list[Any]]:
    """What one element stands for: it may be repeated."""
    cells: list[Any] = []
    empty = 0  # the last element of a row stands for thousands of empty cells
    for cell in element.iter(f"{_TABLE}table-cell"):
        count = int(cell.get(f"{_TABLE}number-columns-repeated", 1))
        if (value := _value(cell)) is None:
            empty += count
        else:
            cells += [None] * empty + [value] * count
            empty = 0
    repeated = int(element.get(f"{_TABLE}number-rows-repeated", 1))
    return [cells] * (repeated if cells else min(repeated, 1_000))


def _value(cell: ElementTree.Element) -> Any:
    if (formula := cell.get(f"{_TABLE}formula")) is not None:
        return _BOOLEANS.get(formula, Formula(formula))
    value = cell.get(f"{_OFFICE}value")
    match cell.get(f"{_OFFICE}value-type"):
        case None:
            return None
        case "string":
            return "\n".join(map(_text, cell.findall(f"{_TEXT}p")))
        case "boolean":
            return cell.get(f"{_OFFICE}boolean-value") == "true"
        case "date":
            return dt.datetime.fromisoformat(str(cell.get(f"{_OFFICE}date-value"))[:26])
        case _:
            return Decimal(str(value))


def _text(element: ElementTree.Element) -> str:
    """The text of a paragraph, in which white space has elements of its own."""
    parts = [element.text or ""]
    for child in element:
        if child.tag == f"{_TEXT}s":
            parts.append(" " * int(child.get(f"{_TEXT}c", 1)))
        elif child.tag == f"{_TEXT}tab":
            parts.append("\t")
        elif child.tag == f"{_TEXT}line-break":
            parts.append("\n")
        else:
            parts.append(_text(child))
        parts.append(child.tail or "")
    return "".join(parts)
