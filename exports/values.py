"""How each type of value stands as text in a file.

For every kind the Python function and the PostgreSQL expression stand side by side, so that a reader
sees that they agree. Where there is an expression, PostgreSQL writes the text itself: that is faster,
and some of its values (infinity, years beyond 9999) have no Python object at all. The expressions count
on the session of `sources.snapshot`: ISO dates and shortest floats. They do not count on its time zone.
What becomes of text that a spreadsheet would run stands in `formulas`.
"""

import datetime as dt
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum, auto
from fractions import Fraction
from typing import Any, Final
from uuid import UUID

from django.db import models
from django.utils import timezone

from .json_text import jsonb_text, normalised_json


class Kind(StrEnum):
    """What a column holds, as far as its rendering goes."""

    TEXT = auto()
    JSON = auto()
    BOOLEAN = auto()
    KEY = auto()
    """A number that names a row: nobody adds such up."""
    INTEGER = auto()
    DECIMAL = auto()
    FLOAT = auto()
    DATETIME = auto()
    DATE = auto()
    TIME = auto()
    DURATION = auto()
    UUID = auto()
    BINARY = auto()
    ADDRESS = auto()
    OTHER = auto()


def datetime_text(value: dt.datetime) -> str:
    """ISO 8601 in UTC. A naive value (USE_TZ off) is taken to be in the current time zone."""
    aware = timezone.make_aware(value) if value.tzinfo is None else value
    return aware.astimezone(dt.UTC).isoformat()


def in_zone(text: str, zone: dt.tzinfo) -> str:
    """A datetime's text in UTC as that of the same moment in `zone`; unchanged where Python has none."""
    try:
        return dt.datetime.fromisoformat(text).astimezone(zone).isoformat()
    except (ValueError, OverflowError):  # infinity, a year beyond 9999, or at either end of what there is
        return text


def decimal_text(value: Decimal) -> str:
    """Plain notation, the scale as stored; not-a-number and infinity as PostgreSQL spells them."""
    return format(value, "f") if value.is_finite() else float_text(float(value))


def float_text(value: float) -> str:
    """The shortest text that reads back, in PostgreSQL's layout: no `.0`, exponents from 1e+15 on."""
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return _large_float_text(value) if abs(value) >= 1e15 else repr(value).removesuffix(".0")


def _large_float_text(value: float) -> str:
    """As PostgreSQL, and unlike repr(), it takes no decimal that lies exactly between two floats.

    Below 1e+15 no decimal short enough to be chosen lies there, so that repr() agrees.
    """
    ulp = Fraction(math.ulp(value))
    inner = Fraction(abs(value)) - Fraction(math.nextafter(abs(value), 0))
    for digits in range(17):
        text = f"{value:.{digits}e}"
        distance = abs(Fraction(text)) - Fraction(abs(value))
        if -inner / 2 < distance < ulp / 2:
            return text
    return repr(value)


def duration_text(value: dt.timedelta) -> str:
    """Seconds, with as many decimals as it needs."""
    seconds = Decimal(value // dt.timedelta(microseconds=1)).scaleb(-6)
    return format(seconds, "f").rstrip("0").rstrip(".")


def boolean_text(value: bool) -> str:
    return "true" if value else "false"


def any_text(value: object) -> str:
    """The text of a value whose type is known only now, as a computed column's is."""
    for kind, render in _BY_TYPE:
        if isinstance(value, kind):
            return render(value)
    return str(value)


BARE_TYPES: Final = (bool, int, float, Decimal, dt.date, dt.time, dt.timedelta, UUID, bytes, memoryview)
"""What a computed column may return without its cells being text. A datetime is a date."""


def _bytes_text(value: bytes | memoryview) -> str:
    return bytes(value).hex()


# bool is an int and datetime a date: the narrower type comes first.
_BY_TYPE: Final[tuple[tuple[Any, Callable[[Any], str]], ...]] = (
    (str, str),
    (bool, boolean_text),
    (int, str),
    (float, float_text),
    (Decimal, decimal_text),
    (dt.datetime, datetime_text),
    (dt.date, dt.date.isoformat),
    (dt.time, dt.time.isoformat),
    (dt.timedelta, duration_text),
    (UUID, str),
    ((bytes, memoryview), _bytes_text),
    ((dict, list), jsonb_text),
)


class Nature(StrEnum):
    """Whether cells need the rules of control characters and formulas."""

    BARE = auto()
    """Never: numbers, dates and their like."""

    TEXT = auto()
    """Always: anything at all can stand in them."""

    MIXED = auto()
    """As each value's own type says."""


@dataclass(frozen=True)
class Rendering:
    """`python` takes a value that is not None.

    `postgresql` is an expression around `{x}`, of whichever type has the cell's text as its output: what COPY
    writes and a cast to text gives. None: only Python can say it. Both leave out the formula rule.
    """

    python: Callable[[Any], str]
    postgresql: str | None = None
    nature: Nature = Nature.BARE


def localised(rendering: Rendering, zone: dt.tzinfo) -> Rendering:
    """The same in Python with datetimes in `zone`; what PostgreSQL writes stays in UTC."""

    def render(value: Any) -> str:
        text = rendering.python(value)
        return in_zone(text, zone) if isinstance(value, dt.datetime) else text

    return replace(rendering, python=render)


_AT: Final = "({x})::timestamptz"
_UTC: Final = f"({_AT} AT TIME ZONE INTERVAL '0')"
_IN_PYTHON: Final = (
    f"{_AT} >= timestamptz '0001-01-01 00:00:00+00' AND {_AT} < timestamptz '10000-01-01 00:00:00+00'"
)

# A cast to the type that the column has already costs nothing; an untyped NULL needs it.
RENDERINGS: Final[dict[Kind, Rendering]] = {
    Kind.TEXT: Rendering(str, "({x})::text", nature=Nature.TEXT),
    Kind.JSON: Rendering(normalised_json, "({x})::jsonb", nature=Nature.TEXT),
    Kind.BOOLEAN: Rendering(boolean_text, "({x})::boolean::text"),
    Kind.KEY: Rendering(str, "{x}"),
    Kind.INTEGER: Rendering(str, "{x}"),
    Kind.DECIMAL: Rendering(decimal_text, "{x}"),
    Kind.FLOAT: Rendering(float_text, "({x})::float8"),
    # The cast leaves out trailing zeros of the microseconds; to_char(), for those, takes twice as long.
    # INTERVAL '0' is UTC without its name, which would be looked up for each value.
    Kind.DATETIME: Rendering(
        datetime_text,
        f"""CASE WHEN {_IN_PYTHON} AND ({_AT}(5) <> {_AT} OR {_AT}(0) = {_AT})
        THEN replace({_UTC}::text, ' ', 'T') || '+00:00'
        WHEN {_IN_PYTHON} THEN to_char({_UTC}, 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"')
        WHEN isfinite({_AT}) THEN replace({_UTC}::text || '+00', ' BC+00', '+00 BC')
        ELSE ({{x}})::text END""",
    ),
    Kind.DATE: Rendering(dt.date.isoformat, "({x})::date"),
    Kind.TIME: Rendering(
        dt.time.isoformat,
        """CASE WHEN ({x})::time < time '24:00' AND date_trunc('second', ({x})::interval) <> ({x})::interval
        THEN to_char(({x})::interval, 'HH24:MI:SS.US') ELSE ({x})::text END""",
    ),
    Kind.DURATION: Rendering(duration_text, "trim_scale(extract(epoch from ({x})::interval))"),
    Kind.UUID: Rendering(str, "{x}"),
    Kind.BINARY: Rendering(_bytes_text, "encode(({x})::bytea, 'hex')"),
    # Without a host's /32, as psycopg gives it too; a cast to text would add it.
    Kind.ADDRESS: Rendering(str, "abbrev(({x})::inet)"),
    Kind.OTHER: Rendering(any_text, nature=Nature.MIXED),
}

# A subclass comes before its base.
_KINDS: "Final[tuple[tuple[type[models.Field[Any, Any]], Kind], ...]]" = (
    (models.JSONField, Kind.JSON),
    (models.BooleanField, Kind.BOOLEAN),
    (models.AutoField, Kind.KEY),
    (models.IntegerField, Kind.INTEGER),
    (models.DecimalField, Kind.DECIMAL),
    (models.FloatField, Kind.FLOAT),
    (models.DateTimeField, Kind.DATETIME),
    (models.DateField, Kind.DATE),
    (models.TimeField, Kind.TIME),
    (models.DurationField, Kind.DURATION),
    (models.UUIDField, Kind.UUID),
    (models.BinaryField, Kind.BINARY),
    (models.GenericIPAddressField, Kind.ADDRESS),
    (models.CharField, Kind.TEXT),
    (models.TextField, Kind.TEXT),
)


def kind_of(field: "models.Field[Any, Any]") -> Kind:
    """The kind of a model field or of an expression's output field; a relation is its key's."""
    if isinstance(field, models.ForeignKey):
        return kind_of(field.target_field)
    kind = next((kind for cls, kind in _KINDS if isinstance(field, cls)), Kind.OTHER)
    # A field that makes objects of its own from the column's values: only those objects know their text.
    own_objects = kind is not Kind.JSON and hasattr(field, "from_db_value")
    return Kind.OTHER if own_objects else kind
