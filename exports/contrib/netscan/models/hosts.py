from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .networks import Network
from .scans import Scan


class Host(models.Model):
    """An address in a network that a scan has named."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("user"),
        help_text=_("The tenant who owns this host."),
        on_delete=models.CASCADE,
        related_name="+",
        db_index=False,
    )
    network = models.ForeignKey(
        Network,
        verbose_name=_("network"),
        on_delete=models.CASCADE,
        related_name="hosts",
        db_index=False,
        help_text=_("Where the host was found."),
    )
    latest_scan = models.ForeignKey(
        Scan,
        verbose_name=_("latest scan"),
        help_text=_("The newest scan that names the host; its open ports are the ones counted."),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    ip = models.GenericIPAddressField(_("IP address"), help_text=_("Unique in its network."))
    hostname = models.CharField(
        _("hostname"), null=True, blank=True, help_text=_("As DNS or the scan's owner names it.")
    )
    is_pingable = models.BooleanField(
        _("up"),
        null=True,
        blank=True,
        help_text=_("Whether it answered when last scanned; empty: not known."),
    )
    os_guess = models.CharField(
        _("OS guess"),
        null=True,
        blank=True,
        help_text=_("The likeliest system; empty where nothing is known."),
    )
    first_seen = models.DateTimeField(
        _("first seen"), default=timezone.now, help_text=_("When any scan first saw it.")
    )
    last_seen = models.DateTimeField(
        _("last seen"), default=timezone.now, help_text=_("When a scan last saw it.")
    )

    class Meta:
        verbose_name = _("host")
        verbose_name_plural = _("hosts")
        # Each ends in the export's order, so that no export of a tenant sorts, filtered or not.
        indexes = [
            models.Index(fields=["user", "id"], name="host_user"),
            models.Index(fields=["user", "is_pingable", "id"], name="host_pingable"),
            # PostgreSQL does not see that (user, NULL, id) is in the order of id.
            models.Index(
                fields=["user", "id"],
                condition=models.Q(is_pingable__isnull=True),
                name="host_pingable_unknown",
            ),
            # A network has one owner, so this serves the filter and the deletion of a network alike.
            models.Index(fields=["network", "id"], name="host_network"),
        ]
        constraints = [models.UniqueConstraint(fields=["network", "ip"], name="host_ip_once_a_network")]

    def __str__(self) -> str:
        return self.ip
