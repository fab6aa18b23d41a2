"""The pages of the audit record: the records in a user's reach, and one of them in full."""

from typing import Any, ClassVar

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from django.views.generic import DetailView

from ..history import reachable_records, run_again
from ..jobs import storage
from ..models import ExportJob, ExportLog
from .addresses import page_address
from .listing import FilteredListView, ListForm
from .pairs import pairs
from .signed_in import SignedInView


class RecordFilterForm(ListForm):
    """Which records to list."""

    outcome = forms.ChoiceField(label=gettext_lazy("Outcome"), required=False)

    lookups: ClassVar = {"dataset": "export_type", "outcome": "outcome"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer("outcome", ExportLog.Outcome.choices)


class HistoryView(FilteredListView):
    """The records in the user's reach, newest first."""

    template_name = "exports/history.html"
    context_object_name = "records"
    form_class = RecordFilterForm

    def get_rows(self) -> QuerySet[ExportLog]:
        return reachable_records(self.request.user)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        title = pgettext("list of exports", "History")
        context = super().get_context_data(title=title, section="history", **kwargs)
        own = {str(self.request.user.pk), ""}
        context["of_others"] = any({record.user, record.tenant} - own for record in context["records"])
        return context


class RecordView(SignedInView, DetailView):  # type: ignore[type-arg]  # takes no argument at run time
    """One record in full; one that is out of reach does not exist."""

    template_name = "exports/record.html"
    context_object_name = "record"

    def get_queryset(self) -> QuerySet[ExportLog]:
        return reachable_records(self.request.user)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        record = self.object
        title = _("Export of %(dataset)s") % {"dataset": record.export_type}
        context = super().get_context_data(title=title, section="history", **kwargs)
        context |= {"filters": list(pairs(record.filters)), "options": list(pairs(record.options))}
        again = run_again(record, self.request.user)
        if again is not None:
            context["again_url"] = page_address("dataset", record.export_type, again)
            context["download_url"] = page_address("download", record.export_type, again)
        if record.door == ExportLog.Door.JOB and storage.is_configured():
            own = ExportJob.objects.primary().of(self.request.user)
            context["job"] = own.filter(export_id=record.pk).first()
        return context
