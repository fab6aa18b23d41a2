"""One database for all cells of a run, the results of each batch of them, and the table of the page."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from exports_project.embedded_postgres import EmbeddedPostgres
from tests.databases import current
from tests.faults import tables
from tests.faults.batches import Batch, Result
from tests.faults.cells import Cell
from tests.faults.stored import Stored, fill

RESULTS = pytest.StashKey[dict[Cell, Result]]()


@pytest.fixture(scope="session")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], Batch]]:
    """ground() is a batch on a database with the rows. PostgreSQL is a server of its own, to be restarted."""
    directory = tmp_path_factory.mktemp("faults")
    if current() == "sqlite":
        stored = Stored(f"sqlite:///{directory}/faults.sqlite3")
        fill(stored)
        yield lambda: Batch(stored, directory)
        return
    with EmbeddedPostgres() as postgres:
        stored = Stored(postgres.create_database("faults"), postgres.conninfo("faults"))
        fill(stored)
        yield lambda: Batch(stored, directory, postgres.down)


@pytest.fixture(scope="session")
def result_of(ground: Callable[[], Batch], request: pytest.FixtureRequest) -> Callable[..., Result]:
    """result_of(cell, chosen): what became of it, in a batch with those of `chosen` that fit to it.

    A batch runs once, when the first of its cells is asked for.
    """
    results: dict[tuple[Cell, int], Result] = {}

    def result_of(cell: Cell, chosen: list[Cell]) -> Result:
        form = len(chosen)
        if (cell, form) not in results:
            batch = [other for other in chosen if _fit(cell, other) and not other.impossible(current())]
            found = ground().run(batch)
            results.update({(other, form): result for other, result in found.items()})
            request.config.stash.setdefault(RESULTS, {}).update(found)
        return results[cell, form]

    return result_of


def _fit(cell: Cell, other: Cell) -> bool:
    """Whether two cells run on one server."""
    return (cell.fault.group, cell.way.server, bool(cell.way.proxy)) == (
        *(other.fault.group, other.way.server, bool(other.way.proxy)),
    )


def pytest_sessionfinish(session: pytest.Session) -> None:
    page = session.config.getoption("--fault-table")
    results = session.config.stash.get(RESULTS, {})
    if page and results:
        tables.write(Path(page), current(), results)
