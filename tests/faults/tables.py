"""The tables in docs/reliability.md, for each database its own: what was found in each cell, and how soon."""

from collections.abc import Mapping
from pathlib import Path

from tests.faults.batches import Result, problems
from tests.faults.cells import DIRECT, PROXIED, Cell, Fault, Place, Source, Way, cells

KINDS = {"cells": DIRECT, "nginx": PROXIED}
NONE = "–"
"""Of a cell that cannot exist."""
WRONG = "**wrong:** "
"""Before what stands in a cell that does not hold."""


def marks(kind: str, database: str) -> tuple[str, str]:
    """The comments between which that part of the page stands."""
    return f"<!-- {kind}: {database} -->", f"<!-- end of {kind}: {database} -->"


def rows(ways: tuple[Way, ...], database: str) -> dict[tuple[Fault, Place, Source], list[Cell]]:
    """The cells of each row, in the order of the columns."""
    found: dict[tuple[Fault, Place, Source], list[Cell]] = {}
    for cell in cells(database, ways):
        found.setdefault((cell.fault, cell.place, cell.source), []).append(cell)
    return found


def write(page: Path, database: str, results: Mapping[Cell, Result]) -> None:
    """Puts the results of all cells into the page."""
    text = page.read_text(encoding="utf-8")
    written = {kind: table(ways, database, results) for kind, ways in KINDS.items()}
    for kind, content in {**written, "times": times(results)}.items():
        begin, end = marks(kind, database)
        before, found, rest = text.partition(begin)
        assert found, f"{page} has no {begin}"
        text = f"{before}{begin}\n{content}\n{end}{rest.partition(end)[2]}"
    page.write_text(text, encoding="utf-8")


def table(ways: tuple[Way, ...], database: str, results: Mapping[Cell, Result]) -> str:
    """Rows of faults, places and sources, columns of ways."""
    titles = ["fault", "place", "source", *(way.title for way in ways)]
    lines = [_line(*titles), _line(*["---"] * len(titles))]
    for (fault, place, source), row in rows(ways, database).items():
        texts = [_text(cell, database, results.get(cell)) for cell in row]
        lines.append(_line(fault.title, place.title, source.title, *texts))
    return "\n".join(lines)


def read(page: str, kind: str, database: str) -> tuple[list[str], dict[tuple[str, ...], list[str]]]:
    """The titles of the columns, and the cells of each row by the titles of its fault, place and source."""
    begin, end = marks(kind, database)
    lines = page.partition(begin)[2].partition(end)[0].strip().splitlines()
    header, _, *found = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines]
    return header[3:], {tuple(row[:3]): row[3:] for row in found}


def times(results: Mapping[Cell, Result]) -> str:
    """How soon things were over: of each the longest time."""
    query: dict[str, float] = {}
    closed: dict[str, float] = {}
    for cell, result in results.items():
        name = cell.way.title.partition(", ")[0] if not cell.way.proxy else "gunicorn threads behind nginx"
        if result.query_seconds is not None:
            query[name] = max(query.get(name, 0), result.query_seconds)
        if cell.fault.key == "killed":
            closed[name] = max(closed.get(name, 0), result.closed_seconds)
    lines = [
        _line("server", "from the client's leaving to the query's end", "from SIGKILL to the closed record"),
        _line("---", "---:", "---:"),
        *(_line(name, f"{query[name]:.1f} s", f"{closed[name]:.0f} s") for name in query.keys() & closed),
    ]
    return "\n".join([*lines[:2], *sorted(lines[2:])])


def _line(*texts: str) -> str:
    return f"| {' | '.join(texts)} |"


def _text(cell: Cell, database: str, result: Result | None) -> str:
    if cell.impossible(database):
        return NONE
    if result is None:
        return f"{WRONG}not run"
    return f"{WRONG if problems(result, cell) else ''}{result.text}"
