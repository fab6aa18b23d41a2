"""The form in which a person chooses an export: a dataset's filters, columns and options.

It shows a choice and what is wrong with it. Whether it is valid the engine says, as it does for every door.
"""

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.forms.boundfield import BoundField, BoundWidget
from django.http import QueryDict
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from .columns import Column
from .definitions import ModelExport
from .exceptions import ParameterProblem, Text
from .filtering import filter_form, lists_rows, parameter_names
from .option_fields import FORMAT_HINTS, MORE, option_fields, zone_names
from .options import DEFAULTS
from .widgets import fitted, keep


@dataclass(frozen=True, kw_only=True)
class Tick:
    """The box of a column, what is told of it, and the id of the element that tells it."""

    box: BoundWidget
    header: str
    name: str
    """Another one that it has in the file; empty: none."""

    description: Text
    is_extra: bool
    """Whether it is in the file only where it is ticked."""

    position: int
    """Where the definition has it."""

    @property
    def notes_id(self) -> str:
        return f"{self.box.id_for_label}_notes"


class ExportForm(forms.Form):
    """`params` are the API's, `problems` what the engine found wrong with them.

    `filters` lists the names of the filters to show; None: all of them. `searches` are the inputs of those
    whose values are found by a name.
    """

    def __init__(
        self,
        definition: ModelExport,
        user: Any,
        params: QueryDict,
        *,
        problems: Sequence[ParameterProblem] = (),
        filters: Iterable[str] | None = None,
        searches: Mapping[str, forms.Widget] | None = None,
    ) -> None:
        columns = definition.get_columns_for(user)
        headers = [column.header for column in columns]
        chosen = str(params["columns"]).split(",") if "columns" in params else _default(columns)
        super().__init__(data=_shown(params, chosen))
        self._problems, self._searches = problems, searches or {}
        rows = definition.get_queryset()
        self._told = {column.header: (column.description_in(rows), not column.default) for column in columns}
        known = filter_form(definition).fields
        self._filter_names = [name for name in known if filters is None or name in filters]
        self._listing = {name for name in self._filter_names if lists_rows(definition, name)}
        self.fields |= {
            name: self._filter_field(name, known[name], params.getlist(name)) for name in self._filter_names
        }
        self.fields["columns"] = _columns_field(_together(chosen, headers))
        self.fields |= option_fields(user)
        if not definition.created_field:
            del self.fields["since"]
        for name in (*DEFAULTS, "compression", "dialect"):
            keep(self.fields[name], params.getlist(name))

    def filter_fields(self) -> list[BoundField]:
        """What says which rows: whose, and the dataset's filters, in their order."""
        names = ["tenant"] if "tenant" in self.fields else []
        return [self[name] for name in (*names, *self._filter_names)]

    def formats(self) -> list[tuple[BoundWidget, Text]]:
        """The box of each format, and what it is for."""
        return [(box, FORMAT_HINTS.get(str(box.data["value"]), "")) for box in self["format"]]

    def file_fields(self) -> list[BoundField]:
        """How the file is to be made, beside its format."""
        return [self[name] for name in ("compression", "dialect", "tz")]

    def more_fields(self) -> list[BoundField]:
        """What few people need."""
        return [self[name] for name in MORE if name in self.fields]

    def more_is_used(self) -> bool:
        """Whether one of those is chosen, or wrong."""
        return any(
            field.errors or field.data not in (None, "", DEFAULTS.get(field.name))
            for field in self.more_fields()
        )

    def has_searches(self) -> bool:
        """Whether a filter's value is found by a name."""
        return any(name in self._searches for name in self._filter_names)

    def zones(self) -> list[str]:
        """The time zones to offer."""
        return zone_names()

    def ticks(self) -> Iterator[Tick]:
        """The columns, in their order; each box names the element that describes it."""
        positions = {header: at for at, header in enumerate(self._told)}
        for box in self["columns"]:
            header, name = _parted(str(box.data["value"]), self._told)
            description, is_extra = self._told.get(header, ("", False))
            tick = Tick(
                box=box,
                header=header,
                name=name,
                description=description,
                is_extra=is_extra,
                position=positions.get(header, len(positions)),
            )
            if description or is_extra:
                box.data["attrs"]["aria-describedby"] = tick.notes_id
            yield tick

    def full_clean(self) -> None:
        """Takes over what the engine has said."""
        self._errors = forms.utils.ErrorDict()
        self.cleaned_data: dict[str, Any] = {}
        fields = {part: key for key, field in self.fields.items() for part in parameter_names(key, field)}
        for problem in self._problems:
            field = fields.get(problem.attr)
            text = _told(problem) if field else format_lazy("{}: {}", problem.attr, problem.detail)
            self.add_error(field, forms.ValidationError(str(text), code=problem.code))

    def _filter_field(self, name: str, field: forms.Field, given: list[str]) -> forms.Field:
        if name in self._listing:  # a list of rows would show those of every tenant
            return forms.CharField(label=field.label, help_text=field.help_text, required=field.required)
        field = fitted(field, given)
        if name in self._searches:
            field.widget = self._searches[name]
            field.help_text = _("Its name, or its id.")
        return field


def normalised(params: QueryDict, definition: ModelExport, user: Any) -> QueryDict:
    """The API's parameters from what a browser sends of the form.

    A browser sends every input, also the blank ones; one `columns` for each tick; and a blank `columns`
    beside them, so that no tick at all is told from a first visit. Defaults are left out.
    """
    found = QueryDict(mutable=True)
    for name, values in params.lists():
        given = [value for value in values if value]  # a space may be what a filter looks for
        if name == "columns":
            given = _columns(given, _default(definition.get_columns_for(user)))
        if given and not (len(given) == 1 and given[0] == DEFAULTS.get(name)):
            found.setlist(name, given)
    return found


def _told(problem: ParameterProblem) -> Text:
    """What is wrong, to somebody who has the form before them."""
    if (problem.attr, problem.code) == ("columns", "blank"):
        return _("Tick at least one column.")
    return problem.detail


def _columns(ticked: list[str], default: list[str]) -> list[str]:
    """One comma-separated value; none for the default; an empty one, an error, where none is ticked."""
    return [] if ticked == default else [",".join(ticked)]


def _default(columns: Iterable[Column]) -> list[str]:
    return [column.header for column in columns if column.default]


def _together(chosen: list[str], headers: list[str]) -> list[str]:
    """All columns, each once, under the names they are to have: the chosen ones first, in their order."""
    found = {_parted(choice, headers)[0] for choice in chosen}
    others = [header for header in headers if header not in found]
    return [name for name in dict.fromkeys([*chosen, *others]) if name]


def _shown(params: QueryDict, chosen: list[str]) -> QueryDict:
    data = params.copy()
    data.setlist("columns", chosen)
    for name, default in DEFAULTS.items():
        data.setdefault(name, default)
    return data


def _columns_field(headers: list[str]) -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(
        label=_("Columns"),
        choices=[(header, header) for header in headers],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )


def _parted(choice: str, known: Container[str]) -> tuple[str, str]:
    """The header of a choice, which may be `header:name`, and that name; a header may have colons, too."""
    if choice in known:
        return choice, ""
    parts = choice.split(":")
    for at in range(1, len(parts)):
        header, name = ":".join(parts[:at]), ":".join(parts[at:])
        if header in known:
            return header, name
    return choice, ""
