"""Forms of which the engine says what is wrong, and the list of it at the top of a page."""

from collections.abc import Iterator, Mapping
from typing import ClassVar

from django import forms

from ..exceptions import ExportError


class ToldForm(forms.Form):
    """A form that takes over what the engine has found wrong."""

    attrs: ClassVar[Mapping[str, str]] = {}
    """The field's name of what the engine calls otherwise."""

    def take(self, error: ExportError) -> None:
        """Each problem beside its field; what has none here at the top."""
        if not error.problems:
            self.add_error(None, forms.ValidationError(str(error.detail), code=error.code))
        for problem in error.problems:
            name = self.field_of(problem.attr)
            text = str(problem.detail) if name else f"{problem.attr}: {problem.detail}"
            self.add_error(name, forms.ValidationError(text, code=problem.code))

    def field_of(self, attr: str) -> str | None:
        """The field that shows this, if there is one."""
        name = self.attrs.get(attr, attr)
        return name if name in self.fields else None


def mistakes(form: forms.Form) -> Iterator[tuple[str, str, str]]:
    """Id, label and text of each error that stands beside a field, for the list at the top of the page."""
    for field in form:
        for text in field.errors:
            # Of several inputs under one name the first: none has the name's own id.
            yield field.id_for_label or f"{field.auto_id}_0", str(field.label), str(text)
