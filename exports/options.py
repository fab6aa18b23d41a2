"""The parameters that the engine itself understands, apart from a dataset's filters."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from django.http import QueryDict
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from .columns import Column
from .compressors import COMPRESSORS
from .encoders import ENCODERS
from .exceptions import InvalidParameters, ParameterProblem
from .rendering import Formulas

DEFAULT_FORMAT = "csv"
MAX_TENANT_LENGTH = 255
"""What the audit record can hold."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """How the file is to be made. `columns` are headers in the order asked for; None: all."""

    format: str = DEFAULT_FORMAT
    compression: str | None = None
    columns: tuple[str, ...] | None = None
    formulas: Formulas = Formulas.ESCAPE
    tenant: str | None = None

    @classmethod
    def parse(cls, params: QueryDict) -> "Options":
        """The options among a request's parameters. Raises InvalidParameters naming each bad one."""
        given = {name: str(params[name]) for name in OPTION_NAMES if name in params}
        errors = [
            ParameterProblem(
                name,
                "invalid_choice",
                format_lazy(_("Choose one of: {choices}."), choices=", ".join(choices)),
            )
            for name, choices in _CHOICES.items()
            if name in given and given[name] not in choices
        ]
        errors += [
            ParameterProblem(name, "blank", _("This may not be empty."))
            for name, value in given.items()
            if not value and name not in _CHOICES
        ]
        errors += [
            ParameterProblem(name, "repeated", _("This may be given once only."))
            for name in given
            if len(params.getlist(name)) > 1
        ]
        if len(given.get("tenant", "")) > MAX_TENANT_LENGTH:
            errors.append(ParameterProblem("tenant", "max_length", _("This is too long for an id.")))
        if errors:
            raise InvalidParameters(errors)
        return cls(
            format=given.get("format", DEFAULT_FORMAT),
            compression=given.get("compression"),
            columns=tuple(given["columns"].split(",")) if "columns" in given else None,
            formulas=Formulas(given.get("formulas", Formulas.ESCAPE)),
            tenant=given.get("tenant"),
        )

    def as_record(self) -> dict[str, str]:
        """For the audit record: the options that have no field of their own there."""
        asked_for = {"compression": self.compression, "tenant": self.tenant}
        return {
            "formulas": self.formulas.value,
            **{name: value for name, value in asked_for.items() if value is not None},
        }


OPTION_NAMES = ("format", "compression", "columns", "formulas", "tenant")
_CHOICES: dict[str, Collection[str]] = {
    "format": ENCODERS,
    "compression": COMPRESSORS,
    "formulas": tuple(Formulas),
}


def chosen_columns(
    columns: Sequence[Column], visible: Sequence[Column], headers: Iterable[str] | None
) -> tuple[Column, ...]:
    """The columns of these headers, in their order; all that are `visible` for None.

    One that is there but not visible is for a later stage to refuse. Raises InvalidParameters for a header
    that does not exist or stands twice.
    """
    if headers is None:
        return tuple(visible)
    by_header = {column.header: column for column in (*columns, *visible)}
    shown = [column.header for column in visible]
    chosen: dict[str, Column] = {}
    for header in headers:
        if header not in by_header:
            text = _("There is no column '{header}'. There are: {headers}.")
            detail = format_lazy(text, header=header, headers=", ".join(shown))
            raise InvalidParameters([ParameterProblem("columns", "unknown_column", detail)])
        if header in chosen:
            detail = format_lazy(_("The column '{header}' stands twice."), header=header)
            raise InvalidParameters([ParameterProblem("columns", "repeated_column", detail)])
        chosen[header] = by_header[header]
    return tuple(chosen.values())
