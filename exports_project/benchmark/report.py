"""What is printed of a run: a table of the contenders, and what it depends on."""

from collections.abc import Iterator, Sequence

from .results import Results
from .running import Run
from .sizes import MEMORY, SMALL

NOTHING = "–"


def text(run: Run) -> str:
    """The whole report, for a terminal."""
    return "\n".join([*_preface(run), "", *_table(_rows(run))])


def _preface(run: Run) -> Iterator[str]:
    yield f"{run.plan.rows:,} calls, {run.plan.rounds} rounds, medians."


def _rows(run: Run) -> list[list[str]]:
    results = Results(run.measurements)
    all_rows = run.plan.rows
    few = [size for size in MEMORY if size < all_rows]
    header = ["", "rows", "seconds", "spread", "rows/s", "x psql", f"1st byte {SMALL:,}", "1st byte", *()]
    header += [f"MB at {size:,}" for size in [*few, all_rows]]
    rows = [header]
    for contender in run.plan.contenders:
        name, most = contender.name, results.most(contender.name)
        if name in run.missing:
            rows.append([contender.title, run.missing[name]])
            continue
        seconds = results.seconds(name, most)
        rows.append(
            [
                contender.title,
                _number(most),
                f"{results.median_seconds(name, most):.3f}",
                f"{min(seconds):.3f}-{max(seconds):.3f}",
                _number(results.rows_per_second(name)),
                _number(results.ratio(name), 2),
                _milliseconds(results.first_byte(name, SMALL)),
                _milliseconds(results.first_byte(name, most)),
                *(_megabytes(results.peak(name, size)) for size in [*few, all_rows]),
            ]
        )
    return rows


def _number(value: float | None, digits: int = 0) -> str:
    return NOTHING if value is None else f"{value:,.{digits}f}"


def _milliseconds(seconds: float | None) -> str:
    return NOTHING if seconds is None else f"{seconds * 1000:,.0f} ms"


def _megabytes(size: int | None) -> str:
    return NOTHING if size is None else f"{size / 1e6:,.1f}"


def _table(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Columns of equal width, the first flush left; a row of two cells tells in words what is missing."""
    whole = [row for row in rows if len(row) > 2]
    widths = [max(map(len, column)) for column in zip(*whole, strict=True)]
    widths[0] = max(len(row[0]) for row in rows)
    for row in rows:
        first, *others = row
        if len(row) == 2:
            yield f"{first:<{widths[0]}}  {others[0]}"
        else:
            cells = (f"{cell:>{width}}" for cell, width in zip(others, widths[1:], strict=True))
            yield "  ".join([f"{first:<{widths[0]}}", *cells])
