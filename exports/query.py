"""From valid parameters to a frozen ExportQuery: whose rows, and how many. The stage of the refusals."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from .columns import Column
from .conf import export_settings
from .definitions import ModelExport
from .encoders import FileColumn, Layout
from .exceptions import NotPermitted, RowLimitExceeded, TooLargeForDownload
from .filtering import known_parameters
from .formulas import strip_controls
from .options import Options, Overlong
from .ordering import order_like
from .parameters import ExportParameters
from .policy.limits import limits_for
from .policy.permissions import require_columns, require_permission_for_rows
from .rendering import Formulas
from .scope import Scope, has_permission, resolve_scope
from .values import Kind

RAW_FORMULAS = "exports.export_raw_formulas"


@dataclass(frozen=True, kw_only=True)
class ExportQuery:
    """What is to be exported: nothing of how it is fetched or where it goes."""

    parameters: ExportParameters
    scope: Scope
    queryset: QuerySet[Any]
    """The tenant's rows, filtered and in order, on the one database that they are read from."""

    max_rows: int | None
    """The row limit; None: none."""

    max_seconds: int | None = None
    """How long it may take; None: as long as it likes."""

    @property
    def definition(self) -> ModelExport:
        return self.parameters.definition

    @property
    def columns(self) -> tuple[Column, ...]:
        return self.parameters.columns

    @property
    def layout(self) -> Layout:
        """What the file looks like, whoever reads its rows."""
        return Layout(
            columns=[
                _file_column(strip_controls(header), column, self.queryset)
                for header, column in self.parameters.chosen.items()
            ],
            title=self.definition.get_name(),
            zone=self.options.zone,
            dialect=self.options.csv_dialect,
            cut_overlong=self.options.overlong is Overlong.CUT,
        )

    @property
    def options(self) -> Options:
        return self.parameters.options

    @property
    def cursor(self) -> str:
        """With what the next export goes on; empty where the dataset does not say when rows were created."""
        return self.parameters.window.cursor if self.parameters.window else ""

    @property
    def filters(self) -> Mapping[str, Any]:
        """The filter parameters as they were given."""
        return self.parameters.filters.given


def build_query(parameters: ExportParameters, user: Any) -> ExportQuery:
    """The query for this user. Raises NotPermitted, ObjectNotFound or InvalidParameters."""
    definition, scope = parameters.definition, permitted_scope(parameters, user)
    definition.clean(parameters.filters.cleaned, scope)
    return ExportQuery(
        parameters=parameters,
        scope=scope,
        queryset=_ordered(_rows(parameters, scope), parameters),
        max_rows=limits_for(definition, user).max_rows,
        max_seconds=export_settings().max_seconds,
    )


def query_of_no_rows(parameters: ExportParameters, user: Any) -> ExportQuery:
    """The same for what its columns are, without a look at any row. Raises NotPermitted."""
    return ExportQuery(
        parameters=parameters,
        scope=permitted_scope(parameters, user),
        queryset=all_rows(parameters.definition).none(),
        max_rows=limits_for(parameters.definition, user).max_rows,
        max_seconds=export_settings().max_seconds,
    )


def permitted_scope(parameters: ExportParameters, user: Any) -> Scope:
    """Whose rows, once all that the user asks for is theirs to ask. Raises NotPermitted."""
    definition, options = parameters.definition, parameters.options
    scope = resolve_scope(user, options.tenant)
    if options.tenant is not None:
        require_permission_for_rows(definition, user, scope)
    require_columns(parameters.columns, user)
    if options.formulas is Formulas.RAW and not has_permission(user, RAW_FORMULAS):
        raise NotPermitted(_("You may not export cells with live formulas."), attr="formulas")
    return scope


def _file_column(header: str, column: Column, rows: QuerySet[Any]) -> FileColumn:
    kind = column.kind_in(rows)
    if column.mask:  # what it leaves is text
        kind = Kind.TEXT
    if kind is not Kind.DECIMAL:
        return FileColumn(header=header, kind=kind)
    decimal: Any = column.field_in(rows)
    return FileColumn(
        header=header, kind=kind, max_digits=decimal.max_digits, decimal_places=decimal.decimal_places
    )


def require_row_limit(query: ExportQuery) -> None:
    """Raises RowLimitExceeded where there is a row past the limit: none is counted, at most one is read."""
    if _has_more_than(query.max_rows, query):
        raise row_limit_exceeded(query)


def require_downloadable(query: ExportQuery) -> None:
    """Raises TooLargeForDownload where there are more rows than a download may have; as cheap as that."""
    settings = export_settings()
    if settings.storage is not None and _has_more_than(settings.max_download_rows, query):
        raise TooLargeForDownload(settings.max_download_rows or 0)


def _has_more_than(limit: int | None, query: ExportQuery) -> bool:
    return limit is not None and query.queryset.order_by()[limit : limit + 1].exists()


def row_limit_exceeded(query: ExportQuery) -> RowLimitExceeded:
    """The refusal, with the filters that could narrow the export."""
    return RowLimitExceeded(query.max_rows or 0, known_parameters(query.definition))


def all_rows(definition: ModelExport) -> QuerySet[Any]:
    """Every row of the dataset, of every tenant, on the one database that exports read."""
    rows = definition.get_queryset()
    # A router may choose at random among replicas: it is asked once, so that the snapshot, the cursor and
    # the expressions are all of the same database.
    return rows.using(export_settings().database or rows.db)


def _rows(parameters: ExportParameters, scope: Scope) -> QuerySet[Any]:
    """The tenant's rows, filtered, and of them the selected ones.

    A filter over a to-many relation may have set DISTINCT. With values selected it would mean the
    chosen columns and merge rows that look alike, so the rows are taken by their keys instead.
    """
    definition = parameters.definition
    base = all_rows(definition)
    rows = parameters.filters.apply(scope.filter(base, definition.scope_field))
    if parameters.window is not None:
        rows = parameters.window.filter(rows, definition.created_field)
    if rows.query.distinct:
        rows = base.filter(pk__in=rows.order_by().values("pk"))
    if parameters.selection is not None:
        rows = _selected(rows, parameters.selection.rows.using(rows.db).order_by())
    return rows


def _selected(rows: QuerySet[Any], chosen: QuerySet[Any]) -> QuerySet[Any]:
    """Those of `rows` that are among `chosen`.

    Conditions on the table alone are taken over. Others go by keys, of which SQLite makes a list before the
    first row: of 259,000 calls that took 2.3 s.
    """
    query = chosen.query
    on_the_table_alone = len(query.alias_map) <= 1 and not (query.annotations or query.extra)
    if on_the_table_alone and query.model is rows.model and not (query.distinct or query.combinator):
        return rows & chosen
    return rows.filter(pk__in=chosen.values("pk"))


def _ordered(rows: QuerySet[Any], parameters: ExportParameters) -> QuerySet[Any]:
    selection = parameters.selection
    if selection is not None and selection.ordered:
        return order_like(rows, selection.rows.using(rows.db))
    return rows.order_by(*parameters.definition.ordering)
