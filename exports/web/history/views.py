"""The pages of the audit record: the records in a user's reach, and one of them in full."""

from typing import Any

from django.db.models import QuerySet
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.generic import DetailView

from ...history import may_see_all, reachable_records, run_again
from ...jobs import storage
from ...models import ExportJob, ExportLog
from ..acting import acting_for
from ..addresses import page_address
from ..listing import FilteredListView
from ..pairs import pairs
from ..signed_in import SignedInView
from .comparing import lines
from .form import RecordFilterForm
from .runs import Runs, job_of


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
        context["acting"] = acting_for(self.request.user, record.tenant)
        job = job_of(record)
        if job is not None and job.user == str(self.request.user.pk) and storage.is_configured():
            context["job"] = job
        context |= self._compared(record, job)
        again = run_again(record, self.request.user)
        if again is not None:
            context["again_url"] = page_address("dataset", record.export_type, again)
            context["download_url"] = page_address("download", record.export_type, again)
        return context

    def _compared(self, record: ExportLog, job: ExportJob | None) -> dict[str, Any]:
        """The runs of the same request before and after this one; none of what was denied."""
        if record.outcome == ExportLog.Outcome.DENIED:
            return {}
        runs = Runs(record, self.records, job)
        found = runs.before()
        before, has_ended = found.record, record.outcome != ExportLog.Outcome.RUNNING
        return {
            "before": before,
            "looked_at": found.looked_at,
            "newer": runs.after().record,
            "lines": list(lines(record, before)) if before and has_ended else [],
            "same_file": bool(before and record.sha256 and before.sha256 == record.sha256),
        }
