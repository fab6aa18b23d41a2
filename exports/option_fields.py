"""The form fields of the engine's own parameters: the format, and how the file is to be made."""

from collections.abc import Mapping
from typing import Any, Final

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from .compressors import COMPRESSORS
from .encoders import encoder_class, installed_formats
from .exceptions import Text
from .options import Overlong, time_zones
from .query import RAW_FORMULAS
from .rendering import Formulas
from .scope import FOR_ALL_TENANTS, FOR_OTHER_TENANT, has_permission

FORMAT_HINTS: Final[Mapping[str, Text]] = {
    "csv": _("Opens everywhere: in Excel, in databases, in scripts."),
    "jsonl": _("For programs: each row is a line of JSON."),
    "xlsx": _("An Excel workbook; numbers and dates have their types."),
    "parquet": _("For analysis, as with pandas, DuckDB or Spark."),
}
"""What each format is for."""

ZONES_ID: Final = "exports-zones"
"""The id of the page's list of time zones."""

MORE: Final = ("formulas", "overlong", "since")
"""What few people need: a page may show these when asked for."""

_FORMULAS: Final = {
    Formulas.ESCAPE: _("Put an apostrophe before them"),
    Formulas.REJECT: _("Refuse the export"),
    Formulas.RAW: _("Leave them live"),
}
_OVERLONG: Final = {
    Overlong.REJECT: _("Refuse the export"),
    Overlong.CUT: _("Cut them, and mark where"),
}
_DIALECTS: Final = {
    "excel": _("for Excel"),
    "excel-semicolon": _("for Excel where numbers have a comma"),
    "tsv": _("parted by tabs"),
}


def option_fields(user: Any) -> dict[str, forms.Field]:
    """All but the columns, by name. What this user may not choose is not among them."""
    fields = {
        "format": _format(),
        "compression": _compression(),
        "dialect": _dialect(),
        "tz": _zone(),
        "formulas": _formulas(user),
        "overlong": forms.ChoiceField(
            label=_("Texts that are too long for Excel"),
            help_text=_("A cell of Excel's holds 32,767 characters."),
            choices=list(_OVERLONG.items()),
            required=False,
        ),
        "since": forms.CharField(
            label=_("Created since"),
            help_text=_("The cursor of an earlier export, or: start. Empty: all rows."),
            required=False,
        ),
    }
    if any(has_permission(user, name) for name in (FOR_OTHER_TENANT, FOR_ALL_TENANTS)):
        fields["tenant"] = _tenant()
    _tell_formats(fields)
    return fields


def zone_names() -> list[str]:
    """The time zones that a page offers."""
    return sorted(time_zones())


def _tell_formats(fields: dict[str, forms.Field]) -> None:
    """Lets a script put away what means nothing to the format that is chosen."""
    options = {name: encoder_class(name).options for name in installed_formats()}
    for option in sorted(set().union(*options.values()) & fields.keys()):
        formats = [name for name, found in options.items() if option in found]
        fields[option].widget.attrs["data-formats"] = " ".join(formats)


def _format() -> forms.ChoiceField:
    choices = [(name, encoder_class(name).label) for name in installed_formats()]
    return forms.ChoiceField(label=_("Format"), choices=choices, widget=forms.RadioSelect, required=False)


def _compression() -> forms.ChoiceField:
    choices = [(name, f"{name} (.{compressor.extension})") for name, compressor in COMPRESSORS.items()]
    return forms.ChoiceField(
        label=_("Compression"), choices=[("", _("Not compressed")), *choices], required=False
    )


def _dialect() -> forms.ChoiceField:
    choices: list[tuple[str, Text]] = [
        (name, format_lazy("{}: {}", name, label)) for name, label in _DIALECTS.items()
    ]
    choices = [("", _("Standard (RFC 4180)")), *choices]
    return forms.ChoiceField(label=_("Kind of CSV"), choices=choices, required=False)


def _zone() -> forms.CharField:
    return forms.CharField(
        label=_("Time zone"),
        help_text=_("Such as Europe/Berlin: of times in the file, and of dates in filters. Empty: UTC."),
        widget=forms.TextInput(attrs={"list": ZONES_ID, "autocomplete": "off"}),
        required=False,
    )


def _formulas(user: Any) -> forms.ChoiceField:
    choices = [(key.value, label) for key, label in _FORMULAS.items()]
    if not has_permission(user, RAW_FORMULAS):
        choices = [(key, label) for key, label in choices if key != Formulas.RAW]
    return forms.ChoiceField(
        label=_("Cells that a spreadsheet would run"),
        help_text=_("In CSV; in no other format could they be run."),
        choices=choices,
        required=False,
    )


def _tenant() -> forms.CharField:
    text = _("A tenant's id, or * for everybody's rows; empty: your own.")
    return forms.CharField(label=_("Whose rows"), help_text=text, required=False)
