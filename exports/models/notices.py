"""What is to be sent when a job has ended: rows that are written with its end, and sent later."""

import uuid
from typing import Any, ClassVar, Self

from django.db import models, router
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from .jobs import ExportJob
from .schedules import ExportSchedule


class OutgoingQuerySet(models.QuerySet[Any]):
    """What is to be sent, in the terms in which the engine asks for it."""

    def primary(self) -> Self:
        """On the database that is written."""
        return self.using(router.db_for_write(self.model))


class Outgoing(models.Model):
    """Something that is sent once; again while the other side does not answer.

    Whoever sends it is the only one whose `attempts` is right, until `due_at`.
    """

    class Status(models.TextChoices):
        WAITING = "waiting", pgettext_lazy("message", "waiting")
        SENDING = "sending", pgettext_lazy("message", "being sent")
        SENT = "sent", pgettext_lazy("message", "sent")
        FAILED = "failed", pgettext_lazy("message", "failed")
        DROPPED = "dropped", pgettext_lazy("message", "dropped")

    status = models.CharField(_("status"), max_length=10, choices=Status.choices, default=Status.WAITING)
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    unsure = models.PositiveIntegerField(
        _("unsure"),
        default=0,
        help_text=_("How often its sender ended before it said whether it was sent: it was sent again."),
    )
    due_at = models.DateTimeField(_("due at"), default=timezone.now)
    created_at = models.DateTimeField(_("created at"), default=timezone.now)
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True)
    error = models.TextField(_("error"), blank=True)

    objects = OutgoingQuerySet.as_manager()

    class Meta:
        abstract = True


class ExportMail(Outgoing):
    """A mail to one recipient about one job, or to a user whose schedule has stopped."""

    class Kind(models.TextChoices):
        JOB = "job", _("job ended")
        STOPPED = "stopped", _("schedule stopped")

    id = models.UUIDField(_("id"), primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    user = models.CharField(_("user"), max_length=255, help_text=_("Primary key of whose job or schedule."))
    recipient = models.CharField(
        _("recipient"), max_length=254, blank=True, help_text=_("Empty: the user, wherever they are then.")
    )
    language = models.CharField(_("language"), max_length=20, blank=True)
    job = models.ForeignKey(
        ExportJob, models.CASCADE, null=True, blank=True, related_name="mails", verbose_name=_("job")
    )
    schedule = models.ForeignKey(
        ExportSchedule,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="mails",
        verbose_name=_("schedule"),
    )
    # What may be told once: an end of a job is one of its tokens, and its stop one of a schedule's runs.
    event = models.CharField(max_length=100, editable=False)

    class Meta(Outgoing.Meta):
        abstract = False
        verbose_name = _("export mail")
        verbose_name_plural = _("export mails")
        ordering: ClassVar = ["-created_at", "-id"]
        default_permissions = ("view",)
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["event", "recipient"], name="exportmail_once")
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["due_at"],
                condition=models.Q(status__in=["waiting", "sending"]),
                name="exportmail_due",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.recipient or self.user}"


class WebhookQuerySet(models.QuerySet["Webhook"]):
    """Webhooks, in the terms in which the engine asks for them."""

    def primary(self) -> Self:
        """On the database that is written."""
        return self.using(router.db_for_write(Webhook))

    def of(self, user: object) -> Self:
        """Those of this user."""
        return self.filter(user=str(getattr(user, "pk", "")))


class Webhook(models.Model):
    """An address of a user's own that is told of the ends of their jobs."""

    id = models.UUIDField(_("id"), primary_key=True, default=uuid.uuid4, editable=False)
    user = models.CharField(_("user"), max_length=255, help_text=_("Primary key of whose it is."))
    url = models.CharField(_("URL"), max_length=1000)
    events = models.JSONField(_("events"), default=list, help_text=_("Of which it is told; none: of all."))
    is_active = models.BooleanField(_("is active"), default=True)
    error = models.TextField(_("error"), blank=True, editable=False)
    # The secret is derived from this and SECRET_KEY, and is nowhere kept.
    generation = models.PositiveIntegerField(default=1, editable=False)
    oldest_generation = models.PositiveIntegerField(default=1, editable=False)
    rotated_at = models.DateTimeField(_("rotated at"), null=True, blank=True, editable=False)
    created_at = models.DateTimeField(_("created at"), default=timezone.now, editable=False)

    objects = WebhookQuerySet.as_manager()

    class Meta:
        verbose_name = _("webhook")
        verbose_name_plural = _("webhooks")
        ordering: ClassVar = ["-created_at", "-id"]
        indexes: ClassVar = [models.Index(fields=["user"], name="webhook_user")]

    def __str__(self) -> str:
        return self.url


class WebhookDelivery(Outgoing):
    """One event for one webhook. `id` is the message's, the same at each attempt."""

    id = models.UUIDField(_("id"), primary_key=True, default=uuid.uuid4, editable=False)
    webhook = models.ForeignKey(Webhook, models.CASCADE, related_name="deliveries", verbose_name=_("webhook"))
    event = models.CharField(_("event"), max_length=50)
    job_id = models.UUIDField(_("job"), null=True, blank=True)
    payload = models.TextField(_("body"), help_text=_("Its bytes are what is signed."))
    # One entry an attempt: when, how long it took, and the status or why there was none.
    log = models.JSONField(_("attempts"), default=list)

    class Meta(Outgoing.Meta):
        abstract = False
        verbose_name = _("webhook delivery")
        verbose_name_plural = _("webhook deliveries")
        ordering: ClassVar = ["-created_at", "-id"]
        default_permissions = ("view",)
        indexes: ClassVar = [
            models.Index(
                fields=["due_at"],
                condition=models.Q(status__in=["waiting", "sending"]),
                name="webhookdelivery_due",
            ),
            models.Index(fields=["webhook", "-created_at", "-id"], name="webhookdelivery_time"),
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.id}"
