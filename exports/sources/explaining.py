"""A statement, and the plan that its database has for it."""

from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connections
from django.db.backends.utils import CursorWrapper
from django.db.models import QuerySet

from . import Explanation
from .snapshot import snapshot

# PostgreSQL plans what a cursor reads for an early first row, and so in another way than a plain statement.
_EXPLAIN = {"postgresql": "EXPLAIN DECLARE export CURSOR FOR ", "sqlite": "EXPLAIN QUERY PLAN "}

NOTHING_TO_ASK = "No row can match, so the database is not asked."


def explain(queryset: QuerySet[Any, Any], source: str) -> Explanation:
    """A queryset's statement with its parameters in place, and its plan in the database's own words."""
    connection = connections[queryset.db]
    try:
        sql, params = queryset.query.get_compiler(using=queryset.db).as_sql()
    except EmptyResultSet:
        return Explanation(source=source, sql="", plan=NOTHING_TO_ASK)
    with snapshot(queryset.db), connection.cursor() as cursor:
        if connection.vendor not in _EXPLAIN:
            return Explanation(source=source, sql=str(queryset.query), plan=queryset.explain())
        cursor.execute(_EXPLAIN[connection.vendor] + sql, params)
        plan = plan_of(cursor)
        # PostgreSQL's cursor remembers what it ran, and not what it is asked about.
        text = connection.ops.last_executed_query(cursor, sql, params).removeprefix(
            _EXPLAIN[connection.vendor]
        )
        return Explanation(source=source, sql=text, plan=plan)


def plan_of(cursor: CursorWrapper) -> str:
    """What a cursor got that has run EXPLAIN."""
    return "\n".join(str(row[-1]) for row in cursor.fetchall())
