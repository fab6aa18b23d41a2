"""From a request's parameters to a frozen ExportQuery. Every refusal happens here, before any row is read."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.http import QueryDict

from .columns import Column
from .conf import export_settings
from .definitions import ModelExport
from .exceptions import InvalidParameters, NotPermitted, ParameterError, RowLimitExceeded
from .filtering import filter_rows
from .options import OPTION_NAMES, Options, chosen_columns
from .rendering import Formulas
from .scope import Scope, resolve_scope

RAW_FORMULAS = "exports.export_raw_formulas"


@dataclass(frozen=True, kw_only=True)
class ExportQuery:
    """What is to be exported: nothing of how it is fetched or where it goes."""

    definition: ModelExport
    scope: Scope
    columns: tuple[Column, ...]
    queryset: QuerySet[Any]
    """The tenant's rows, filtered and in order."""

    filters: Mapping[str, Any]
    """The filter parameters as they were given."""

    cleaned_filters: Mapping[str, Any]
    options: Options
    max_rows: int | None

    @property
    def dataset(self) -> str:
        return self.definition.get_name()


def build_query(definition: ModelExport, user: Any, params: QueryDict) -> ExportQuery:
    """The query for this user and these parameters.

    Raises InvalidParameters, NotPermitted, ObjectNotFound or RowLimitExceeded.
    """
    _refuse_nul(params)
    filter_params = params.copy()
    for name in OPTION_NAMES:
        filter_params.pop(name, None)
    options = Options.parse(params)
    columns = chosen_columns(definition.get_columns(), options.columns)
    scope = resolve_scope(user, options.tenant)
    if options.formulas is Formulas.RAW and not user.has_perm(RAW_FORMULAS):
        raise NotPermitted("You may not export cells with live formulas.", attr="formulas")
    scoped = scope.filter(definition.get_queryset(), definition.scope_field)
    rows = filter_rows(definition, scoped, filter_params)
    definition.clean(rows.cleaned, scope)
    query = ExportQuery(
        definition=definition,
        scope=scope,
        columns=columns,
        queryset=_ordered(definition, rows.queryset),
        filters=rows.given,
        cleaned_filters=rows.cleaned,
        options=options,
        max_rows=_row_limit(definition),
    )
    _refuse_too_many(query)
    return query


def _refuse_nul(params: QueryDict) -> None:
    """PostgreSQL holds no NUL in text: neither a filter nor the audit record could take one."""
    bad = [name for name, values in params.lists() if "\0" in name or any("\0" in value for value in values)]
    if bad:
        detail = "Null characters are not allowed."
        raise InvalidParameters(
            [ParameterError(name.replace("\0", ""), "null_characters_not_allowed", detail) for name in bad]
        )


def _ordered(definition: ModelExport, rows: QuerySet[Any]) -> QuerySet[Any]:
    """The rows in the dataset's order.

    A filter over a to-many relation may have set DISTINCT. With values selected it would mean the
    chosen columns and merge rows that look alike, so the rows are taken by their keys instead.
    """
    if rows.query.distinct:
        rows = definition.get_queryset().filter(pk__in=rows.order_by().values("pk"))
    return rows.order_by(*definition.ordering)


def _row_limit(definition: ModelExport) -> int | None:
    return export_settings().max_rows if definition.max_rows is None else definition.max_rows


def _refuse_too_many(query: ExportQuery) -> None:
    """Looks for one row past the limit: at most that many rows are read, and none is counted."""
    limit = query.max_rows
    if limit is not None and query.queryset.order_by()[limit : limit + 1].exists():
        raise RowLimitExceeded(limit)
