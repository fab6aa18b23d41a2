import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class AgentConfig(models.Model):
    """How one voice agent speaks, listens and thinks."""

    class Mode(models.TextChoices):
        STANDARD = "standard", _("Standard")
        REALTIME = "realtime", _("Realtime")

    id = models.UUIDField(_("id"), primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("user"),
        help_text=_("The tenant who owns this agent."),
        on_delete=models.CASCADE,
        related_name="+",
        db_index=False,
    )
    agent_id = models.CharField(
        _("agent id"), blank=True, default="", help_text=_("The agent's id in the voice platform.")
    )
    name = models.CharField(_("name"), blank=True, default="", help_text=_("What people call the agent."))
    description = models.TextField(
        _("description"), null=True, blank=True, help_text=_("What the agent is for.")
    )
    agent_mode = models.CharField(
        _("agent mode"),
        max_length=20,
        choices=Mode,
        default=Mode.STANDARD,
        help_text=_(
            "Standard chains speech-to-text, language model and text-to-speech; realtime is one model."
        ),
    )
    language = models.CharField(
        _("language"), blank=True, default="en", help_text=_("Language tag, such as en.")
    )
    llm_provider = models.CharField(
        _("LLM provider"), null=True, blank=True, help_text=_("Who runs the language model.")
    )
    llm_model = models.CharField(
        _("LLM model"), null=True, blank=True, help_text=_("The language model's name at its provider.")
    )
    stt_provider = models.CharField(
        _("speech-to-text provider"), null=True, blank=True, help_text=_("Who turns speech into text.")
    )
    stt_model = models.CharField(
        _("speech-to-text model"),
        null=True,
        blank=True,
        help_text=_("The speech-to-text model's name at its provider."),
    )
    tts_provider = models.CharField(
        _("text-to-speech provider"), null=True, blank=True, help_text=_("Who turns text into speech.")
    )
    tts_voice_id = models.CharField(
        _("text-to-speech voice"),
        null=True,
        blank=True,
        help_text=_("The voice in standard mode, by its id at the provider."),
    )
    realtime_voice = models.CharField(
        _("realtime voice"), null=True, blank=True, help_text=_("The voice in realtime mode.")
    )
    greeting_enabled = models.BooleanField(
        _("greeting enabled"), default=True, help_text=_("Whether the agent speaks first.")
    )
    greeting_message = models.TextField(
        _("greeting message"), null=True, blank=True, help_text=_("What the agent says first.")
    )
    is_active = models.BooleanField(_("active"), default=True, help_text=_("Inactive agents take no calls."))
    created_at = models.DateTimeField(
        _("created at"), default=timezone.now, help_text=_("When the agent was set up.")
    )

    class Meta:
        verbose_name = _("agent")
        verbose_name_plural = _("agents")
        # Each ends in the export's order, so that no export of a tenant sorts, filtered or not.
        indexes = [
            models.Index(fields=["user", "created_at", "id"], name="agent_created"),
            models.Index(fields=["user", "is_active", "created_at", "id"], name="agent_active_created"),
            models.Index(fields=["user", "agent_mode", "created_at", "id"], name="agent_mode_created"),
        ]

    def __str__(self) -> str:
        return self.name or self.agent_id or str(self.pk)
