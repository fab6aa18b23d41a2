"""What tests have committed is removed: from the tables that have rows, and from no others.

Django's own way empties every table, and makes all content types and permissions anew: a tenth of a second
after each of some thousand tests.
"""

from collections.abc import Iterator
from functools import cache
from typing import Final

import pytest
from django.db import DatabaseError, connections, transaction
from django.test import TransactionTestCase

MADE_BY_MIGRATIONS: Final = ("django_content_type", "auth_permission")

flush = TransactionTestCase._fixture_teardown  # type: ignore[attr-defined]
# By alias, how many rows the migrations have made.
made: dict[str, list[int]] = {}


@pytest.fixture(scope="session", autouse=True)
def _tables_are_emptied() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", _empty_all)
        yield


def _empty_all(case: TransactionTestCase) -> None:
    aliases = case._databases_names(include_mirrors=False)  # type: ignore[attr-defined]
    if not all(_empty(alias) for alias in aliases):
        flush(case)
        made.update({alias: _rows_made(alias) for alias in aliases})


def _empty(alias: str) -> bool:
    """False where it takes more than that: at first, or where a test has changed what migrations made."""
    if alias not in made:
        return False
    try:
        with transaction.atomic(using=alias), connections[alias].cursor() as cursor:
            cursor.execute(_question(alias))
            for (table,) in cursor.fetchall():
                cursor.execute(f'DELETE FROM "{table}"')
    except DatabaseError:  # of a table that a test has taken away, say
        return False
    return made[alias] == _rows_made(alias)


@cache
def _question(alias: str) -> str:
    """Which of the tables have rows, in one query."""
    tables = connections[alias].introspection.django_table_names(only_existing=True, include_views=False)
    return " UNION ALL ".join(
        f"SELECT '{table}' WHERE EXISTS (SELECT 1 FROM \"{table}\")"
        for table in tables
        if table not in MADE_BY_MIGRATIONS
    )


def _rows_made(alias: str) -> list[int]:
    with connections[alias].cursor() as cursor:
        counts = []
        for table in MADE_BY_MIGRATIONS:
            cursor.execute(f'SELECT COUNT(*) FROM "{table}"')
            counts += cursor.fetchone()
    return counts
