"""The filters of the telephony exports."""

import uuid

from django.db.models import Model, QuerySet, Subquery
from django.utils.translation import gettext_lazy as _

from exports import filters

from .models import AgentConfig, CallLog, LiveKitEvent


class AgentFilter(filters.UUIDFilter):
    """Rows of one agent, by its `id`; another tenant's agent is as good as none.

    The row's tenant is compared with the agent's in a subquery that runs once: a join would lose the order
    of the index.
    """

    def filter[M: Model](self, qs: QuerySet[M], value: uuid.UUID | None) -> QuerySet[M]:
        if value is None:
            return qs
        owner = AgentConfig.objects.filter(pk=value).values("user")[:1]
        return qs.filter((self.field_name, value), user=Subquery(owner))


class CallFilterSet(filters.ExportFilterSet):
    start_date = filters.StartFilter("started_at")
    end_date = filters.EndFilter("started_at")
    status = filters.ChoiceFilter(choices=CallLog.Status.choices)
    agent_id = AgentFilter("agent_id", label=_("Agent"), help_text=_("The agent's id, a UUID."))
    outcome = filters.ChoiceFilter(choices=CallLog.Outcome.choices)


class AgentFilterSet(filters.ExportFilterSet):
    is_active = filters.BooleanFilter("is_active")
    agent_mode = filters.ChoiceFilter(choices=AgentConfig.Mode.choices)


class PhoneNumberFilterSet(filters.ExportFilterSet):
    is_active = filters.BooleanFilter("is_active")
    agent_id = AgentFilter("agent_config_id", label=_("Agent"), help_text=_("The agent's id, a UUID."))


class EventFilterSet(filters.ExportFilterSet):
    start_date = filters.StartFilter("timestamp")
    end_date = filters.EndFilter("timestamp")
    event = filters.ChoiceFilter(choices=LiveKitEvent.Event.choices)
    room_name = filters.CharFilter(strip=False, help_text=_("Exactly this name."))
