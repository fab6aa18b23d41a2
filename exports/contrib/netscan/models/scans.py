from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .networks import Network


class Scan(models.Model):
    """One run of a scanner over a network."""

    class Status(models.TextChoices):
        RUNNING = "running", _("Running")
        COMPLETED = "completed", _("Completed")
        FAILED = "failed", _("Failed")

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("user"),
        help_text=_("The tenant who owns this scan."),
        on_delete=models.CASCADE,
        related_name="+",
        db_index=False,
    )
    network = models.ForeignKey(
        Network,
        verbose_name=_("network"),
        on_delete=models.CASCADE,
        related_name="scans",
        db_index=False,
        help_text=_("What was scanned."),
    )
    started_at = models.DateTimeField(
        _("started at"), default=timezone.now, help_text=_("When the scanner began.")
    )
    finished_at = models.DateTimeField(
        _("finished at"), null=True, blank=True, help_text=_("Empty while the scan runs.")
    )
    status = models.CharField(
        _("status"),
        max_length=20,
        choices=Status,
        default=Status.COMPLETED,
        help_text=_("How far the scan has got."),
    )
    arguments = models.TextField(
        _("arguments"), blank=True, default="", help_text=_("The scanner's command line, as it reports it.")
    )
    sha256 = models.CharField(
        _("SHA-256"),
        max_length=64,
        null=True,
        blank=True,
        editable=False,
        help_text=_("Of the imported file: the same file is imported into a network once."),
    )

    class Meta:
        verbose_name = _("scan")
        verbose_name_plural = _("scans")
        indexes = [models.Index(fields=["user", "started_at", "id"], name="scan_started")]
        constraints = [models.UniqueConstraint(fields=["network", "sha256"], name="scan_file_once_a_network")]

    def __str__(self) -> str:
        return f"#{self.pk} {self.started_at:%Y-%m-%d %H:%M}"
