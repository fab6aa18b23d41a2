"""The audit record."""

import uuid
from typing import ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _


class ExportLog(models.Model):
    """Who took out what, when, from where, and how it ended. Written by `exports.audit` alone.

    User and tenant are kept as text and not as foreign keys, because the record outlives them.
    """

    class Door(models.TextChoices):
        API = "api", _("API")
        WEB = "web", _("web page")
        ADMIN = "admin", _("admin")
        JOB = "job", _("background job")
        COMMAND = "command", _("command")

    class Outcome(models.TextChoices):
        RUNNING = "running", _("running")
        SUCCEEDED = "succeeded", _("succeeded")
        FAILED = "failed", _("failed")
        CANCELLED = "cancelled", _("cancelled")
        DENIED = "denied", _("denied")

    id = models.UUIDField(_("id"), primary_key=True, default=uuid.uuid4, editable=False)
    user = models.CharField(_("user"), max_length=255, help_text=_("Primary key of who asked."))
    tenant = models.CharField(
        _("tenant"),
        max_length=255,
        blank=True,
        help_text=_("Primary key of whose rows, or * for everybody's."),
    )
    export_type = models.CharField(_("dataset"), max_length=100)
    door = models.CharField(_("door"), max_length=10, choices=Door.choices)
    ip = models.GenericIPAddressField(_("address"), null=True, blank=True)
    user_agent = models.TextField(_("user agent"), blank=True)
    format = models.CharField(_("format"), max_length=20)
    columns = models.JSONField(_("columns"), default=list, help_text=_("Headers, in the file's order."))
    filters = models.JSONField(_("filters"), default=dict, help_text=_("Parameters as they were given."))
    options = models.JSONField(_("options"), default=dict)
    timestamp = models.DateTimeField(_("started at"), default=timezone.now)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)
    row_count = models.PositiveBigIntegerField(_("rows"), default=0)
    byte_count = models.PositiveBigIntegerField(_("bytes"), default=0, help_text=_("Size of the file."))
    sha256 = models.CharField("SHA-256", max_length=64, blank=True, help_text=_("Of the whole file, in hex."))
    outcome = models.CharField(_("outcome"), max_length=10, choices=Outcome.choices)
    error = models.TextField(_("error"), blank=True)
    source = models.TextField(_("source"), blank=True, help_text=_("How rows were fetched, and why."))

    class Meta:
        verbose_name = _("export record")
        verbose_name_plural = _("export records")
        ordering: ClassVar = ["-timestamp", "-id"]
        # A record is added by the engine and changed by nobody.
        default_permissions = ("view",)
        permissions: ClassVar = [
            ("export_for_other_tenant", _("Can export the rows of another tenant")),
            ("export_for_all_tenants", _("Can export the rows of all tenants")),
            ("export_raw_formulas", _("Can export cells with live formulas")),
            ("export_unmasked", _("Can export what is masked for others")),
        ]
        indexes: ClassVar = [
            models.Index(fields=["user", "-timestamp", "-id"], name="exportlog_user_time"),
            models.Index(fields=["-timestamp", "-id"], name="exportlog_time"),
            models.Index(fields=["tenant", "-timestamp", "-id"], name="exportlog_tenant_time"),
            models.Index(fields=["sha256"], name="exportlog_sha256"),
            models.Index(fields=["user"], condition=models.Q(outcome="running"), name="exportlog_running"),
            # When a job of a user last began: whose turn it is.
            models.Index(
                fields=["user", "-timestamp"], condition=models.Q(door="job"), name="exportlog_jobs"
            ),
        ]

    def __str__(self) -> str:
        names = {"dataset": self.export_type, "user": self.user, "outcome": self.get_outcome_display()}
        return gettext("%(dataset)s by %(user)s, %(outcome)s") % names
