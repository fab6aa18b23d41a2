"""CSV by RFC 4180, read back by Python's own reader."""

import csv
import io
import re

from hypothesis import given
from hypothesis import strategies as st

from exports import unescape_formula
from exports.encoders import CellBlock, FileColumn, Layout
from exports.encoders.csv import CsvEncoder
from exports.formulas import is_formula, strip_controls
from exports.rendering import Formulas, column_renderer
from exports.values import RENDERINGS, Kind

# What a database can hold: no half surrogate pairs.
CELLS = st.text(st.characters(exclude_categories=["Cs"]))
HOSTILE = st.text(alphabet="=+-@＝＋－＠'\"\t\r\n ,;\\.\x07\x00\x1b\u200b\ufeff\u00a01a", max_size=10)
SIGNS = tuple("=+-@＝＋－＠")
NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")


def layout(headers):
    return Layout(columns=[FileColumn(header=header) for header in headers])


def written(rows):
    """The file of text rows, through the rendering of text cells."""
    render = column_renderer(RENDERINGS[Kind.TEXT], "text", Formulas.ESCAPE)
    columns = [render(column, 0) for column in zip(*rows, strict=True)]
    headers = [f"h{number}" for number in range(len(rows[0]))]
    return b"".join(CsvEncoder(layout(headers)).encode([CellBlock(columns)]))


def read(data):
    return list(csv.reader(io.StringIO(data.decode(), newline="")))


@given(st.lists(st.tuples(CELLS | HOSTILE, CELLS | HOSTILE), min_size=1, max_size=5))
def test_a_cell_comes_back_after_the_escape_is_undone(rows):
    _headers, *cells = read(written(rows))
    assert [tuple(unescape_formula(cell) for cell in row) for row in cells] == [
        tuple(strip_controls(cell) for cell in row) for row in rows
    ]


@given(st.lists(st.tuples(CELLS | HOSTILE, CELLS | HOSTILE), min_size=1, max_size=5))
def test_no_cell_counts_as_a_formula(rows):
    for row in read(written(rows))[1:]:
        for cell in row:
            assert cell.startswith("'") or not is_formula(cell)
            # And in words of the test's own, as far as Python knows what white space is.
            live = cell.lstrip().startswith(SIGNS) and not NUMBER.fullmatch(cell)
            assert cell.startswith("'") or not (live or cell.startswith(("\t", "\r", "\n")))


@given(st.lists(st.tuples(CELLS | HOSTILE), min_size=1, max_size=5))
def test_a_single_column_has_a_line_for_every_row(rows):
    """An empty line would be no row to a reader: the only cell of a row is quoted when it is empty."""
    assert [unescape_formula(row[0]) for row in read(written(rows))[1:]] == [
        strip_controls(row[0]) for row in rows
    ]


@given(
    st.integers(1, 4).flatmap(
        lambda width: st.lists(st.lists(st.none() | CELLS | HOSTILE, min_size=width, max_size=width))
    )
)
def test_cells_are_quoted_as_pythons_own_writer_does(rows):
    """Which looks at what is in the file already: control characters decide nothing."""
    file = io.StringIO(newline="")
    headers = ["h"] * len(rows[0]) if rows else ["h"]
    stripped = [[strip_controls(cell or "") for cell in row] for row in rows]
    csv.writer(file, lineterminator="\r\n").writerows([headers, *stripped])
    columns = CellBlock(list(zip(*rows, strict=True)))
    assert b"".join(CsvEncoder(layout(headers)).encode([columns])) == file.getvalue().encode()


def test_the_bytes_by_the_letter():
    rows = [("a", None), ("", "b,c"), ('"', "d\r\ne"), ("=1", "\x07x")]
    assert written(rows) == b'h0,h1\r\na,\r\n,"b,c"\r\n"""","d\r\ne"\r\n\'=1,x\r\n'


def test_zero_rows_leave_the_header():
    assert b"".join(CsvEncoder(layout(["a", "b"])).encode([])) == b"a,b\r\n"


def test_the_first_bytes_come_with_the_first_block():
    """What fails at once fails before any byte has left."""

    def blocks():
        raise RuntimeError
        yield CellBlock([])

    chunks = CsvEncoder(layout(["a"])).encode(blocks())
    try:
        next(chunks)
    except RuntimeError:
        return
    raise AssertionError("bytes came before the first block was asked for")
