"""The pages of the audit record: the records in a user's reach, and one of them in full."""

import datetime as dt
from typing import Any, ClassVar, cast

from django import forms
from django.db.models import QuerySet
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from django.views.generic import DetailView

from ...catalogue import dataset_names
from ...history import (
    may_see_all,
    named,
    names_one,
    reachable_records,
    run_again,
    search,
    search_start,
)
from ...jobs import storage
from ...models import ExportJob, ExportLog
from ..acting import acting_for
from ..addresses import page_address
from ..listing import FilteredListView, ListForm
from ..pairs import pairs
from ..periods import MAX_DAYS, PeriodForm
from ..signed_in import SignedInView
from .comparing import last_run, lines, next_run


class RecordFilterForm(PeriodForm, ListForm):
    """Which records to list. For who sees those of others: whose."""

    q = forms.CharField(
        label=gettext_lazy("Search"),
        help_text=gettext_lazy("An id, a SHA-256, an address, a user agent, or the value of a filter."),
        required=False,
        max_length=200,
        widget=forms.TextInput({"type": "search"}),
    )
    outcome = forms.ChoiceField(label=gettext_lazy("Outcome"), required=False)
    door = forms.ChoiceField(label=gettext_lazy("Door"), required=False)
    user = forms.CharField(label=gettext_lazy("User"), required=False, max_length=255)
    tenant = forms.CharField(label=gettext_lazy("Tenant"), required=False, max_length=255)

    search_start: dt.datetime | None = None
    """After which moment text was looked for, where there are too many records."""

    field_order = ("q", "dataset", "outcome", "door", "start_date", "end_date", "user", "tenant")
    lookups: ClassVar = {
        "dataset": "export_type",
        "outcome": "outcome",
        "door": "door",
        "user": "user",
        "tenant": "tenant",
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer("outcome", ExportLog.Outcome.choices)
        self.offer("door", ExportLog.Door.choices)
        self.sees_all = may_see_all(self.caller.user)
        if self.sees_all:  # records of every dataset are in the list
            self.offer("dataset", [(name, name) for name in dataset_names()])
        if not self.sees_all:
            del self.fields["user"], self.fields["tenant"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        text = cleaned.get("q")
        if text and not names_one(text) and not self._takes_text():
            error = _("Choose a user, a tenant, or up to %(days)s days from and until as well.")
            self.add_error("q", forms.ValidationError(error % {"days": MAX_DAYS}))
        return cleaned

    def _takes_text(self) -> bool:
        """Whether text is looked for: in one's own records, or in those of a user, a tenant or some days."""
        narrowed = any(self.cleaned_data.get(name) for name in ("user", "tenant"))
        return not self.sees_all or narrowed or self.period.days <= MAX_DAYS

    def chosen[Rows: QuerySet[Any]](self, rows: Rows) -> Rows:
        rows = super().chosen(rows)
        if not self.is_valid():
            return rows
        rows = rows.filter(self.period.condition("timestamp"))
        text = self.cleaned_data["q"]
        return cast("Rows", self._found(rows, text)) if text else rows

    def _found(self, rows: QuerySet[ExportLog], text: str) -> QuerySet[ExportLog]:
        """What an id or a SHA-256 names; else, for it may be the value of a filter, where the text occurs."""
        if names_one(text):
            found = named(rows, text)
            if found.exists() or not self._takes_text():
                return found
        self.search_start = search_start(rows)
        return search(rows.filter(timestamp__gt=self.search_start) if self.search_start else rows, text)


class HistoryView(FilteredListView):
    """The records in the user's reach, newest first."""

    template_name = "exports/history.html"
    context_object_name = "records"
    form_class = RecordFilterForm
    form: RecordFilterForm

    def get_rows(self) -> QuerySet[ExportLog]:
        return reachable_records(self.request.user)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        title = pgettext("list of exports", "History")
        context = super().get_context_data(title=title, section="history", **kwargs)
        own = {str(self.request.user.pk), ""}
        context["of_others"] = any({record.user, record.tenant} - own for record in context["records"])
        context["search_start"] = self.form.search_start
        context["sees_all"] = may_see_all(self.request.user)
        return context


class RecordView(SignedInView, DetailView):  # type: ignore[type-arg]  # takes no argument at run time
    """One record in full; one that is out of reach does not exist."""

    template_name = "exports/record.html"
    context_object_name = "record"

    @cached_property
    def records(self) -> QuerySet[ExportLog]:
        return reachable_records(self.request.user)

    def get_queryset(self) -> QuerySet[ExportLog]:
        return self.records

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        record = self.object
        title = _("Export of %(dataset)s") % {"dataset": record.export_type}
        context = super().get_context_data(title=title, section="history", **kwargs)
        context |= {"filters": list(pairs(record.filters)), "options": list(pairs(record.options))}
        context |= {"acting": acting_for(self.request.user, record.tenant), **self._compared(record)}
        again = run_again(record, self.request.user)
        if again is not None:
            context["again_url"] = page_address("dataset", record.export_type, again)
            context["download_url"] = page_address("download", record.export_type, again)
        if record.door == ExportLog.Door.JOB and storage.is_configured():
            own = ExportJob.objects.primary().of(self.request.user)
            context["job"] = own.filter(export_id=record.pk).first()
        return context

    def _compared(self, record: ExportLog) -> dict[str, Any]:
        """The runs of the same request before and after this one; none of what was denied."""
        if record.outcome == ExportLog.Outcome.DENIED:
            return {}
        before = last_run(record, self.records)
        compared = before is not None and record.outcome != ExportLog.Outcome.RUNNING
        return {
            "before": before,
            "newer": next_run(record, self.records),
            "lines": list(lines(record, before)) if compared and before else [],
            "same_file": bool(before and record.sha256 and before.sha256 == record.sha256),
        }
