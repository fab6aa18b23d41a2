"""Each cell of the table: the file is right or its client can tell, the record agrees, nothing is left open.

    python3 -m uv run pytest tests/faults -m long --fault-table docs/reliability.md

All of it takes half an hour. Every other run of the tests has a short form: each server, place and source.
"""

import pytest

from tests.databases import current
from tests.faults.batches import problems
from tests.faults.cells import cells, short_cells

ALL, SHORT = list(cells(current())), short_cells(current())


def possible(chosen):
    return [cell for cell in chosen if not cell.impossible(current())]


@pytest.mark.parametrize("cell", possible(SHORT), ids=str)
def test_a_few_cells(cell, result_of):
    result = result_of(cell, SHORT)
    assert problems(result, cell) == [], result


@pytest.mark.long
@pytest.mark.parametrize("cell", possible(ALL), ids=str)
def test_every_cell(cell, result_of):
    result = result_of(cell, ALL)
    assert problems(result, cell) == [], result
