import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .agents import AgentConfig


class PhoneNumberMapping(models.Model):
    """A phone number, and the agent who answers it."""

    id = models.UUIDField(_("id"), primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("user"),
        help_text=_("The tenant who owns this number."),
        on_delete=models.CASCADE,
        related_name="+",
        db_index=False,
    )
    phone_number = models.CharField(
        _("phone number"), blank=True, default="", help_text=_("In E.164, such as +4930123456.")
    )
    agent_config = models.ForeignKey(
        AgentConfig,
        verbose_name=_("agent"),
        help_text=_("The agent who answers; empty once the agent is deleted."),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="phone_numbers",
        db_index=False,
    )
    sip_trunk_id = models.CharField(
        _("SIP trunk id"), null=True, blank=True, help_text=_("The trunk that the number comes in by.")
    )
    sip_config_id = models.CharField(
        _("SIP configuration id"), null=True, blank=True, help_text=_("The trunk's configuration.")
    )
    is_active = models.BooleanField(
        _("active"), default=True, help_text=_("Inactive numbers are not answered.")
    )
    created_at = models.DateTimeField(
        _("created at"), default=timezone.now, help_text=_("When the number was mapped.")
    )

    class Meta:
        verbose_name = _("phone number")
        verbose_name_plural = _("phone numbers")
        # Each ends in the export's order, so that no export of a tenant sorts, filtered or not.
        indexes = [
            models.Index(fields=["user", "created_at", "id"], name="phone_created"),
            models.Index(fields=["user", "is_active", "created_at", "id"], name="phone_active_created"),
            # An agent has one owner, so this serves the filter and the deletion of an agent alike.
            models.Index(fields=["agent_config", "created_at", "id"], name="phone_agent_created"),
        ]

    def __str__(self) -> str:
        return self.phone_number or str(self.pk)
