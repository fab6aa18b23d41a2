from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .hosts import Host
from .scans import Scan


class Port(models.Model):
    """A port as one scan found it. It keeps the address: the scan stays whole when the host is deleted."""

    class State(models.TextChoices):
        """nmap's six port states."""

        OPEN = "open", _("Open")
        CLOSED = "closed", _("Closed")
        FILTERED = "filtered", _("Filtered")
        UNFILTERED = "unfiltered", _("Unfiltered")
        OPEN_FILTERED = "open|filtered", _("Open or filtered")
        CLOSED_FILTERED = "closed|filtered", _("Closed or filtered")

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("user"),
        help_text=_("The tenant who owns this port."),
        on_delete=models.CASCADE,
        related_name="+",
        db_index=False,
    )
    scan = models.ForeignKey(
        Scan,
        verbose_name=_("scan"),
        on_delete=models.CASCADE,
        related_name="ports",
        db_index=False,
        help_text=_("The scan that found it."),
    )
    host = models.ForeignKey(
        Host,
        verbose_name=_("host"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="ports",
        db_index=False,
        help_text=_("Empty once the host is deleted."),
    )
    ip = models.GenericIPAddressField(
        _("IP address"), help_text=_("The host's address, kept when the host is deleted.")
    )
    port = models.PositiveIntegerField(_("port"), help_text=_("The port's number."))
    protocol = models.CharField(
        _("protocol"), max_length=10, default="tcp", help_text=_("tcp, udp, sctp or ip.")
    )
    service = models.CharField(
        _("service"), null=True, blank=True, help_text=_("The service's name, product and version.")
    )
    state = models.CharField(
        _("state"), max_length=20, choices=State, default=State.OPEN, help_text=_("As the scanner saw it.")
    )
    first_seen = models.DateTimeField(
        _("first seen"), default=timezone.now, help_text=_("When any scan first saw this port open.")
    )
    last_seen = models.DateTimeField(
        _("last seen"), default=timezone.now, help_text=_("When this scan saw it.")
    )

    class Meta:
        verbose_name = _("port")
        verbose_name_plural = _("ports")
        indexes = [
            # The export of a scan, in its order.
            models.Index(fields=["scan", "id"], name="port_scan"),
            # The number of open ports of a host in its latest scan.
            models.Index(fields=["host", "scan", "state"], name="port_host_scan_state"),
            # Whether a port was seen before.
            models.Index(fields=["user", "ip", "protocol", "port"], name="port_seen"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["scan", "ip", "protocol", "port"], name="port_once_a_scan"),
        ]

    def __str__(self) -> str:
        return f"{self.ip} {self.port}/{self.protocol}"
