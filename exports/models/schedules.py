"""Exports that come again, and each time that they came."""

import uuid
from typing import Any, ClassVar, Self

from django.db import models, router
from django.db.models import F
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from .jobs import ExportJob
from .templates import ExportTemplate


class ScheduleQuerySet(models.QuerySet["ExportSchedule"]):
    """Schedules, in the terms in which the engine asks for them."""

    def primary(self) -> Self:
        """On the database that is written."""
        return self.using(router.db_for_write(ExportSchedule))

    def of(self, user: object) -> Self:
        """Those of this user."""
        return self.filter(user=str(getattr(user, "pk", "")))

    def lock(self, schedule_id: Any) -> bool:
        """Keeps others from this schedule until the transaction ends. False where it is no more.

        To be called before its runs are written: whoever takes the two in turn waits, and never for ever. An
        UPDATE that changes nothing, for SQLite: who has read before they write fails there.
        """
        return bool(self.primary().filter(pk=schedule_id).update(failures=F("failures")))


class ExportSchedule(models.Model):
    """A template that is run by the clock, in the name of its user and with the rights they have then."""

    class Status(models.TextChoices):
        ACTIVE = "active", pgettext_lazy("schedule", "active")
        PAUSED = "paused", pgettext_lazy("schedule", "paused")
        STOPPED = "stopped", pgettext_lazy("schedule", "stopped")

    id = models.UUIDField(_("id"), primary_key=True, default=uuid.uuid4, editable=False)
    user = models.CharField(_("user"), max_length=255, help_text=_("Primary key of whose it is."))
    template = models.ForeignKey(
        ExportTemplate,
        models.SET_NULL,
        null=True,
        related_name="schedules",
        verbose_name=_("template"),
        help_text=_("Empty once it was deleted."),
    )
    rule = models.CharField(
        _("rule"), max_length=100, help_text=_("A cron line: minute, hour, day, month, day of the week.")
    )
    timezone = models.CharField(
        _("time zone"), max_length=100, default="UTC", help_text=_("Such as Europe/Berlin.")
    )
    recipients = models.JSONField(
        _("recipients"), default=list, blank=True, help_text=_("Addresses that are told by mail.")
    )
    # Addresses that staff has allowed, which the user by themselves may not name.
    approved = models.JSONField(_("approved recipients"), default=list, blank=True, editable=False)
    unsubscribed = models.JSONField(
        _("unsubscribed"), default=list, blank=True, editable=False, help_text=_("Who wants no more mail.")
    )
    incremental = models.BooleanField(
        _("incremental"), default=False, help_text=_("Only rows that were created since the last run.")
    )
    cursor = models.CharField(_("cursor"), max_length=100, blank=True, editable=False)
    # Of what the template said when the user saved this: of one that is somebody else's, they have seen that.
    fingerprint = models.CharField(max_length=64, blank=True, editable=False)
    language = models.CharField(_("language"), max_length=20, blank=True, editable=False)

    status = models.CharField(
        _("status"), max_length=10, choices=Status.choices, default=Status.ACTIVE, editable=False
    )
    next_run_at = models.DateTimeField(_("next run"), null=True, blank=True, editable=False)
    failures = models.PositiveIntegerField(
        _("failures"), default=0, editable=False, help_text=_("One after the other, up to now.")
    )
    error = models.TextField(_("error"), blank=True, editable=False)
    error_code = models.CharField(_("error code"), max_length=50, blank=True, editable=False)
    created_at = models.DateTimeField(_("created at"), default=now, editable=False)
    updated_at = models.DateTimeField(_("changed at"), auto_now=True)

    objects = ScheduleQuerySet.as_manager()

    class Meta:
        verbose_name = _("export schedule")
        verbose_name_plural = _("export schedules")
        ordering: ClassVar = ["-created_at", "-id"]
        permissions: ClassVar = [("mail_to_anybody", _("Can have exports mailed to any address"))]
        indexes: ClassVar = [
            models.Index(fields=["user", "-created_at", "-id"], name="exportschedule_user_time"),
            models.Index(
                fields=["next_run_at"], condition=models.Q(status="active"), name="exportschedule_next"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.template or '—'}, {self.rule} ({self.timezone})"


class RunQuerySet(models.QuerySet["ScheduleRun"]):
    """Runs, in the terms in which the engine asks for them."""

    def primary(self) -> Self:
        """On the database that is written."""
        return self.using(router.db_for_write(ScheduleRun))


class ScheduleRun(models.Model):
    """One time that a schedule came. The row is there once, whoever saw first that it was time."""

    class Outcome(models.TextChoices):
        WAITING = "waiting", pgettext_lazy("run", "waiting")
        RUNNING = "running", pgettext_lazy("run", "running")
        SUCCEEDED = "succeeded", pgettext_lazy("run", "succeeded")
        FAILED = "failed", pgettext_lazy("run", "failed")
        CANCELLED = "cancelled", pgettext_lazy("run", "cancelled")
        SKIPPED = "skipped", pgettext_lazy("run", "skipped")

    schedule = models.ForeignKey(
        ExportSchedule, models.CASCADE, related_name="runs", verbose_name=_("schedule")
    )
    occurrence = models.DateTimeField(_("occurrence"), help_text=_("When it was to be."))
    missed_since = models.DateTimeField(
        _("missed since"),
        null=True,
        blank=True,
        help_text=_("The first of the occurrences that this run stands for, where nobody saw them in time."),
    )
    by_hand = models.BooleanField(_("by hand"), default=False)
    outcome = models.CharField(_("outcome"), max_length=10, choices=Outcome.choices, default=Outcome.WAITING)
    due_at = models.DateTimeField(_("due at"), default=now)
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    job = models.ForeignKey(
        ExportJob, models.SET_NULL, null=True, blank=True, related_name="runs", verbose_name=_("job")
    )
    row_count = models.PositiveBigIntegerField(_("rows"), null=True, blank=True)
    error = models.TextField(_("error"), blank=True)
    error_code = models.CharField(_("error code"), max_length=50, blank=True)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)

    objects = RunQuerySet.as_manager()

    class Meta:
        verbose_name = _("run of a schedule")
        verbose_name_plural = _("runs of schedules")
        ordering: ClassVar = ["-occurrence", "-id"]
        default_permissions = ("view",)
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["schedule", "occurrence"], name="schedulerun_once")
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["due_at"], condition=models.Q(outcome="waiting"), name="schedulerun_waiting"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.occurrence:%Y-%m-%d %H:%M:%S}Z"
