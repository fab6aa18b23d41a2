"""The audit records in the admin: to be read, and by nobody to be changed."""

import json
from contextlib import suppress
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from ..history import may_see_all, reachable_records
from ..models import ExportLog
from ..registry import registry
from .actions import ExportActionMixin
from .read_only import ReadOnlyAdmin


class DatasetFilter(admin.SimpleListFilter):
    """By dataset. Django's own filter would look through all records for the names."""

    title = _("dataset")
    parameter_name = "export_type"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(definition.get_name(), definition.get_name()) for definition in registry]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        name = self.value()
        return queryset if name is None else queryset.filter(**{self.parameter_name: name})


class _ExportedAdmin(ReadOnlyAdmin):
    """Has no action but the export."""

    actions = ()

    def get_actions(self, request: HttpRequest, action_location: Any = None) -> Any:
        """None: those that a project offers everywhere may write."""
        return {}


@admin.register(ExportLog)
class ExportLogAdmin(ExportActionMixin, _ExportedAdmin):
    """One's own records, or everybody's for who may export all tenants; they are a dataset, too."""

    change_list_template = "exports/admin/records.html"

    list_display = (
        *("timestamp", "export_type", "user", "tenant", "door", "format"),
        *("row_count", "byte_count", "outcome"),
    )
    list_filter = ("outcome", "door", DatasetFilter)
    search_fields = ("user", "tenant", "export_type", "=id", "=sha256")
    search_help_text = _("User, tenant or dataset, or part of it; or a whole id or SHA-256.")
    date_hierarchy = "timestamp"
    ordering = ("-timestamp", "-id")
    fields = (
        *("id", "export_type", "outcome", "error", "door", "user", "tenant", "ip", "user_agent"),
        *("timestamp", "finished_at", "format", "shown_columns", "shown_filters", "shown_options"),
        *("row_count", "byte_count", "sha256", "source"),
    )
    readonly_fields = ("id", "shown_columns", "shown_filters", "shown_options")

    def get_queryset(self, request: HttpRequest) -> QuerySet[ExportLog]:
        return reachable_records(request.user).order_by(*self.ordering)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """The list, with a link to the dashboard for whoever may see that."""
        with suppress(NoReverseMatch):  # a project without the pages
            if may_see_all(request.user):
                extra_context = {**(extra_context or {}), "usage_url": reverse("exports-web:usage")}
        return super().changelist_view(request, extra_context)

    @admin.display(description=_("columns"))
    def shown_columns(self, record: ExportLog) -> str:
        return pretty(record.columns)

    @admin.display(description=_("filters"))
    def shown_filters(self, record: ExportLog) -> str:
        return pretty(record.filters)

    @admin.display(description=_("options"))
    def shown_options(self, record: ExportLog) -> str:
        return pretty(record.options)


def pretty(value: Any) -> str:
    """A JSON value, laid out to be read; the keyboard scrolls it where it is too wide."""
    return format_html('<pre tabindex="0">{}</pre>', json.dumps(value, indent=2, ensure_ascii=False))
