"""The telephony datasets. Headers are the fields' names in camel case."""

from django.db.models import Case, F, OuterRef, QuerySet, Subquery, TextField, Value, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast, Concat, LPad
from django.db.models.lookups import IsNull
from django.utils.translation import gettext_lazy as _

import exports

from . import filters
from .models import AgentConfig, CallLog, LiveKitEvent, PhoneNumberMapping


def camel_case(name: str) -> str:
    """`livekit_room_name` -> `livekitRoomName`."""
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def columns(names: str) -> list[exports.Column]:
    """One column for each of these fields, parted by spaces."""
    return [exports.Column(camel_case(name), name) for name in names.split()]


def _digits(number: Combinable, least: int) -> LPad:
    return LPad(Cast(number, TextField()), least, Value("0"))


def clock(seconds: str) -> Case:
    """A field of whole seconds as `h:mm:ss`; NULL stays NULL."""
    total = F(seconds)
    hours = Cast(total / 3600, TextField())
    text = Concat(hours, Value(":"), _digits(total / 60 % 60, 2), Value(":"), _digits(total % 60, 2))
    return Case(When(IsNull(total, False), then=text), output_field=TextField())


AGENTS = exports.Search(rows=AgentConfig, scope_field="user", fields=["name", "agent_id"])


def _own_agent(key: str) -> QuerySet[AgentConfig]:
    """The agent that a row refers to by `key`; none if it is another tenant's."""
    return AgentConfig.objects.filter(pk=OuterRef(key), user=OuterRef("user"))


@exports.register(CallLog)
class CallExport(exports.ModelExport):
    name = "calls"
    description = _("Every call, with its duration, outcome, recording and cost.")
    filterset_class = filters.CallFilterSet
    scope_field = "user"
    columns = [
        *columns(
            "id livekit_room_name livekit_room_sid direction phone_number sip_call_id duration started_at"
            " ended_at status outcome recording_url cost metadata created_at"
        ),
        exports.Column(
            "agentName",
            Subquery(_own_agent("agent_id").values("name")),
            default=False,
            description=_("The name of the agent who took or made the call."),
        ),
        exports.Column(
            "durationHms",
            clock("duration"),
            default=False,
            description=_("The duration as hours, minutes and seconds, such as 1:05:09."),
        ),
    ]
    searches = {"agent_id": AGENTS}
    created_field = "created_at"
    ordering = ("started_at", "id")
    filename = "calls_export"


@exports.register(AgentConfig)
class AgentExport(exports.ModelExport):
    name = "agents"
    description = _("Voice agents, with the models and voices they use.")
    filterset_class = filters.AgentFilterSet
    scope_field = "user"
    columns = columns(
        "id agent_id name description agent_mode language llm_provider llm_model stt_provider stt_model"
        " tts_provider tts_voice_id realtime_voice greeting_enabled greeting_message is_active created_at"
    )
    created_field = "created_at"
    ordering = ("created_at", "id")
    filename = "agents_export"


@exports.register(PhoneNumberMapping)
class PhoneNumberExport(exports.ModelExport):
    name = "phone-numbers"
    description = _("Phone numbers, and the agents that answer them.")
    filterset_class = filters.PhoneNumberFilterSet
    scope_field = "user"
    columns = [
        *columns("id phone_number"),
        exports.Column(
            "agentConfigId",
            Subquery(_own_agent("agent_config_id").values("pk")),
            description=_("The id of the agent that answers; empty if it is another tenant's."),
        ),
        *columns("sip_trunk_id sip_config_id is_active created_at"),
    ]
    searches = {"agent_id": AGENTS}
    created_field = "created_at"
    ordering = ("created_at", "id")
    filename = "phone_numbers_export"


@exports.register(LiveKitEvent)
class EventExport(exports.ModelExport):
    name = "events"
    description = _("LiveKit's webhook events: rooms, participants, tracks, egress and ingress.")
    filterset_class = filters.EventFilterSet
    scope_field = "user"
    columns = columns(
        "id event_id event room_name room_sid participant_identity participant_sid timestamp processed"
        " error_message created_at"
    )
    created_field = "created_at"
    ordering = ("timestamp", "id")
    filename = "events_export"
