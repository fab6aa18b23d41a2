"""Exports that outlive the request that asked for them."""

import uuid
from typing import ClassVar, Self

from django.db import models, router
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from .records import ExportLog
from .templates import ExportTemplate


class JobQuerySet(models.QuerySet["ExportJob"]):
    """Jobs, in the terms in which the engine asks for them."""

    def primary(self) -> Self:
        """On the database that is written: a replica may not know yet what has become of a job."""
        return self.using(router.db_for_write(ExportJob))

    def of(self, user: object) -> Self:
        """Those that this user has asked for."""
        return self.filter(user=str(getattr(user, "pk", "")))

    def open(self) -> Self:
        """Those that have not ended."""
        return self.filter(status__in=ExportJob.OPEN)


class ExportJob(models.Model):
    """An export that a worker makes into a file. This row is the truth; a task only carries its id.

    A worker that takes it up is the only one whose `token` is right, until `leased_until`: what is written of
    a job is written for that token alone, so that a worker which was thought dead changes nothing.
    """

    class Status(models.TextChoices):
        QUEUED = "queued", _("queued")
        RUNNING = "running", _("running")
        SUCCEEDED = "succeeded", _("succeeded")
        FAILED = "failed", _("failed")
        CANCELLED = "cancelled", _("cancelled")
        EXPIRED = "expired", _("expired")

    OPEN: ClassVar = (Status.QUEUED, Status.RUNNING)

    id = models.UUIDField(_("id"), primary_key=True, default=uuid.uuid4, editable=False)
    user = models.CharField(_("user"), max_length=255, help_text=_("Primary key of who asked."))
    tenant = models.CharField(
        _("tenant"), max_length=255, help_text=_("Primary key of whose rows, or * for everybody's.")
    )
    dataset = models.CharField(_("dataset"), max_length=100)
    parameters = models.JSONField(
        _("parameters"), default=dict, help_text=_("A list of values for each parameter, as given.")
    )
    format = models.CharField(_("format"), max_length=20)
    door = models.CharField(_("door"), max_length=10, choices=ExportLog.Door.choices)
    ip = models.GenericIPAddressField(_("address"), null=True, blank=True)
    user_agent = models.TextField(_("user agent"), blank=True)
    fingerprint = models.CharField(max_length=64, editable=False)
    template = models.ForeignKey(
        ExportTemplate,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="jobs",
        verbose_name=_("template"),
    )
    recipients = models.JSONField(
        _("recipients"), default=list, blank=True, help_text=_("Addresses that are told of its end by mail.")
    )
    language = models.CharField(
        _("language"), max_length=20, blank=True, help_text=_("In which they are told.")
    )

    status = models.CharField(_("status"), max_length=10, choices=Status.choices, default=Status.QUEUED)
    cancelling = models.BooleanField(_("is being cancelled"), default=False)
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    token = models.PositiveIntegerField(default=0, editable=False)
    leased_until = models.DateTimeField(null=True, blank=True, editable=False)
    export_id = models.UUIDField(
        _("export"), null=True, blank=True, help_text=_("The audit record of the last attempt.")
    )

    created_at = models.DateTimeField(_("created at"), default=timezone.now)
    due_at = models.DateTimeField(_("due at"), default=timezone.now)
    enqueued_at = models.DateTimeField(_("enqueued at"), default=timezone.now)
    started_at = models.DateTimeField(_("started at"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)
    expires_at = models.DateTimeField(_("expires at"), null=True, blank=True)

    rows_expected = models.PositiveBigIntegerField(_("rows expected"), null=True, blank=True)
    row_count = models.PositiveBigIntegerField(_("rows"), default=0)
    byte_count = models.PositiveBigIntegerField(_("bytes"), default=0)
    sha256 = models.CharField("SHA-256", max_length=64, blank=True)
    filename = models.CharField(_("file name"), max_length=255, blank=True)
    media_type = models.CharField(_("media type"), max_length=100, blank=True)
    cursor = models.CharField(_("cursor"), max_length=100, blank=True)
    stored_as = models.CharField(
        _("stored as"), max_length=255, blank=True, help_text=_("The file's name in the storage.")
    )
    # By header, whether they are masked: who may not see as much any more is not given the file.
    columns = models.JSONField(_("columns"), default=dict, editable=False)
    error = models.TextField(_("error"), blank=True)
    error_code = models.CharField(_("error code"), max_length=50, blank=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        verbose_name = _("export job")
        verbose_name_plural = _("export jobs")
        ordering: ClassVar = ["-created_at", "-id"]
        default_permissions = ("view",)
        constraints: ClassVar = [
            # The same request while one is open is given that one. One that is being cancelled is nobody's.
            models.UniqueConstraint(
                fields=["fingerprint"],
                condition=models.Q(status__in=["queued", "running"], cancelling=False),
                name="exportjob_one_open",
            )
        ]
        indexes: ClassVar = [
            models.Index(fields=["user", "-created_at", "-id"], name="exportjob_user_time"),
            models.Index(fields=["-created_at", "-id"], name="exportjob_time"),
            models.Index(
                fields=["user", "due_at"], condition=models.Q(status="queued"), name="exportjob_queued"
            ),
            models.Index(fields=["user"], condition=models.Q(status="running"), name="exportjob_running"),
            models.Index(
                fields=["expires_at"], condition=models.Q(status="succeeded"), name="exportjob_expiring"
            ),
        ]

    def __str__(self) -> str:
        names = {"dataset": self.dataset, "user": self.user, "status": self.get_status_display()}
        return gettext("%(dataset)s for %(user)s, %(status)s") % names

    @property
    def is_open(self) -> bool:
        """Whether it has not ended: a worker has it, or will have."""
        return self.status in self.OPEN
