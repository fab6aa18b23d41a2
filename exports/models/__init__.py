"""What the engine keeps: the audit records, background jobs, templates, schedules, and what is to be sent."""

from .jobs import ExportJob
from .notices import ExportMail, Outgoing, Webhook, WebhookDelivery
from .records import ExportLog
from .schedules import ExportSchedule, ScheduleRun
from .templates import ExportTemplate, TemplateCursor, TemplateShare

__all__ = [
    "ExportJob",
    "ExportLog",
    "ExportMail",
    "ExportSchedule",
    "ExportTemplate",
    "Outgoing",
    "ScheduleRun",
    "TemplateCursor",
    "TemplateShare",
    "Webhook",
    "WebhookDelivery",
]
