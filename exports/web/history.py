"""The pages of the audit record: the records in a user's reach, and one of them in full."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from django.views.generic import DetailView, ListView

from ..history import reachable_records, run_again
from ..models import ExportLog
from ..registry import registry
from .addresses import page_address
from .signed_in import SignedInView

RECORDS_A_PAGE = 25


class RecordFilterForm(forms.Form):
    """Which records to list."""

    dataset = forms.ChoiceField(label=gettext_lazy("Dataset"), required=False)
    outcome = forms.ChoiceField(label=gettext_lazy("Outcome"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = [definition.get_name() for definition in registry]
        self._offer("dataset", [(name, name) for name in names])
        self._offer("outcome", ExportLog.Outcome.choices)

    def _offer(self, name: str, choices: list[Any]) -> None:
        field: Any = self.fields[name]
        field.choices = [("", gettext_lazy("All")), *choices]

    def chosen(self, records: QuerySet[ExportLog]) -> QuerySet[ExportLog]:
        """Those of `records` that match; none for a value that does not exist."""
        if not self.is_valid():
            return records.none()
        values = {"export_type": self.cleaned_data["dataset"], "outcome": self.cleaned_data["outcome"]}
        return records.filter(**{name: value for name, value in values.items() if value})


class HistoryView(SignedInView, ListView):  # type: ignore[type-arg]  # takes no argument at run time
    """The records in the user's reach, newest first."""

    template_name = "exports/history.html"
    context_object_name = "records"
    paginate_by = RECORDS_A_PAGE

    def get_queryset(self) -> QuerySet[ExportLog]:
        self.form = RecordFilterForm(self.request.GET)
        return self.form.chosen(reachable_records(self.request.user))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        title = pgettext("list of exports", "History")
        context = super().get_context_data(title=title, section="history", form=self.form, **kwargs)
        own = {str(self.request.user.pk), ""}
        context["of_others"] = any({record.user, record.tenant} - own for record in context["records"])
        return context

    def render_to_response(self, context: dict[str, Any], **kwargs: Any) -> HttpResponse:
        status = 200 if self.form.is_valid() else 400
        return super().render_to_response(context, status=status, **kwargs)


class RecordView(SignedInView, DetailView):  # type: ignore[type-arg]
    """One record in full; one that is out of reach does not exist."""

    template_name = "exports/record.html"
    context_object_name = "record"

    def get_queryset(self) -> QuerySet[ExportLog]:
        return reachable_records(self.request.user)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        record = self.object
        title = _("Export of %(dataset)s") % {"dataset": record.export_type}
        context = super().get_context_data(title=title, section="history", **kwargs)
        context |= {"filters": list(_pairs(record.filters)), "options": list(_pairs(record.options))}
        again = run_again(record, self.request.user)
        if again is not None:
            context["again_url"] = page_address("dataset", record.export_type, again)
            context["download_url"] = page_address("download", record.export_type, again)
        return context


def _pairs(recorded: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Name and text of each value; a name that was given more than once comes as often."""
    for name, value in recorded.items():
        for one in value if isinstance(value, list) else [value]:
            yield name, one if isinstance(one, str) else json.dumps(one, ensure_ascii=False)
