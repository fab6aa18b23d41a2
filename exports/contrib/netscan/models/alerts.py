from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .hosts import Host
from .networks import Network


class Alert(models.Model):
    """Something about a port that its owner should look at. It outlives the host and the network."""

    class Type(models.TextChoices):
        NEW_PORT = "new_port", _("New port")
        NOT_ALLOWED = "not_allowed", _("Not allowed")
        BLOCKED = "blocked", _("Blocked")

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("user"),
        help_text=_("The tenant who owns this alert."),
        on_delete=models.CASCADE,
        related_name="+",
        db_index=False,
    )
    network = models.ForeignKey(
        Network,
        verbose_name=_("network"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="alerts",
        help_text=_("Empty once the network is deleted."),
    )
    host = models.ForeignKey(
        Host,
        verbose_name=_("host"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="alerts",
        help_text=_("Empty once the host is deleted."),
    )
    alert_type = models.CharField(
        _("alert type"),
        max_length=20,
        choices=Type,
        default=Type.NEW_PORT,
        help_text=_("Why the port deserves a look."),
    )
    ip = models.GenericIPAddressField(
        _("IP address"), help_text=_("The host's address, kept when the host is deleted.")
    )
    port = models.PositiveIntegerField(_("port"), help_text=_("The port's number."))
    acknowledged = models.BooleanField(
        _("acknowledged"), default=False, help_text=_("Whether somebody has looked at it.")
    )
    created_at = models.DateTimeField(
        _("created at"), default=timezone.now, help_text=_("When it was stored.")
    )

    class Meta:
        verbose_name = _("alert")
        verbose_name_plural = _("alerts")
        # Each ends in the export's order, so that no export of a tenant sorts, filtered or not.
        indexes = [
            models.Index(fields=["user", "created_at", "id"], name="alert_created"),
            models.Index(fields=["user", "alert_type", "created_at", "id"], name="alert_type_created"),
            models.Index(
                fields=["user", "acknowledged", "created_at", "id"], name="alert_acknowledged_created"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.alert_type} {self.ip} {self.port}"
