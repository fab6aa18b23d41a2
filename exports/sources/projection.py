"""What to select for a column on this database, and who writes the cells: the database or Python."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

from django.conf import settings
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Field, QuerySet
from django.db.models.expressions import Col, Combinable
from django.db.models.functions.datetime import TruncBase

from ..columns import Column
from ..formulas import MARKED_SQL
from ..json_text import jsonb_text
from ..masks import Mask
from ..options import Options
from ..rendering import ColumnRenderer, Formulas
from ..values import RENDERINGS, Kind, Nature, Rendering, in_zone, kind_of, localised
from .expressions import JsonText
from .marked import escaped_cells


@dataclass(frozen=True, kw_only=True)
class Projection:
    """One column: what the database selects for it, and how that becomes a cell in Python and in SQL."""

    column: Column
    select: Combinable | None
    """None for a computed column."""

    rendering: Rendering
    """Python's, the mask in it and the formula rule not."""

    template: str | None = None
    """PostgreSQL's, around `{x}`, with everything in it but for `marked`; None: only Python can do it."""

    kind: Kind = Kind.OTHER
    once: bool = False
    """Whether the template must not repeat what is selected: that takes time, or is different each time."""

    marked: bool = False
    """Whether the template marks texts that may be formulas, for `sources.marked` to judge."""

    zone: dt.tzinfo | None = None
    """Of datetimes, the zone that the template's text has yet to be put in; None: it stays in UTC."""


# A callable may return something else than its column says: each value's own type decides, as without a type.
_COMPUTED: Final = {
    Kind.JSON: Rendering(jsonb_text, nature=Nature.TEXT),
    Kind.BOOLEAN: RENDERINGS[Kind.BOOLEAN],
}


def project(column: Column, queryset: QuerySet[Any], options: Options) -> Projection:
    """The projection of `column` in the rows of `queryset`."""
    formulas, zone = options.text_rule, None if options.zone is dt.UTC else options.zone
    if column.compute:
        computed = _COMPUTED.get(column.kind_in(queryset), RENDERINGS[Kind.OTHER])
        rendering = _masked(_in_zone(computed, zone), column.mask)
        return Projection(column=column, select=None, rendering=rendering)
    resolved = column.resolved(queryset)
    kind = kind_of(resolved.output_field)
    select, is_simple = column.expression, isinstance(resolved, Col)
    connection = connections[queryset.db]
    on_postgresql = connection.vendor == "postgresql"
    masked = (
        _masked_by_database(column, resolved.output_field) if on_postgresql and kind is Kind.TEXT else None
    )
    if masked is not None:
        column, select, is_simple = replace(column, mask=None), masked, False
    if not is_simple:  # the constraint is on the field's own text
        column = replace(column, harmless_by="")
    marked = kind is Kind.TEXT and formulas is Formulas.ESCAPE and not column.harmless_by
    template = _template(kind, column, formulas, resolved, marked=marked) if on_postgresql else None
    if marked and template and reported(connection, "server_encoding") != "UTF8":
        template = None
    return Projection(
        column=column,
        select=JsonText(select) if kind is Kind.JSON and template is None else select,
        rendering=_masked(_in_zone(RENDERINGS[kind], zone), column.mask),
        template=template,
        kind=kind,
        once=kind is Kind.TEXT and not is_simple,
        marked=marked and template is not None,
        zone=zone if kind is Kind.DATETIME else None,
    )


def _in_zone(rendering: Rendering, zone: dt.tzinfo | None) -> Rendering:
    return rendering if zone is None else localised(rendering, zone)


def finisher(projection: Projection) -> ColumnRenderer:
    """What Python has left to do with a column of the template's texts."""
    if (zone := projection.zone) is not None:
        return lambda cells, before: [cell and in_zone(cell, zone) for cell in cells]
    if projection.marked:
        return lambda cells, before: escaped_cells(cells)
    return lambda cells, before: cells


def reported(connection: BaseDatabaseWrapper, name: str) -> str | None:
    """What PostgreSQL has told of itself and the session, without being asked."""
    connection.ensure_connection()
    value: str | None = connection.connection.info.parameter_status(name)
    return value


def _template(kind: Kind, column: Column, formulas: Formulas, resolved: Any, *, marked: bool) -> str | None:
    inner = _rendered(kind, resolved)
    if inner is None or column.mask:
        return None
    if kind is not Kind.TEXT:  # nor is JSON a formula: of all that it begins with only a number has a sign
        return inner
    if formulas is Formulas.REJECT:
        return None
    return MARKED_SQL.replace("{x}", inner) if marked else inner


def _rendered(kind: Kind, resolved: Any) -> str | None:
    """PostgreSQL's rendering of what Django makes of an expression's value; None: only Python can do it."""
    template = RENDERINGS[kind].postgresql
    if template is None or isinstance(resolved, Col):
        return template
    if kind is Kind.INTEGER:  # an average, or ExtractSecond: Django cuts places off
        return "trunc(({x})::numeric)"
    if kind is Kind.DATETIME and isinstance(resolved, TruncBase) and settings.USE_TZ:
        # It comes without its time zone, which Django adds. In an hour that there is twice, PostgreSQL
        # would take the other one.
        is_utc = resolved.get_tzname() == "UTC"
        return template.replace("{x}", "({x})::timestamp AT TIME ZONE 'UTC'") if is_utc else None
    return template


def _masked_by_database(column: Column, field: "Field[Any, Any]") -> Combinable | None:
    """The mask's expression; None where Python has to do it.

    That is so before PostgreSQL 18 for a text whose collation is not deterministic, in which nothing can be
    looked for; and on SQLite, for whose functions a text may end at a NUL in it.
    """
    if not isinstance(column.mask, Mask) or getattr(field, "db_collation", None):
        return None
    return column.mask.expression(column.expression)


def _masked(rendering: Rendering, mask: Callable[[str], str] | None) -> Rendering:
    """What a mask leaves is text, whatever it was."""
    if mask is None:
        return rendering

    def render(value: Any) -> str:
        text = rendering.python(value)
        return mask(text) if text else text

    return Rendering(render, nature=Nature.TEXT)
