"""The parameters that the engine itself understands, apart from a dataset's filters."""

import datetime as dt
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from django.http import QueryDict
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from .compressors import COMPRESSORS
from .encoders import ENCODERS, Encoder, encoder_class, is_installed
from .encoders.dialects import DIALECTS, Dialect
from .exceptions import InvalidParameters, ParameterProblem
from .rendering import Formulas

DEFAULT_FORMAT = "csv"
MAX_TENANT_LENGTH = 255
"""What the audit record can hold."""


class Overlong(StrEnum):
    """What to do with a text that is longer than a cell of the format may be."""

    REJECT = "reject"
    CUT = "cut"


@dataclass(frozen=True, kw_only=True)
class Options:
    """How the file is to be made. `columns` are as they were asked for; None: the default ones."""

    format: str = DEFAULT_FORMAT
    compression: str | None = None
    columns: tuple[str, ...] | None = None
    formulas: Formulas = Formulas.ESCAPE
    dialect: str | None = None
    overlong: Overlong = Overlong.REJECT
    tz: str | None = None
    since: str | None = None
    tenant: str | None = None

    @classmethod
    def parse(cls, params: QueryDict) -> "Options":
        """The options among a request's parameters. Raises InvalidParameters naming each bad one."""
        given = {name: str(params[name]) for name in OPTION_NAMES if name in params}
        problems = list(_invalid(given))
        problems += [
            ParameterProblem(name, "repeated", _("This may be given once only."))
            for name in given
            if len(params.getlist(name)) > 1
        ]
        if problems or (problems := list(_impossible(given))):
            raise InvalidParameters(problems)
        return cls(
            format=given.get("format", DEFAULT_FORMAT),
            compression=given.get("compression"),
            columns=tuple(given["columns"].split(",")) if "columns" in given else None,
            formulas=Formulas(given.get("formulas", Formulas.ESCAPE)),
            dialect=given.get("dialect"),
            overlong=Overlong(given.get("overlong", Overlong.REJECT)),
            tz=given.get("tz"),
            since=given.get("since"),
            tenant=given.get("tenant"),
        )

    @property
    def encoder_class(self) -> type[Encoder]:
        """What writes the format."""
        return encoder_class(self.format)

    @property
    def text_rule(self) -> Formulas:
        """What becomes of text that looks like a formula: nothing, where the format's text is never run."""
        return self.formulas if self._takes("formulas") else Formulas.RAW

    @property
    def header_rule(self) -> Formulas:
        """The same of headers, which no option leaves as they are."""
        return Formulas.ESCAPE if self._takes("formulas") else Formulas.RAW

    @property
    def csv_dialect(self) -> Dialect:
        return DIALECTS[self.dialect] if self.dialect else Dialect()

    @property
    def zone(self) -> dt.tzinfo:
        """The time zone that datetimes are written in, and read in where they come without one."""
        return dt.UTC if self.tz in (None, "UTC") else ZoneInfo(self.tz)

    def as_record(self) -> dict[str, str]:
        """For the audit record: the options that have no field of their own there."""
        used = {"formulas": self.formulas.value, "overlong": self.overlong.value}
        asked_for = {
            "compression": self.compression,
            "dialect": self.dialect,
            "tz": self.tz,
            "since": self.since,
            "tenant": self.tenant,
        }
        return {
            **{name: value for name, value in used.items() if self._takes(name)},
            **{name: value for name, value in asked_for.items() if value is not None},
        }

    def _takes(self, name: str) -> bool:
        return name in self.encoder_class.options


OPTION_NAMES = (
    "format",
    "compression",
    "columns",
    "formulas",
    "dialect",
    "overlong",
    "tz",
    "since",
    "tenant",
)
_OF_SOME_FORMATS = {"formulas", "dialect", "overlong"}
DEFAULTS = {
    "format": DEFAULT_FORMAT,
    "formulas": Formulas.ESCAPE.value,
    "overlong": Overlong.REJECT.value,
}
"""What an option is where it is not given, and not nothing."""

_CHOICES: dict[str, Collection[str]] = {
    "format": ENCODERS,
    "compression": COMPRESSORS,
    "formulas": tuple(Formulas),
    "dialect": DIALECTS,
    "overlong": tuple(Overlong),
}


@cache
def time_zones() -> set[str]:
    """Their names, for which every file of the system's database is looked at: 5 to 20 ms."""
    return available_timezones()


def zone_of(name: str) -> dt.tzinfo:
    """The time zone of that name; UTC where there is none."""
    return ZoneInfo(name) if name in time_zones() else dt.UTC


def _invalid(given: dict[str, str]) -> Iterator[ParameterProblem]:
    """What is wrong with each option by itself."""
    for name, value in given.items():
        if name in _CHOICES and value not in _CHOICES[name]:
            text = format_lazy(_("Choose one of: {choices}."), choices=", ".join(_CHOICES[name]))
            yield ParameterProblem(name, "invalid_choice", text)
        elif not value:
            yield ParameterProblem(name, "blank", _("This may not be empty."))
    if len(given.get("tenant", "")) > MAX_TENANT_LENGTH:
        yield ParameterProblem("tenant", "max_length", _("This is too long for an id."))
    if given.get("tz") and given["tz"] not in time_zones():
        text = _("There is no such time zone. Name one of the IANA database, such as Europe/Berlin or UTC.")
        yield ParameterProblem("tz", "invalid", text)


def _impossible(given: dict[str, str]) -> Iterator[ParameterProblem]:
    """What is wrong with the options together; each by itself is valid."""
    name = given.get("format", DEFAULT_FORMAT)
    encoder = encoder_class(name)
    if not is_installed(name):
        text = _("{label} needs a library that is not installed here: pip install django-exports[{extra}]")
        detail = format_lazy(text, label=encoder.label, extra=encoder.extra)
        yield ParameterProblem("format", "not_installed", detail)
    for option in sorted(given.keys() & _OF_SOME_FORMATS - encoder.options):
        text = _("This does not go with format={format}.")
        yield ParameterProblem(option, "does_not_apply", format_lazy(text, format=name))
