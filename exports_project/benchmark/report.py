"""What is printed of a run: who took how long, what is promised, and what the figures depend on."""

from collections.abc import Iterator, Sequence
from typing import Final

from .bars import Bar, bars
from .contenders import Contender
from .document import machine, versions
from .names import MEMORY, SMALL
from .results import Results
from .running import Run

NOTHING: Final = "–"
MET: Final = {True: "met", False: "NOT MET", None: "not measured"}
# The bars are those of a million rows: of few, the time is that of a start.
MEANT_FOR: Final = 1_000_000

NOTES: Final = """\
x psql: the time a row, beside that of psql's raw copy. Who has fewer rows is compared by that, too: more
would take too long or too much memory, and most of them would take longer a row.
Seconds: the median of the rounds, then the least and the most. Before the clock starts, psql is connected, a
server runs, and what exports has exported 1,000 rows. A client connects within the time.
First byte: the median. Memory: the most that the process held, in the first round: that of psql, the one that
exports, or the server's worker, which is the same one for all sizes.
The others give the same columns in the same order. They have none of this service's rules: no formulas made
harmless, no snapshot, no audit record, no hash."""


def text(run: Run) -> str:
    """The whole report, for a terminal."""
    results = Results(run.measurements)
    lines = [
        *_preface(run),
        "",
        *_aligned([_header(run), *(_row(run, results, contender) for contender in run.plan.contenders)]),
        "",
        NOTES,
        "",
        *_aligned([["", "has to be", "is", ""], *(_bar_row(bar) for bar in bars(results))]),
    ]
    if run.plan.rows < MEANT_FOR:
        lines.append(
            f"These are meant for {MEANT_FOR:,} rows. Of fewer, much of the time is that of the start."
        )
    return "\n".join(lines)


def _preface(run: Run) -> Iterator[str]:
    found, there = versions(), machine()
    yield f"{run.plan.rows:,} calls of one tenant among those of others; rounds: {run.plan.rounds}"
    yield (
        f"{there['processors']} processors, {there['memory_bytes'] / 1e9:.0f} GB; Python {found['python']},"
        f" Django {found['django']}, psycopg {found['psycopg']}, PostgreSQL {run.settings['server_version']}"
    )
    settings = (f"{name}={value}" for name, value in run.settings.items() if name != "server_version")
    yield f"PostgreSQL's settings for everybody: {', '.join(settings)}"


def _few(run: Run) -> list[int]:
    return [size for size in MEMORY if size < run.plan.rows]


def _header(run: Run) -> list[str]:
    memory = [f"MB {size:,}" for size in [*_few(run)]]
    return [
        *("", "rows", "seconds", "least-most", "rows/s", "x psql"),
        *(f"1st byte {SMALL:,}", "1st byte", *memory, "MB", "MB of file"),
    ]


def _row(run: Run, results: Results, contender: Contender) -> list[str]:
    name, most = contender.name, results.most(contender.name)
    if most is None:
        return [contender.title, run.missing.get(name, "not measured")]
    seconds = results.seconds(name, most)
    return [
        contender.title,
        _number(most),
        _number(results.median_seconds(name, most), 3),
        f"{min(seconds):.3f}-{max(seconds):.3f}",
        _number(results.rows_per_second(name)),
        _number(results.ratio(name), 2),
        _milliseconds(results.first_byte(name, SMALL)),
        _milliseconds(results.first_byte(name, most)),
        *(_megabytes(results.peak(name, size)) for size in [*_few(run), most]),
        _megabytes(results.file_size(name, most)),
    ]


def _bar_row(bar: Bar) -> list[str]:
    limit = f"{'≥' if bar.at_least else '≤'} {bar.limit:g} {bar.unit}"
    value = NOTHING if bar.value is None else f"{bar.value:.2f} {bar.unit}"
    return [bar.text, limit, value, MET[bar.met]]


def _number(value: float | None, digits: int = 0) -> str:
    return NOTHING if value is None else f"{value:,.{digits}f}"


def _milliseconds(seconds: float | None) -> str:
    return NOTHING if seconds is None else f"{seconds * 1000:,.0f} ms"


def _megabytes(size: int | None) -> str:
    return NOTHING if size is None else f"{size / 1e6:,.1f}"


def _aligned(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Columns of equal width, the first flush left; a row of two cells says in words what is missing."""
    whole = [row for row in rows if len(row) > 2]
    widths = [max(map(len, column)) for column in zip(*whole, strict=True)]
    widths[0] = max(len(row[0]) for row in rows)
    for first, *others in rows:
        cells = others
        if len(others) > 1:
            cells = [f"{cell:>{width}}" for cell, width in zip(others, widths[1:], strict=True)]
        yield "  ".join([f"{first:<{widths[0]}}", *cells]).rstrip()
