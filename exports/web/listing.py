"""Lists, newest first, and the filter above them: a dataset, and what each list has of its own."""

from typing import Any, ClassVar

from django import forms
from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _
from django.views.generic import ListView

from ..caller import Caller
from ..policy.permissions import permits
from ..registry import registry
from .signed_in import SignedInView
from .told import mistakes

ROWS_A_PAGE = 25


class ListForm(forms.Form):
    """Which rows to list, among the datasets that the caller may export.

    `lookups` has the model's name of each field.
    """

    dataset = forms.ChoiceField(label=_("Dataset"), required=False)

    lookups: ClassVar[dict[str, str]]

    def __init__(self, *args: Any, caller: Caller, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.caller = caller
        names = [definition.get_name() for definition in registry if permits(definition, caller)]
        self.offer("dataset", [(name, name) for name in names])

    def offer(self, name: str, choices: list[Any]) -> None:
        """These are the choices of that field, beside all."""
        field: Any = self.fields[name]
        field.choices = [("", _("All")), *choices]

    def chosen[Rows: QuerySet[Any]](self, rows: Rows) -> Rows:
        """Those of `rows` that match; none for a value that does not exist."""
        if not self.is_valid():
            return rows.none()
        values = {lookup: self.cleaned_data.get(name) for name, lookup in self.lookups.items()}
        return rows.filter(**{lookup: value for lookup, value in values.items() if value})


class FilteredListView(SignedInView, ListView):  # type: ignore[type-arg]  # takes no argument at run time
    """The rows that the form finds; 400 for a value that does not exist."""

    paginate_by = ROWS_A_PAGE
    form_class: type[ListForm]

    def get_rows(self) -> QuerySet[Any]:
        """All that the user may see, in order."""
        raise NotImplementedError

    def get_queryset(self) -> QuerySet[Any]:
        self.form = self.form_class(self.request.GET, caller=self.caller)
        return self.form.chosen(self.get_rows())

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        failed = not self.form.is_valid()
        return super().get_context_data(
            form=self.form, failed=failed, mistakes=list(mistakes(self.form)), **kwargs
        )

    def render_to_response(self, context: dict[str, Any], **kwargs: Any) -> HttpResponse:
        status = 200 if self.form.is_valid() else 400
        return super().render_to_response(context, status=status, **kwargs)
