import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class LiveKitEvent(models.Model):
    """One webhook call from LiveKit."""

    class Event(models.TextChoices):
        """The names in LiveKit's webhook protocol."""

        ROOM_STARTED = "room_started", _("Room started")
        ROOM_FINISHED = "room_finished", _("Room finished")
        PARTICIPANT_JOINED = "participant_joined", _("Participant joined")
        PARTICIPANT_LEFT = "participant_left", _("Participant left")
        PARTICIPANT_CONNECTION_ABORTED = "participant_connection_aborted", _("Participant connection aborted")
        TRACK_PUBLISHED = "track_published", _("Track published")
        TRACK_UNPUBLISHED = "track_unpublished", _("Track unpublished")
        EGRESS_STARTED = "egress_started", _("Egress started")
        EGRESS_UPDATED = "egress_updated", _("Egress updated")
        EGRESS_ENDED = "egress_ended", _("Egress ended")
        INGRESS_STARTED = "ingress_started", _("Ingress started")
        INGRESS_ENDED = "ingress_ended", _("Ingress ended")

    id = models.UUIDField(_("id"), primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("user"),
        help_text=_("The tenant who owns the room."),
        on_delete=models.CASCADE,
        related_name="+",
        db_index=False,
    )
    event_id = models.CharField(
        _("event id"), blank=True, default="", help_text=_("The event's id at LiveKit.")
    )
    event = models.CharField(_("event"), max_length=40, choices=Event, help_text=_("What happened."))
    room_name = models.CharField(
        _("room name"),
        max_length=255,
        null=True,
        blank=True,
        help_text=_("Empty for events outside of rooms."),
    )
    room_sid = models.CharField(
        _("room SID"), null=True, blank=True, help_text=_("The room's id at LiveKit.")
    )
    participant_identity = models.CharField(
        _("participant identity"),
        null=True,
        blank=True,
        help_text=_("Who it was; empty for events of a room."),
    )
    participant_sid = models.CharField(
        _("participant SID"), null=True, blank=True, help_text=_("The participant's id at LiveKit.")
    )
    timestamp = models.DateTimeField(_("timestamp"), default=timezone.now, help_text=_("When it happened."))
    processed = models.BooleanField(
        _("processed"), default=False, help_text=_("Whether the event has been dealt with.")
    )
    error_message = models.TextField(
        _("error message"), null=True, blank=True, help_text=_("What went wrong while it was processed.")
    )
    created_at = models.DateTimeField(_("created at"), default=timezone.now, help_text=_("When it arrived."))

    class Meta:
        verbose_name = _("LiveKit event")
        verbose_name_plural = _("LiveKit events")
        # Each ends in the export's order, so that no export of a tenant sorts, filtered or not.
        indexes = [
            models.Index(fields=["user", "timestamp", "id"], name="event_timestamp"),
            models.Index(fields=["user", "event", "timestamp", "id"], name="event_event_timestamp"),
            models.Index(fields=["user", "room_name", "timestamp", "id"], name="event_room_timestamp"),
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.room_name or self.event_id}".strip()
