"""The admin's door: the export action, staff's own rows, and all that the engine keeps to look at."""

from .actions import ExportActionMixin
from .jobs import ExportJobAdmin
from .notices import ExportMailAdmin, WebhookAdmin, WebhookDeliveryAdmin
from .own_rows import OwnRowsMixin
from .records import ExportLogAdmin
from .runs import ScheduleRunAdmin
from .schedules import ExportScheduleAdmin
from .templates import ExportTemplateAdmin

__all__ = [
    "ExportActionMixin",
    "ExportJobAdmin",
    "ExportLogAdmin",
    "ExportMailAdmin",
    "ExportScheduleAdmin",
    "ExportTemplateAdmin",
    "OwnRowsMixin",
    "ScheduleRunAdmin",
    "WebhookAdmin",
    "WebhookDeliveryAdmin",
]
