import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .agents import AgentConfig


class CallLog(models.Model):
    """One telephone call, running or over."""

    class Direction(models.TextChoices):
        INBOUND = "inbound", _("Inbound")
        OUTBOUND = "outbound", _("Outbound")

    class Status(models.TextChoices):
        ACTIVE = "active", _("Active")
        ENDED = "ended", _("Ended")

    class Outcome(models.TextChoices):
        COMPLETED = "completed", _("Completed")
        NO_ANSWER = "no_answer", _("No answer")
        BUSY = "busy", _("Busy")
        FAILED = "failed", _("Failed")
        VOICEMAIL = "voicemail", _("Voicemail")

    id = models.UUIDField(_("id"), primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("user"),
        help_text=_("The tenant who owns this call."),
        on_delete=models.CASCADE,
        related_name="+",
        db_index=False,
    )
    agent = models.ForeignKey(
        AgentConfig,
        verbose_name=_("agent"),
        help_text=_("The agent who took or made the call; empty once the agent is deleted."),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="calls",
        db_index=False,
    )
    livekit_room_name = models.CharField(
        _("LiveKit room name"), blank=True, default="", help_text=_("The room that the call takes place in.")
    )
    livekit_room_sid = models.CharField(
        _("LiveKit room SID"), null=True, blank=True, help_text=_("The room's id at LiveKit.")
    )
    direction = models.CharField(
        _("direction"),
        max_length=20,
        choices=Direction,
        default=Direction.INBOUND,
        help_text=_("Inbound: somebody called the agent."),
    )
    phone_number = models.CharField(
        _("phone number"),
        null=True,
        blank=True,
        help_text=_("The other side's number in E.164, such as +4930123456."),
    )
    sip_call_id = models.CharField(
        _("SIP call id"), null=True, blank=True, help_text=_("The call's id at the SIP trunk.")
    )
    duration = models.PositiveIntegerField(
        _("duration"), null=True, blank=True, help_text=_("Whole seconds.")
    )
    started_at = models.DateTimeField(
        _("started at"), default=timezone.now, help_text=_("When the call began; the order of the export.")
    )
    ended_at = models.DateTimeField(
        _("ended at"), null=True, blank=True, help_text=_("Empty while the call is active.")
    )
    status = models.CharField(
        _("status"),
        max_length=20,
        choices=Status,
        default=Status.ACTIVE,
        help_text=_("Whether the call is over."),
    )
    outcome = models.CharField(
        _("outcome"),
        max_length=20,
        choices=Outcome,
        null=True,
        blank=True,
        help_text=_("How the call went; empty while it is active."),
    )
    recording_url = models.TextField(
        _("recording URL"),
        null=True,
        blank=True,
        help_text=_("Where the recording is kept, if there is one."),
    )
    cost = models.DecimalField(
        _("cost"),
        max_digits=10,
        decimal_places=4,
        null=True,
        blank=True,
        help_text=_("What the call cost, in the account's currency."),
    )
    metadata = models.JSONField(
        _("metadata"),
        default=dict,
        null=True,
        blank=True,
        help_text=_("Whatever the caller's application has noted, as JSON."),
    )
    created_at = models.DateTimeField(
        _("created at"), default=timezone.now, help_text=_("When the call was stored.")
    )

    class Meta:
        verbose_name = _("call")
        verbose_name_plural = _("calls")
        # Each ends in the export's order, so that no export of a tenant sorts, filtered or not.
        indexes = [
            models.Index(fields=["user", "started_at", "id"], name="call_started"),
            models.Index(fields=["user", "status", "started_at", "id"], name="call_status_started"),
            models.Index(fields=["user", "outcome", "started_at", "id"], name="call_outcome_started"),
            # An agent has one owner, so this serves the filter and the deletion of an agent alike.
            models.Index(fields=["agent", "started_at", "id"], name="call_agent_started"),
        ]

    def __str__(self) -> str:
        return f"{self.direction} {self.phone_number or self.livekit_room_name or self.pk}"
