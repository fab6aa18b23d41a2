"""What the OpenAPI document says of schedules."""

from functools import partial
from typing import Any, Final

from .operations import (
    BODY_REFUSALS,
    JOB_REFUSALS,
    REFUSALS,
    TEXTS,
    documented,
    id_of,
    location,
    object_of,
    refusals,
    wait,
)
from .schedule_bodies import READ_ONLY
from .schedule_serializers import ExportScheduleSerializer, ScheduleRunSerializer
from .schema import rate_answers
from .serializers import ExportJobSerializer

_ID: Final = id_of("schedule")

_PROPERTIES: Final[dict[str, Any]] = {
    "template": {"type": "string", "format": "uuid", "description": "Its id."},
    "rule": {
        "type": "string",
        "maxLength": 100,
        "description": "A cron line: minute, hour, day, month, day of the week.",
    },
    "timezone": {"type": "string", "description": "An IANA name, by whose clocks the line is read; or UTC."},
    "recipients": {**TEXTS, "description": "Addresses that are told of each run by mail."},
    "incremental": {"type": "boolean", "description": "Only rows that were created since the last run."},
}
_SENT_BACK: Final = _PROPERTIES | {
    name: {"description": "Taken no notice of: an answer can be sent back."} for name in READ_ONLY
}
_NEEDED: Final = ("template", "rule")
_EXAMPLE: Final = {
    "template": "00000000-0000-4000-8000-000000000000",
    "rule": "0 6 * * 1",
    "timezone": "Europe/Berlin",
}

_PLAN: Final = object_of(_PROPERTIES, required=_NEEDED, example=_EXAMPLE)
_OTHER: Final = object_of(_SENT_BACK, required=_NEEDED, example=_EXAMPLE)
_CHANGES: Final = object_of(_SENT_BACK, example={"rule": "0 7 * * *"})

_described: Final = partial(documented, "schedules")

LIST: Final = _described(
    "schedule_list",
    "The caller's own schedules, newest first",
    "Pages of schedules. A credential that is limited to datasets sees the schedules of these.",
    responses={200: ExportScheduleSerializer(many=True)} | refusals(*REFUSALS),
)

CREATE: Final = _described(
    "schedule_create",
    "Run a template by the clock",
    "Each time that the line names comes once, whatever the clocks of the zone do. A run has the rights that "
    "the user has then.",
    location("schedule", 201),
    wait(503),
    request={"application/json": _PLAN},
    responses={201: ExportScheduleSerializer} | refusals(*BODY_REFUSALS),
)

DETAIL: Final = _described(
    "schedule_detail",
    "One of the caller's own schedules",
    "When it comes next, and what came of it last.",
    _ID,
    wait(503),
    responses={200: ExportScheduleSerializer} | refusals(*REFUSALS),
)

REPLACE: Final = _described(
    "schedule_replace",
    "Change a schedule",
    "What the body does not name is what it is in a new one.",
    _ID,
    wait(503),
    request={"application/json": _OTHER},
    responses={200: ExportScheduleSerializer} | refusals(*BODY_REFUSALS),
)

CHANGE: Final = _described(
    "schedule_change",
    "Change some of a schedule",
    "What the body does not name stays.",
    _ID,
    wait(503),
    request={"application/json": _CHANGES},
    responses={200: ExportScheduleSerializer} | refusals(*BODY_REFUSALS),
)

DELETE: Final = _described(
    "schedule_delete",
    "Remove a schedule, and what is told of its runs",
    "Its jobs and their files stay.",
    _ID,
    wait(503),
    responses={204: None} | refusals(*REFUSALS),
)

PAUSE: Final = _described(
    "schedule_pause",
    "Pause a schedule",
    "It comes no more until it is resumed.",
    _ID,
    wait(503),
    request=None,
    responses={200: ExportScheduleSerializer} | refusals(*REFUSALS),
)

RESUME: Final = _described(
    "schedule_resume",
    "Resume a schedule",
    "One that is paused, or has stopped by itself, comes again from now on.",
    _ID,
    wait(503),
    request=None,
    responses={200: ExportScheduleSerializer} | refusals(*REFUSALS),
)

RUN: Final = _described(
    "schedule_run",
    "Run a schedule now",
    "A run beside those by the clock, with its job.",
    _ID,
    location("job", 202),
    wait(202, 429, 503),
    *rate_answers(202, 429),
    request=None,
    responses={202: ExportJobSerializer} | refusals(*JOB_REFUSALS),
)

RUNS: Final = _described(
    "schedule_runs",
    "The runs of a schedule, newest first",
    "Pages of runs, each with what came of it.",
    _ID,
    wait(503),
    responses={200: ScheduleRunSerializer(many=True)} | refusals(*REFUSALS),
)
