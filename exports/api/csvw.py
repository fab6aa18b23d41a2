"""What a file is, as CSVW metadata: W3C's Metadata Vocabulary for Tabular Data."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final
from urllib.parse import quote

from django.db.models import Field
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from ..columns import Column
from ..encoders import FileColumn
from ..query import ExportQuery
from ..rendering import safe_header
from ..values import Kind

type Json = dict[str, Any]

CONTEXT: Final = "http://www.w3.org/ns/csvw"

_BASES: Final[Mapping[Kind, str]] = {
    Kind.JSON: "json",
    Kind.BOOLEAN: "boolean",
    Kind.KEY: "integer",
    Kind.INTEGER: "integer",
    Kind.DECIMAL: "decimal",
    Kind.FLOAT: "double",
    Kind.DATETIME: "dateTimeStamp",  # a dateTime that always has its offset
    Kind.DATE: "date",
    Kind.TIME: "time",
    Kind.DURATION: "decimal",
    Kind.BINARY: "hexBinary",
}
"""CSVW's built-in types; every other kind is a string."""

_UUID: Final = "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"


def metadata(query: ExportQuery, url: str, offered: Iterable[Column]) -> Json:
    """The description of the file that is to be found at `url`; of the columns `offered` it may have some."""
    definition, layout = query.definition, query.layout
    pairs = list(zip(layout.columns, query.columns, strict=True))
    return {
        "@context": CONTEXT,
        "@type": "Table",
        "url": url,
        "dc:title": layout.title,
        **_described(definition.description),
        **_notes(query, offered),
        "dialect": _dialect(layout.dialect.delimiter),
        "tableSchema": {
            "columns": [_column(in_file, column, query) for in_file, column in pairs],
            **_primary_key(query),
        },
    }


def column_name(header: str) -> str:
    """A header as the name of a variable in a URI template (RFC 6570, 2.3), as CSVW asks for.

    Such a name has letters, digits, `_` and what is percent-encoded; with `_` begin those of CSVW itself.
    """
    encoded = quote(header, safe="")
    for character in "-.~":  # which RFC 3986 leaves alone everywhere
        encoded = encoded.replace(character, f"%{ord(character):02X}")
    return f"%5F{encoded[1:]}" if encoded.startswith("_") else encoded


def _dialect(delimiter: str) -> Json:
    """How to read the file. Not even a line that begins with `#` is a comment."""
    return {
        "encoding": "utf-8",
        "delimiter": delimiter,
        "header": True,
        "headerRowCount": 1,
        "lineTerminators": ["\r\n"],
        "quoteChar": '"',
        "doubleQuote": True,
        "commentPrefix": None,
        "skipInitialSpace": False,
        "trim": False,
    }


def _column(in_file: FileColumn, column: Column, query: ExportQuery) -> Json:
    field = column.own_field_in(query.queryset)
    return {
        "name": column_name(in_file.header),
        "titles": safe_header(in_file.header),
        **_described(column.description_in(query.queryset)),
        "datatype": _datatype(in_file.kind, field, query),
        "required": field is not None and _is_required(field),
        "null": "",
    }


def _datatype(kind: Kind, field: "Field[Any, Any] | None", query: ExportQuery) -> str | Json:
    """The name of a built-in type; an object where there is more to say of it."""
    base = _BASES.get(kind, "string")
    more: Json = {}
    if kind is Kind.UUID:
        more["format"] = _UUID
    elif kind is Kind.DURATION:
        more |= _described(_("Seconds."))
    elif kind is Kind.DATETIME:
        more |= _described(format_lazy(_("In the time zone {zone}."), zone=str(query.options.zone)))
    elif kind in (Kind.TEXT, Kind.INTEGER) and (choices := list(_choices(field))):
        # As a `format`, the choices would make every other value an error, and no database refuses one.
        more["owl:oneOf"] = choices
    return {"base": base, **more} if more else base


def _choices(field: "Field[Any, Any] | None") -> Iterator[str | int]:
    """The values that the field's declaration offers; an empty one is none."""
    for value, _label in getattr(field, "flatchoices", ()):
        if isinstance(value, int):
            yield int(value)
        elif value:
            yield str(value)


def _is_required(field: "Field[Any, Any]") -> bool:
    """Whether no cell is empty, as far as the model says; Django calls its own counting keys `blank`."""
    return not field.null and (field.primary_key or not field.blank)


def _primary_key(query: ExportQuery) -> Json:
    """By the column's name, where the key is among the columns as it is."""
    for in_file, column in zip(query.layout.columns, query.columns, strict=True):
        field = column.own_field_in(query.queryset)
        if field is not None and field.primary_key:
            return {"primaryKey": column_name(in_file.header)}
    return {}


def _notes(query: ExportQuery, offered: Iterable[Column]) -> Json:
    """The columns that the file could have as well."""
    chosen = {column.header for column in query.columns}
    notes = [
        {
            "@type": "Column",
            "csvw:name": column_name(column.header),
            "csvw:title": column.header,
            **_described(column.description_in(query.queryset)),
        }
        for column in offered
        if column.header not in chosen
    ]
    return {"notes": notes} if notes else {}


def _described(text: object) -> Json:
    return {"dc:description": str(text)} if text else {}
