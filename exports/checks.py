"""System checks: a misdeclared export fails at `manage.py check`, not at a user's download."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage, Error, Warning, register
from django.core.exceptions import FieldDoesNotExist, FieldError, ValidationError
from django.core.validators import MaxLengthValidator, validate_slug
from django.db import models
from django_filters import FilterSet

from .columns import Column
from .conf import export_settings
from .definitions import ModelExport
from .filtering import filter_form, known_parameters, lists_rows
from .formulas import has_controls
from .installation import check_installation
from .models import ExportLog
from .options import OPTION_NAMES
from .rate import Rate
from .registry import registry

MAX_NAME_LENGTH = ExportLog._meta.get_field("export_type").max_length or 0
# The doors' own paths.
RESERVED_NAMES = frozenset(
    {
        *("jobs", "logs", "info", "health", "templates", "schedules", "schema", "history", "usage", "keys"),
        *("webhooks", "unsubscribe"),
    }
)
_PERMISSION = re.compile(r"\w+\.\w+")


@register("exports")
def check_exports(app_configs: Sequence[AppConfig] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """Every registered definition, and the settings."""
    found = check_installation()
    for definition in registry:
        found += check_definition(definition)
    return found


def check_definition(definition: ModelExport) -> list[CheckMessage]:
    """What is wrong with one definition."""
    messages = [*_check_name(definition), *_check_scope(definition), *_check_queryset(definition)]
    messages += [*_check_columns(definition), *_check_ordering(definition), *_check_filters(definition)]
    messages += [*_check_created_field(definition), *_check_searches(definition)]
    return [*messages, *_check_policy(definition)]


def _check_name(definition: ModelExport) -> Iterator[CheckMessage]:
    name = definition.get_name()
    try:
        validate_slug(name)
        MaxLengthValidator(MAX_NAME_LENGTH)(name)
    except ValidationError:
        hint = "It stands in URLs: set `name`."
        yield _error("E001", definition, f"The name {name!r} is no slug, or too long.", hint)
    if name in RESERVED_NAMES:
        yield _error("E002", definition, f"The name {name!r} is reserved.", "Set another `name`.")


def _check_scope(definition: ModelExport) -> Iterator[CheckMessage]:
    if not definition.scope_field:
        hint = "Set it to the path from a row to its tenant: there is no export without one."
        yield _error("E003", definition, "There is no scope_field.", hint)
    elif not _resolves(definition.get_queryset(), definition.scope_field):
        yield _error("E003", definition, f"scope_field {definition.scope_field!r} does not exist.", None)
    elif _is_to_many(definition.model, definition.scope_field):
        hint = "A row that several relations lead to its tenant from would stand in the file several times."
        yield _error("E013", definition, f"scope_field {definition.scope_field!r} is a to-many path.", hint)


def _check_queryset(definition: ModelExport) -> Iterator[CheckMessage]:
    query = definition.get_queryset().query
    if query.distinct or query.combinator or query.is_sliced:
        hint = "Filter by keys instead: .filter(pk__in=…)."
        yield _error("E004", definition, "get_queryset() is distinct, combined or sliced.", hint)


def _check_columns(definition: ModelExport) -> Iterator[CheckMessage]:
    columns = definition.get_columns()
    if not columns:
        yield _error("E005", definition, "There are no columns.", None)
    headers = [column.header for column in columns]
    for header in sorted({header for header in headers if headers.count(header) > 1}):
        yield _error("E006", definition, f"The header {header!r} stands twice.", None)
    for column in columns:
        if has_controls(column.header):
            hint = "They never reach a file, and the audit record can't hold all of them."
            yield _error("E014", definition, f"The header {column.header!r} has control characters.", hint)
        if "," in column.header:
            text = f"The header {column.header!r} holds a comma: `columns=` can't name it."
            yield Warning(text, obj=type(definition), id="exports.W001")
        if not column.compute and not _has_type(definition, column):
            hint = "A source is a field path, a callable, or an expression; of mixed types with output_field."
            yield _error("E007", definition, f"The column {column.header!r} has no such source.", hint)


def _check_created_field(definition: ModelExport) -> Iterator[CheckMessage]:
    name = definition.created_field
    if not name:
        return
    found = _ordering_field(definition, name)
    if not isinstance(found, models.DateTimeField) or found.null:
        hint = "Name a DateTimeField of the model that is never null: rows without a moment would be missed."
        yield _error("E025", definition, f"created_field {name!r} does not say when a row was created.", hint)


def _check_ordering(definition: ModelExport) -> Iterator[CheckMessage]:
    fields = [_ordering_field(definition, name) for name in definition.ordering]
    if not fields or any(field is None for field in fields):
        hint = "Name concrete fields of the model."
        yield _error("E008", definition, "The ordering names no field, or one that does not exist.", hint)
        return
    known = [field for field in fields if field is not None]
    if not known[-1].unique:
        hint = "End it with the primary key, so that rows have one stable order."
        yield _error("E009", definition, "The last field of the ordering is not unique.", hint)
    for field in known:
        if field.null:
            hint = "NULLs sort first on one database and last on another."
            yield _error("E010", definition, f"The ordering field {field.name!r} can be null.", hint)
        if isinstance(field, models.CharField | models.TextField) and not field.db_collation:
            text = (
                f"The ordering field {field.name!r} is text: its order depends on the database's collation."
            )
            yield Warning(text, obj=type(definition), id="exports.W002")


def _check_filters(definition: ModelExport) -> Iterator[CheckMessage]:
    for name in known_parameters(definition):
        if name in OPTION_NAMES:
            hint = "Rename the filter: the engine reads this parameter itself."
            yield _error("E011", definition, f"There is a filter named {name!r}.", hint)
    for name in filter_form(definition).fields:
        if lists_rows(definition, name):
            text = f"The filter {name!r} tells an id that exists from one that does not, whoever owns it."
            hint = "Filter by the key (exports.filters.IntegerFilter, UUIDFilter): an empty file for both."
            yield Warning(text, hint=hint, obj=type(definition), id="exports.W004")


def _check_searches(definition: ModelExport) -> Iterator[CheckMessage]:
    """What would fail when somebody types a name, or find names of every tenant."""
    filters = filter_form(definition).fields
    for name, search in definition.searches.items():
        if name not in filters:
            hint = f"There are: {', '.join(filters) or 'none'}."
            yield _error("E031", definition, f"`searches` names no filter of its: {name!r}.", hint)
        paths = [search.scope_field, search.value, *search.fields, *search.notes]
        paths += [path.removeprefix("-") for path in search.ordering]
        rows = search.get_queryset()
        for path in paths:
            if not path or not _resolves(rows, path):
                hint = "Name fields of its `rows`, or paths that lead from them."
                text = f"The search of {name!r} has no field {path!r}."
                yield _error("E032", definition, text, hint)
        if not search.fields:
            hint = "Name the texts that people know a row by."
            yield _error("E032", definition, f"The search of {name!r} has no `fields`.", hint)


def _check_policy(definition: ModelExport) -> Iterator[CheckMessage]:
    """What the declaration says of who may, how often and from where."""
    guarded = [column for column in definition.get_columns() if column.permission or column.mask]
    for name in (definition.permission, *(column.permission for column in guarded)):
        if name and not _PERMISSION.fullmatch(name):
            hint = "Write it as `app_label.codename`."
            yield _error("E016", definition, f"{name!r} is no permission's name: nobody has it.", hint)
    for column in guarded:
        if column.mask is not None and (isinstance(column.mask, type) or not callable(column.mask)):
            hint = "A mask is a function from text to text, or an instance of a Mask."
            yield _error("E019", definition, f"The mask of the column {column.header!r} is none.", hint)
    try:
        Rate.parse("1/s" if definition.rate is None else definition.rate)
    except (ValueError, TypeError):
        hint = "Write it as 10/h or 5/10m."
        yield _error("E017", definition, f"{definition.rate!r} is no rate.", hint)
    if definition.sensitive and not export_settings().sensitive_networks:
        text = "It is sensitive, and EXPORTS['SENSITIVE_NETWORKS'] is empty: only commands can export it."
        yield Warning(text, obj=type(definition), id="exports.W005")
    filters = (definition.filterset_class or FilterSet).base_filters
    for column in guarded:
        for name, found in filters.items():
            if found.field_name == _path(column):
                text = f"By the filter {name!r} one can guess what the column {column.header!r} hides."
                hint = "Leave the filter out, or the column's permission or mask."
                yield Warning(text, hint=hint, obj=type(definition), id="exports.W006")


def _path(column: Column) -> str | None:
    """The field path that a column shows; None of other expressions, and of a callable."""
    source = column.source or column.header
    return source if isinstance(source, str) else getattr(source, "name", None)


def _ordering_field(definition: ModelExport, name: str) -> "models.Field[Any, Any] | None":
    meta = definition.model._meta
    name = name.removeprefix("-")
    try:
        field = meta.pk if name == "pk" else meta.get_field(name)
    except FieldDoesNotExist:
        return None
    return field if isinstance(field, models.Field) else None


def _is_to_many(model: Any, path: str) -> bool:
    """Whether a path that resolves leads over a relation that one row has several of."""
    for name in path.split("__"):
        if name == "pk" or model is None:
            return False
        field: Any = model._meta.get_field(name)
        if field.one_to_many or field.many_to_many:
            return True
        model = field.related_model
    return False


def _has_type(definition: ModelExport, column: Column) -> bool:
    try:
        column.field_in(definition.get_queryset())
    except (FieldError, FieldDoesNotExist):
        return False
    return True


def _resolves(rows: "models.QuerySet[Any]", path: Any) -> bool:
    expression: Any = models.F(path) if isinstance(path, str) else path
    try:
        expression.resolve_expression(rows.query.clone())
    except (FieldError, FieldDoesNotExist):
        return False
    return True


def _error(number: str, definition: ModelExport, text: str, hint: str | None) -> Error:
    return Error(text, hint=hint, obj=type(definition), id=f"exports.{number}")
