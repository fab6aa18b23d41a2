"""Builders of rows for the tests of the REST door, and the contract's words about the seven datasets."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product
from typing import Any

from exports.contrib.netscan.models import Alert, Host, Network, Port, Scan
from exports.contrib.telephony.models import AgentConfig, CallLog, LiveKitEvent, PhoneNumberMapping

NOON = dt.datetime(2024, 1, 15, 12, tzinfo=dt.UTC)

HEADERS = {
    "calls": "id,livekitRoomName,livekitRoomSid,direction,phoneNumber,sipCallId,duration,startedAt,endedAt,"
    "status,outcome,recordingUrl,cost,metadata,createdAt",
    "agents": "id,agentId,name,description,agentMode,language,llmProvider,llmModel,sttProvider,sttModel,"
    "ttsProvider,ttsVoiceId,realtimeVoice,greetingEnabled,greetingMessage,isActive,createdAt",
    "phone-numbers": "id,phoneNumber,agentConfigId,sipTrunkId,sipConfigId,isActive,createdAt",
    "events": "id,eventId,event,roomName,roomSid,participantIdentity,participantSid,timestamp,processed,"
    "errorMessage,createdAt",
    "scans": "IP,Port,Protocol,Service,First Seen,Last Seen",
    "alerts": "Alert Type,IP,Port,Network,Status,Created At",
    "hosts": "IP,Hostname,Status,OS Guess,First Seen,Last Seen,Open Ports Count",
}
"""The contract's header row of each dataset."""

DATASETS = tuple(HEADERS)

FILTERS = {
    "calls": ["start_date", "end_date", "status", "agent_id", "outcome"],
    "agents": ["is_active", "agent_mode"],
    "phone-numbers": ["is_active", "agent_id"],
    "events": ["start_date", "end_date", "event", "room_name"],
    "scans": ["scan_id"],
    "alerts": ["type", "acknowledged"],
    "hosts": ["network_id", "status"],
}
"""The contract's filters of each dataset."""

SINCE = ("calls", "agents", "phone-numbers", "events", "alerts")
"""Those that know when their rows were created, and take `since`."""

EXTRA = {"calls": ["agentName", "durationHms"], "hosts": ["Network"]}
"""Columns that are sent only if a request chooses them."""

TABLES = {
    "calls": "telephony_calllog",
    "agents": "telephony_agentconfig",
    "phone-numbers": "telephony_phonenumbermapping",
    "events": "telephony_livekitevent",
    "scans": "netscan_port",
    "alerts": "netscan_alert",
    "hosts": "netscan_host",
}


def agent(user, **fields: Any) -> AgentConfig:
    return AgentConfig.objects.create(**{"user": user, "name": "Ann", "created_at": NOON} | fields)


def call(user, **fields: Any) -> CallLog:
    defaults = {"user": user, "livekit_room_name": "room", "started_at": NOON, "created_at": NOON}
    return CallLog.objects.create(**defaults | fields)


def calls(user, count: int, **fields: Any) -> list[CallLog]:
    """`count` calls a second apart, in the export's order; their rooms are `room-0`, `room-1`, …"""
    moments = [NOON + dt.timedelta(seconds=number) for number in range(count)]
    return [
        call(user, **{"livekit_room_name": f"room-{number}", "started_at": moment} | fields)
        for number, moment in enumerate(moments)
    ]


def phone_number(user, **fields: Any) -> PhoneNumberMapping:
    defaults = {"user": user, "phone_number": "+4930123456", "created_at": NOON}
    return PhoneNumberMapping.objects.create(**defaults | fields)


def event(user, **fields: Any) -> LiveKitEvent:
    defaults = {
        "user": user,
        "event": "room_finished",
        "room_name": "room",
        "timestamp": NOON,
        "created_at": NOON,
    }
    return LiveKitEvent.objects.create(**defaults | fields)


def network(user, **fields: Any) -> Network:
    return Network.objects.create(**{"user": user, "name": "Office"} | fields)


def scan(user, **fields: Any) -> Scan:
    within = fields.pop("network", None) or network(user)
    return Scan.objects.create(**{"user": user, "network": within, "started_at": NOON} | fields)


def port(user, within: Scan, **fields: Any) -> Port:
    defaults = {"ip": "192.0.2.1", "port": 443, "service": "https", "first_seen": NOON, "last_seen": NOON}
    return Port.objects.create(**{"user": user, "scan": within} | defaults | fields)


def host(user, within: Network, **fields: Any) -> Host:
    defaults = {"ip": "192.0.2.1", "hostname": "gate", "first_seen": NOON, "last_seen": NOON}
    return Host.objects.create(**{"user": user, "network": within} | defaults | fields)


def alert(user, **fields: Any) -> Alert:
    defaults = {"user": user, "ip": "192.0.2.1", "port": 443, "created_at": NOON}
    return Alert.objects.create(**defaults | fields)


def path(dataset: str, scan_id: object = None) -> str:
    """The path of a dataset under /api/exports/, with the scan that `scans` cannot do without."""
    return f"/api/exports/{dataset}" + (f"?scan_id={scan_id}" if dataset == "scans" else "")


@dataclass
class Tenant:
    """A tenant's rows of all seven datasets. Each has the tenant's `mark` in a cell of its file."""

    user: Any
    mark: str
    rows: dict[str, list[Any]] = field(default_factory=dict)

    def path(self, dataset: str) -> str:
        return path(dataset, self.scan.pk)

    def __post_init__(self) -> None:
        self.agent = agent(self.user, name=f"{self.mark} first")
        self.network = network(self.user, name=f"{self.mark} first")
        self.scan = scan(self.user, network=self.network)

    def adding(self) -> Iterator[None]:
        """Adds the rows of every dataset, one a step, so that two tenants' rows can lie in turns."""
        for dataset, rows in (
            ("calls", self._calls()),
            ("agents", self._agents()),
            ("phone-numbers", self._numbers()),
            ("events", self._events()),
            ("scans", self._ports()),
            ("alerts", self._alerts()),
            ("hosts", self._hosts()),
        ):
            self.rows[dataset] = []
            for row in rows:
                self.rows[dataset].append(row)
                yield

    def _calls(self) -> Iterator[CallLog]:
        combinations = product(["active", "ended"], [*CallLog.Outcome.values, None], [self.agent, None])
        for number, (status, outcome, agent) in enumerate(combinations):
            started_at = NOON + dt.timedelta(hours=number)
            yield call(
                self.user,
                livekit_room_name=self.mark,
                status=status,
                outcome=outcome,
                agent=agent,
                started_at=started_at,
            )

    def _agents(self) -> Iterator[AgentConfig]:
        yield self.agent
        for active, mode in product([True, False], AgentConfig.Mode.values):
            yield agent(self.user, name=self.mark, is_active=active, agent_mode=mode)

    def _numbers(self) -> Iterator[PhoneNumberMapping]:
        for active, agent in product([True, False], [self.agent, None]):
            yield phone_number(self.user, sip_trunk_id=self.mark, is_active=active, agent_config=agent)

    def _events(self) -> Iterator[LiveKitEvent]:
        for number, (name, room) in enumerate(product(LiveKitEvent.Event.values, ["room", "hall", None])):
            timestamp = NOON + dt.timedelta(hours=number)
            yield event(self.user, event_id=self.mark, event=name, room_name=room, timestamp=timestamp)

    def _ports(self) -> Iterator[Port]:
        for number in (22, 80, 443):
            yield port(self.user, self.scan, service=self.mark, port=number, ip="192.0.2.9")

    def _alerts(self) -> Iterator[Alert]:
        for kind, acknowledged in product(Alert.Type.values, [True, False]):
            yield alert(self.user, network=self.network, alert_type=kind, acknowledged=acknowledged)

    def _hosts(self) -> Iterator[Host]:
        other = network(self.user, name=f"{self.mark} second")
        for number, (within, up) in enumerate(product([self.network, other], [True, False, None])):
            yield host(self.user, within, hostname=self.mark, is_pingable=up, ip=f"192.0.2.{number}")


def filled(user, mark: str) -> Tenant:
    """A tenant with rows of every dataset."""
    tenant = Tenant(user, mark)
    for _ in tenant.adding():
        pass
    return tenant


def tenants(user, stranger) -> tuple[Tenant, Tenant]:
    """Two tenants with rows of every dataset, which lie in turns in every table."""
    mine, theirs = Tenant(user, "mine"), Tenant(stranger, "theirs")
    for _ in zip(mine.adding(), theirs.adding(), strict=True):
        pass
    return mine, theirs
