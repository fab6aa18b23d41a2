"""Rows by PostgreSQL's `COPY … TO STDOUT`: the database writes the file itself, as fast as it can."""

from collections.abc import Generator, Iterator, Mapping
from typing import Any, Final
from uuid import UUID

from django.core.exceptions import EmptyResultSet
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import QuerySet
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from ..conf import export_settings
from ..encoders import EncodedBlock
from ..exceptions import Text
from ..formulas import UNESCAPED_SQL
from ..private_connection import in_transaction
from ..query import ExportQuery
from ..rendering import Formulas
from ..values import Kind
from . import Explanation
from .cancelling import Readers
from .copying import Reader, copied
from .explaining import NOTHING_TO_ASK, plan_of
from .parallel import ParallelCopy
from .projection import Projection, project, reported
from .ranges import splits
from .snapshot import snapshot

_ENCODINGS: Final = (
    (_("the database's encoding is {encoding}, not UTF8"), "server_encoding"),
    (_("the connection's encoding is {encoding}, not UTF8"), "client_encoding"),
)


class PostgresCopySource:
    """CSV whose cells the database writes; Python judges the texts that it has marked (`marked`).

    The queryset selects the values, in order; a statement around it writes each as text (values.py), so that
    none is computed twice, and the order is that of values and not of their texts.
    """

    def __init__(self, query: ExportQuery, obstacle: Text = "") -> None:
        self._queryset = query.queryset
        self._max_seconds = query.max_seconds
        self._projections = _projections(query)
        self._reader = Reader(
            width=len(self._projections),
            marked=any(projection.marked for projection in self._projections),
            delimiter=query.options.csv_dialect.delimiter,
        )
        self._connections = export_settings().parallel if splits(query.queryset) else 1
        self._readers = Readers()

    @classmethod
    def obstacle(cls, query: ExportQuery) -> Text:
        """What is in its way, as the end of a sentence."""
        connection = connections[query.queryset.db]
        if connection.vendor != "postgresql":
            return format_lazy(_("{database} has no COPY"), database=connection.display_name)
        if query.options.format != "csv":
            return _("COPY writes no format but CSV")
        if in_transaction(connection):  # which others may use meanwhile: COPY leaves nobody a turn
            return _("a transaction is open around it")
        for text, name in _ENCODINGS:
            if (encoding := reported(connection, name)) != "UTF8":
                return format_lazy(text, encoding=encoding)
        projections = _projections(query)
        if any(projection.zone for projection in projections):
            return _("Python puts datetimes in another time zone")
        by_python = [found.column for found in projections if found.template is None]
        if computed := [column.header for column in by_python if column.compute]:
            return format_lazy(_("columns are computed in Python: {headers}"), headers=", ".join(computed))
        if by_python and query.options.text_rule is Formulas.REJECT:
            return _("formulas=reject names the row of a formula")
        if by_python:
            headers = ", ".join(column.header for column in by_python)
            return format_lazy(_("only Python can write columns: {headers}"), headers=headers)
        return ""

    @property
    def reason(self) -> str:
        over = f", over {self._connections} connections at most" if self._connections > 1 else ""
        return f"copy: PostgreSQL writes the CSV{over}"

    @property
    def hindrance(self) -> Text:
        """None: nothing is faster."""
        return ""

    def blocks(self, export_id: UUID | None = None) -> Generator[EncodedBlock]:
        """Blocks of 64 KiB and the rest of a row."""
        using = self._queryset.db
        connection = connections[using]
        with (
            self._readers.joined_by(connection),
            snapshot(using, export_id, max_seconds=self._max_seconds),
        ):
            if statement := self._statement(self._queryset):
                in_order = plan_for_early_rows(connection, statement)
                if in_order and self._connections > 1:
                    yield from self._parallel().blocks()
                else:
                    with copied(connection, statement, self._reader) as blocks:
                        yield from blocks

    def _parallel(self) -> ParallelCopy:
        return ParallelCopy(
            self._queryset,
            self._statement,
            reader=self._reader,
            count=self._connections,
            readers=self._readers,
            max_seconds=self._max_seconds,
        )

    def cancel(self) -> None:
        """Makes the statements fail; in any thread."""
        self._readers.cancel()

    def explain(self) -> Explanation:
        """What stands between COPY's parentheses, and the plan that the database has for it."""
        using, statement = self._queryset.db, self._statement(self._queryset)
        if not statement:
            return Explanation(source=self.reason, sql="", plan=NOTHING_TO_ASK)
        with snapshot(using, max_seconds=self._max_seconds):
            plan_for_early_rows(connections[using], statement)
            with connections[using].cursor() as cursor:
                cursor.execute(f"EXPLAIN {statement}")
                return Explanation(source=self.reason, sql=statement, plan=plan_of(cursor))

    def _statement(self, rows: QuerySet[Any]) -> str:
        """The SELECT of these rows' cells with its parameters in place; empty where no row can match."""
        names = [f"c{number}" for number, _ in enumerate(self._projections)]
        # select_related and prefetch_related belong to instances.
        plain = (
            rows.select_related(None)
            .prefetch_related(None)
            .values_list(
                *(projection.select for projection in self._projections if projection.select is not None)
            )
        )
        connection = connections[rows.db]
        try:
            sql, params = plain.query.get_compiler(using=rows.db).as_sql()
        except EmptyResultSet:
            return ""
        inner = connection.ops.compose_sql(sql, params)  # type: ignore[attr-defined]
        cells = ", ".join(
            _cell(projection, name) for name, projection in zip(names, self._projections, strict=True)
        )
        return f"SELECT {cells} FROM ({inner}) AS r ({', '.join(names)})"  # noqa: S608 - of Django's own SQL


def plan_for_early_rows(connection: BaseDatabaseWrapper, statement: str) -> bool:
    """Makes COPY read an index in the order of the rows where a cursor would. Whether it does.

    COPY is planned for its last row, a cursor for its first ones. Where rows do not lie in the order of the
    index, COPY would read and sort them all before the first one leaves.
    """
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (FORMAT JSON) DECLARE export CURSOR FOR {statement}")
        [[[plan]]] = cursor.fetchall()
        in_order = not any("Sort" in node["Node Type"] for node in _nodes(plan["Plan"]))
        if in_order:
            cursor.execute("SET LOCAL enable_sort = off")
        return in_order


def _nodes(plan: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield plan
    for child in plan.get("Plans", ()):
        yield from _nodes(child)


def _projections(query: ExportQuery) -> list[Projection]:
    return [project(column, query.queryset, query.options) for column in query.columns]


def _cell(projection: Projection, name: str) -> str:
    """The SQL of a cell; a text may be what COPY is told to write for NULL, and would be quoted."""
    sql = (projection.template or "").replace("{x}", f"r.{name}")
    is_bare_text = projection.kind is Kind.TEXT and not projection.marked
    return UNESCAPED_SQL.replace("{x}", sql) if is_bare_text else sql
