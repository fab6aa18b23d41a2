"""What the engine itself has to export: the audit records. Any app has its own in a module of this name."""

from django.utils.translation import gettext_lazy as _

from .columns import Column
from .definitions import ModelExport
from .filters import CharFilter, ChoiceFilter, EndFilter, ExportFilterSet, StartFilter
from .history import VIEW_RECORDS
from .models import ExportLog
from .registry import register, registry


def _datasets() -> list[tuple[str, str]]:
    return [(definition.get_name(), definition.get_name()) for definition in registry]


class ExportLogFilterSet(ExportFilterSet):
    start_date = StartFilter("timestamp")
    end_date = EndFilter("timestamp")
    dataset = ChoiceFilter("export_type", label=_("Dataset"), choices=_datasets)
    outcome = ChoiceFilter(choices=ExportLog.Outcome.choices, label=_("Outcome"))
    door = ChoiceFilter(choices=ExportLog.Door.choices, label=_("Door"))
    user = CharFilter(strip=False, label=_("User"), help_text=_("The id of who asked, exactly."))
    # `format` is the engine's own: that of the file to be made.
    file_format = CharFilter("format", label=_("Format of the file"), help_text=_("Such as csv or xlsx."))


_TOLD = {
    "id": _("The export's id, which its answer had as X-Export-Id."),
    "export_type": _("The name of the dataset."),
    "door": _("By which way it was asked for."),
    "ip": _("The address that asked."),
    "user_agent": _("What the client called itself."),
    "format": _("The format of its file."),
    "options": _("How the file was to be made."),
    "timestamp": _("When it started."),
    "finished_at": _("When it ended; empty while it runs."),
    "row_count": _("How many rows it has written."),
    "outcome": _("What became of it; it runs still where this says running."),
    "error": _("Why it failed or was refused."),
}
"""Of the fields whose `help_text` does not say it."""


@register(ExportLog)
class ExportLogExport(ModelExport):
    """The audit records, under the names of their fields. An export of them is one of them, still running.

    There is no `created_field`: a record is written when its export starts, and changed when that ends. By
    the moment of the start `since=` would bring some that say `running`, and never what became of them; the
    moment of the end can be null.
    """

    name = "export-logs"
    description = _("Every export: who took out what, when, from where, and how it ended.")
    filterset_class = ExportLogFilterSet
    scope_field = "tenant"
    permission = VIEW_RECORDS
    permission_for_own_rows = True
    columns = [
        Column(field.name, description=_TOLD.get(field.name, "")) for field in ExportLog._meta.concrete_fields
    ]
    ordering = ("timestamp", "id")
