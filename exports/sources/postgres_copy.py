"""Rows by PostgreSQL's `COPY … TO STDOUT`: the database writes the file itself, as fast as it can."""

from collections.abc import Generator, Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.core.exceptions import EmptyResultSet
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

from ..encoders import EncodedBlock
from ..private_connection import in_transaction
from ..query import ExportQuery
from ..rendering import Formulas
from . import Explanation
from .copying import copied
from .explaining import NOTHING_TO_ASK, plan_of
from .projection import Projection, project
from .snapshot import snapshot


class PostgresCopySource:
    """CSV in which every cell is finished by the database.

    The queryset selects the values, in order; a statement around it writes each as text (values.py,
    formulas.py), so that none is computed twice, and the order is that of values and not of their texts.
    """

    def __init__(self, query: ExportQuery, obstacle: str = "") -> None:
        self._queryset = query.queryset
        self._projections = _projections(query)

    @classmethod
    def obstacle(cls, query: ExportQuery) -> str:
        """What is in its way, as the end of a sentence."""
        connection = connections[query.queryset.db]
        if connection.vendor != "postgresql":
            return f"{connection.display_name} has no COPY"
        if query.options.format != "csv":
            return "COPY writes no format but CSV"
        if in_transaction(connection):  # which others may use meanwhile: COPY leaves nobody a turn
            return "a transaction is open around it"
        for whose, name in (("database", "server_encoding"), ("connection", "client_encoding")):
            if (encoding := _parameter(connection, name)) != "UTF8":
                return f"the {whose}'s encoding is {encoding}, not UTF8"
        by_python = [found.column for found in _projections(query) if found.template is None]
        if computed := [column.header for column in by_python if column.compute]:
            return f"columns are computed in Python: {', '.join(computed)}"
        if by_python and query.options.formulas is Formulas.REJECT:
            return "formulas=reject names the row of a formula"
        if by_python:
            return f"only Python can write columns: {', '.join(column.header for column in by_python)}"
        return ""

    @property
    def reason(self) -> str:
        return "copy: PostgreSQL writes the CSV"

    def blocks(self, export_id: UUID | None = None) -> Generator[EncodedBlock]:
        """Blocks of 64 KiB and the rest of a row."""
        using = self._queryset.db
        with snapshot(using, export_id):
            connection = connections[using]
            if statement := self._statement():
                plan_for_early_rows(connection, statement)
                with copied(connection, statement, width=len(self._projections)) as blocks:
                    yield from blocks

    def explain(self) -> Explanation:
        """What stands between COPY's parentheses, and the plan that the database has for it."""
        using, statement = self._queryset.db, self._statement()
        if not statement:
            return Explanation(source=self.reason, sql="", plan=NOTHING_TO_ASK)
        with snapshot(using):
            plan_for_early_rows(connections[using], statement)
            with connections[using].cursor() as cursor:
                cursor.execute(f"EXPLAIN {statement}")
                return Explanation(source=self.reason, sql=statement, plan=plan_of(cursor))

    def _statement(self) -> str:
        """The SELECT with its parameters in place; empty where no row can match."""
        return statement_of(self._queryset, self._projections)


def statement_of(queryset: Any, projections: Sequence[Projection]) -> str:
    """A SELECT of the finished cells of these rows, parameters in place; empty where no row can match."""
    selected = {f"c{number}": projection.select for number, projection in enumerate(projections)}
    plain = queryset.select_related(None).prefetch_related(None).values_list(*selected.values())
    connection = connections[queryset.db]
    try:
        sql, params = plain.query.get_compiler(using=queryset.db).as_sql()
    except EmptyResultSet:
        return ""
    inner = connection.ops.compose_sql(sql, params)  # type: ignore[attr-defined]
    cells = ", ".join(
        (projection.template or "").replace("{x}", f"r.{name}")
        for name, projection in zip(selected, projections, strict=True)
    )
    return f"SELECT {cells} FROM ({inner}) AS r ({', '.join(selected)})"  # noqa: S608 - of what Django has quoted


def plan_for_early_rows(connection: BaseDatabaseWrapper, statement: str) -> None:
    """Makes COPY read an index in the order of the rows where a cursor would; for the transaction.

    COPY is planned for its last row, a cursor for its first ones. Where rows do not lie in the order of the
    index, COPY would read and sort them all before the first one leaves.
    """
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (FORMAT JSON) DECLARE export CURSOR FOR {statement}")
        [[[plan]]] = cursor.fetchall()
        if not any(node["Node Type"] == "Sort" for node in _nodes(plan["Plan"])):
            cursor.execute("SET LOCAL enable_sort = off")


def _nodes(plan: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield plan
    for child in plan.get("Plans", ()):
        yield from _nodes(child)


def _projections(query: ExportQuery) -> list[Projection]:
    return [project(column, query.queryset, query.options.formulas) for column in query.columns]


def _parameter(connection: BaseDatabaseWrapper, name: str) -> str | None:
    """What the server has told of itself and the session, without being asked."""
    connection.ensure_connection()
    value: str | None = connection.connection.info.parameter_status(name)
    return value
