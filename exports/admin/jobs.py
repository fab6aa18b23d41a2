"""The background jobs in the admin: to be read; what is done with them, their users do on their pages."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from ..history import reachable_records
from ..jobs import storage
from ..jobs.control import reachable_jobs
from ..models import ExportJob, ExportLog
from .read_only import ReadOnlyAdmin
from .records import DatasetFilter, pretty


class JobDatasetFilter(DatasetFilter):
    """As of the audit records, by a job's own name of it."""

    parameter_name = "dataset"


@admin.register(ExportJob)
class ExportJobAdmin(ReadOnlyAdmin):
    """One's own jobs, or everybody's for who may export all tenants. Where there are no jobs, nothing."""

    list_display = (
        *("created_at", "dataset", "user", "tenant", "format"),
        *("status", "attempts", "row_count", "byte_count", "expires_at"),
    )
    list_filter = ("status", JobDatasetFilter)
    search_fields = ("user", "tenant", "dataset", "=id", "=sha256")
    search_help_text = _("User, tenant or dataset, or part of it; or a whole id or SHA-256.")
    date_hierarchy = "created_at"
    ordering = ("-created_at", "-id")
    fields = (
        *("id", "dataset", "status", "cancelling", "error", "error_code", "attempts"),
        *("door", "user", "tenant", "ip", "user_agent", "format", "shown_parameters"),
        *("created_at", "due_at", "started_at", "finished_at", "expires_at"),
        *("rows_expected", "row_count", "byte_count", "sha256", "filename", "media_type", "cursor"),
        *("stored_as", "template", "shown_recipients", "record"),
    )
    readonly_fields = ("id", "shown_parameters", "shown_recipients", "record")

    def get_queryset(self, request: HttpRequest) -> QuerySet[ExportJob]:
        return reachable_jobs(request.user).order_by(*self.ordering)

    def has_view_permission(self, request: HttpRequest, obj: ExportJob | None = None) -> bool:
        return storage.is_configured() and super().has_view_permission(request, obj)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """The job, with the address of its record for who may see that."""
        job = super().get_object(request, object_id, from_field)
        if job is not None:
            job.record_url = self._record_url(job, request)
        return job

    def _record_url(self, job: ExportJob, request: HttpRequest) -> str | None:
        model_admin = self.admin_site._registry.get(ExportLog)
        if model_admin is None or job.export_id is None or not model_admin.has_view_permission(request):
            return None
        if not reachable_records(request.user).filter(pk=job.export_id).exists():
            return None
        try:
            name = f"{self.admin_site.name}:exports_exportlog_change"
            return reverse(name, args=[job.export_id], current_app=self.admin_site.name)
        except NoReverseMatch:
            return None

    @admin.display(description=_("parameters"))
    def shown_parameters(self, job: ExportJob) -> str:
        return pretty(job.parameters)

    @admin.display(description=_("recipients"))
    def shown_recipients(self, job: ExportJob) -> str:
        return ", ".join(job.recipients) or "-"

    @admin.display(description=_("audit record"))
    def record(self, job: ExportJob) -> str:
        url = getattr(job, "record_url", None)
        return format_html('<a href="{}">{}</a>', url, job.export_id) if url else str(job.export_id or "-")
