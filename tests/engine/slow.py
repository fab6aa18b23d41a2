"""Statements that take a database longer than any test waits."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection

# It has an end, so that a test fails, and does not hang, where nobody ends it.
NUMBERS = "SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 30000000"
ENDLESS = f"WITH RECURSIVE n(x) AS ({NUMBERS}) SELECT count(*) FROM n"


@contextmanager
def endless(is_slow: Callable[[str], bool]) -> Iterator[list[str]]:
    """The statements of which `is_slow` says so take ten seconds or more; they are listed."""
    found: list[str] = []

    def execute(run: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if not is_slow(sql):
            return run(sql, params, many, context)
        found.append(sql)
        return run(ENDLESS, None, many, context)

    with connection.execute_wrapper(execute):
        yield found


def counts(sql: str) -> bool:
    """Whether it asks for the number of a preview's rows, and for nothing else."""
    return sql.startswith("SELECT COUNT(*) FROM (SELECT ")
