"""The telephony tables in the admin."""

from typing import Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

import exports

from .models import AgentConfig, CallLog, LiveKitEvent, PhoneNumberMapping


class TelephonyAdmin(exports.OwnRowsMixin, exports.ExportActionMixin, admin.ModelAdmin):  # type: ignore[type-arg]
    """Tables of millions of rows: a list counts what it finds once, and no whole table beside it."""

    show_full_result_count = False
    readonly_fields = ("id",)


def own_agent(row: Any, agent: AgentConfig | None) -> AgentConfig | None:
    """None for an agent of another tenant than the row's, whose name is nobody else's business."""
    return agent if agent is not None and agent.user_id == row.user_id else None


@admin.register(CallLog)
class CallLogAdmin(TelephonyAdmin):
    list_display = (
        *("started_at", "direction", "phone_number", "agent_name", "status", "outcome"),
        *("duration", "cost", "livekit_room_name", "user"),
    )
    list_filter = ("status", "outcome", "direction")
    search_fields = ("phone_number", "livekit_room_name", "livekit_room_sid", "sip_call_id")
    date_hierarchy = "started_at"
    ordering = ("-started_at", "-id")
    raw_id_fields = ("user", "agent")
    list_select_related = ("user", "agent")

    @admin.display(description=_("agent"))
    def agent_name(self, call: CallLog) -> AgentConfig | None:
        return own_agent(call, call.agent)


@admin.register(AgentConfig)
class AgentConfigAdmin(TelephonyAdmin):
    list_display = (
        "name",
        "agent_id",
        "agent_mode",
        "language",
        "llm_model",
        "is_active",
        "created_at",
        "user",
    )
    list_filter = ("is_active", "agent_mode")
    search_fields = ("name", "agent_id", "description")
    date_hierarchy = "created_at"
    ordering = ("-created_at", "-id")
    raw_id_fields = ("user",)
    list_select_related = ("user",)


@admin.register(PhoneNumberMapping)
class PhoneNumberMappingAdmin(TelephonyAdmin):
    list_display = (
        "phone_number",
        "agent_name",
        "sip_trunk_id",
        "sip_config_id",
        "is_active",
        "created_at",
        "user",
    )
    list_filter = ("is_active",)
    search_fields = ("phone_number", "sip_trunk_id", "sip_config_id")
    date_hierarchy = "created_at"
    ordering = ("-created_at", "-id")
    raw_id_fields = ("user", "agent_config")
    list_select_related = ("user", "agent_config")

    @admin.display(description=_("agent"))
    def agent_name(self, number: PhoneNumberMapping) -> AgentConfig | None:
        return own_agent(number, number.agent_config)


@admin.register(LiveKitEvent)
class LiveKitEventAdmin(TelephonyAdmin):
    list_display = (
        "timestamp",
        "event",
        "room_name",
        "participant_identity",
        "processed",
        "event_id",
        "user",
    )
    list_filter = ("event", "processed")
    search_fields = ("event_id", "room_name", "room_sid", "participant_identity", "participant_sid")
    date_hierarchy = "timestamp"
    ordering = ("-timestamp", "-id")
    raw_id_fields = ("user",)
    list_select_related = ("user",)
