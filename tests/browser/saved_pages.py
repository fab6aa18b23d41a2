"""Pages of templates, schedules and webhooks on which there is as much as may be."""

from typing import Any

from django.urls import reverse

from exports.models import ExportSchedule, ExportTemplate
from exports.notices.unsubscribing import unsubscribe_signature
from tests.web.job_rows import finished_job
from tests.web.saved_rows import (
    ADDRESS,
    SCHEDULES,
    TEMPLATES,
    WEBHOOKS,
    make_delivery,
    make_run,
    make_schedule,
    make_template,
    make_webhook,
    stopped_schedule,
)

LONG = "x" * 100
"""A name as long as may be, in which no line could end."""

ZONE = "America/Argentina/ComodRivadavia"


def saved_pages(owner: Any, stranger: Any) -> dict[str, str]:
    """Path by name. The owner has the address ADDRESS."""
    template = make_template(owner, LONG, "outcome=busy&start_date=last month", shared=[stranger])
    broken = make_template(owner, "Broken")
    ExportTemplate.objects.filter(pk=broken.pk).update(parameters={"outcom": ["busy"]})
    shared = make_template(stranger, "Theirs", shared=[owner])
    schedule = make_schedule(owner, template, timezone=ZONE, recipients=[ADDRESS])
    ExportSchedule.objects.filter(pk=schedule.pk).update(unsubscribed=[ADDRESS], failures=1, error="y" * 200)
    make_run(schedule, job=finished_job(owner))
    make_run(schedule, 2, outcome="failed", row_count=None, error="y" * 200)
    webhook = make_webhook(owner, f"https://example.com/{LONG}{LONG}")
    make_delivery(webhook)
    make_delivery(webhook, status="sent")
    off = make_webhook(owner, is_active=False, error="HTTP 410")
    signature = unsubscribe_signature(schedule, ADDRESS)
    return {
        "templates": TEMPLATES,
        "template": f"{TEMPLATES}{template.pk}/",
        "broken template": f"{TEMPLATES}{broken.pk}/",
        "shared template": f"{TEMPLATES}{shared.pk}/",
        "schedules": SCHEDULES,
        "schedule": f"{SCHEDULES}{schedule.pk}/",
        "stopped schedule": f"{SCHEDULES}{stopped_schedule(owner, template).pk}/",
        "schedule form": f"{SCHEDULES}new",
        "schedule form of one": f"{SCHEDULES}{schedule.pk}/edit",
        "webhooks": WEBHOOKS,
        "webhook": f"{WEBHOOKS}{webhook.pk}/",
        "webhook that is off": f"{WEBHOOKS}{off.pk}/",
        "unsubscribing": reverse("exports-web:unsubscribe", args=[signature]),
    }
