"""Which tests stay in one process, and which begin: what the worker processes of pytest-xdist are given.

Without it a directory's files would be spread over the workers, and each would make the same databases and
start the same servers; and whatever is long and comes by chance at the end, the others would wait for.
"""

import pytest
from xdist.scheduler import LoadFileScheduling

PIECES = (
    "tests/browser/",
    "tests/faults/test_cells.py",
    "tests/jobs/",
    "tests/wheel/",
    "tests/attacks/test_objects.py",
    "tests/attacks/test_openapi.py",
    # Those of the browser that need no demo.
    "tests/browser/test_right_to_left.py",
    "tests/browser/test_jobs.py",
    "tests/browser/test_saved.py",
    "tests/browser/test_sessions.py",
    "tests/browser/test_usage.py",
    "tests/browser/test_home.py",
    "tests/browser/test_acting.py",
    "tests/credentials/",
    "tests/operations/test_shutdown.py",
    "tests/benchmark/test_run.py",
    "tests/formats/test_values.py",
    "tests/formats/test_servers.py",
    "tests/limits/",
    "tests/processes/",
    "tests/demo/test_demo.py",
    "tests/connections/",
    "tests/middleware/",
    "tests/commands/test_processes.py",
    "tests/operations/",
    "tests/demo/",
    "tests/test_infrastructure.py",
    "tests/project/test_environment.py",
)
"""Beginnings of addresses: those of one stay together. The slowest first; all other files come after them."""


def piece(nodeid: str) -> str:
    """What a test stays together with."""
    file = nodeid.partition("::")[0]
    return max((known for known in PIECES if file.startswith(known)), key=len, default=file)


class Scheduling(LoadFileScheduling):
    def _split_scope(self, nodeid: str) -> str:
        return piece(nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log) -> Scheduling:
    return Scheduling(config, log)


# Last: pytest-randomly and pytest itself have put them into an order by then, which stays within a piece.
@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    ranks = {known: rank for rank, known in enumerate(PIECES)}
    items.sort(key=lambda item: ranks.get(piece(item.nodeid), len(PIECES)))
