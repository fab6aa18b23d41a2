from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Network(models.Model):
    """A network that is scanned, under the name its owner gave it."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("user"),
        help_text=_("The tenant who owns this network."),
        on_delete=models.CASCADE,
        related_name="+",
        db_index=False,
    )
    name = models.CharField(_("name"), max_length=255, help_text=_("Unique among the owner's networks."))
    cidr = models.CharField(
        _("CIDR"),
        max_length=43,
        blank=True,
        default="",
        help_text=_("Its addresses, such as 192.0.2.0/24; empty where they are not one block."),
    )
    created_at = models.DateTimeField(
        _("created at"), default=timezone.now, help_text=_("When it was first named.")
    )

    class Meta:
        verbose_name = _("network")
        verbose_name_plural = _("networks")
        constraints = [models.UniqueConstraint(fields=["user", "name"], name="network_name_once_a_user")]

    def __str__(self) -> str:
        return self.name
