"""What the OpenAPI document says of templates."""

from functools import partial
from typing import Any, Final

from drf_spectacular.utils import OpenApiParameter

from .job_schema import OPTIONS
from .operations import (
    BODY_REFUSALS,
    FILTERS,
    JOB_REFUSALS,
    RECIPIENTS,
    REFUSALS,
    TEXTS,
    documented,
    id_of,
    location,
    object_of,
    refusals,
    wait,
)
from .schema import rate_answers
from .serializers import ExportJobSerializer
from .template_bodies import READ_ONLY
from .template_serializers import ExportTemplateSerializer

_ID: Final = id_of("template")

_PROPERTIES: Final[dict[str, Any]] = {
    "name": {"type": "string", "maxLength": 100, "description": "One of its own among the user's."},
    "dataset": {"type": "string", "description": "Its name."},
    "filters": {
        **FILTERS,
        "description": f"{FILTERS['description']} Dates may be relative, such as `last month`.",
    },
    **{name: {**option, "nullable": True} for name, option in OPTIONS.items()},
    "shared_with": {**TEXTS, "description": "Ids of users who may run it, each for their own rows."},
}
_SENT_BACK: Final = _PROPERTIES | {
    name: {"description": "Taken no notice of: an answer can be sent back."} for name in READ_ONLY
}

_EXAMPLE: Final = {
    "name": "Last month",
    "dataset": "calls",
    "filters": {"start_date": "last month", "end_date": "last month"},
    "columns": ["id", "status"],
}

_CHOICE: Final = object_of(_PROPERTIES, required=("name", "dataset"), example=_EXAMPLE)
_OTHER: Final = object_of(_SENT_BACK, required=("name", "dataset"), example=_EXAMPLE)
_CHANGES: Final = object_of(_SENT_BACK, example={"filters": {"start_date": "last 7 days"}})
_RUN: Final = object_of({"recipients": RECIPIENTS})

_described: Final = partial(documented, "templates")

LIST: Final = _described(
    "template_list",
    "The caller's templates, and those shared with the caller",
    "Pages of templates, by name. A credential that is limited to datasets sees the templates of these.",
    OpenApiParameter("dataset", str, description="Only templates of this dataset."),
    responses={200: ExportTemplateSerializer(many=True)} | refusals(*REFUSALS),
)

CREATE: Final = _described(
    "template_create",
    "Keep a choice as a template",
    "It takes what the download takes, as JSON; filters of moments take relative dates too, such as "
    "`last month` and `last 7 days`, and `since` takes `last run`.",
    location("template", 201),
    wait(503),
    request={"application/json": _CHOICE},
    responses={201: ExportTemplateSerializer} | refusals(*BODY_REFUSALS),
)

DETAIL: Final = _described(
    "template_detail",
    "One of these templates",
    "What it says; under `problems`, what is in the way of the caller's running it now.",
    _ID,
    wait(503),
    responses={200: ExportTemplateSerializer} | refusals(*REFUSALS),
)

REPLACE: Final = _described(
    "template_replace",
    "Change a template of one's own",
    "What the body does not name has no value from then on.",
    _ID,
    wait(503),
    request={"application/json": _OTHER},
    responses={200: ExportTemplateSerializer} | refusals(*BODY_REFUSALS),
)

CHANGE: Final = _described(
    "template_change",
    "Change some of a template of one's own",
    "What the body does not name stays; `filters` are replaced together.",
    _ID,
    wait(503),
    request={"application/json": _CHANGES},
    responses={200: ExportTemplateSerializer} | refusals(*BODY_REFUSALS),
)

DELETE: Final = _described(
    "template_delete",
    "Remove a template of one's own, or leave one that others share",
    "Schedules that use it fail from then on, and say why: of a template that others share, the caller's. "
    "Files that were made stay.",
    _ID,
    wait(503),
    responses={204: None} | refusals(*REFUSALS),
)

RUN: Final = _described(
    "template_run",
    "Run a template",
    "Asks for a background job with the caller's own rows. The body may name `recipients`, or be missing.",
    _ID,
    location("job", 202),
    wait(202, 429, 503),
    *rate_answers(202, 429),
    request={"application/json": _RUN},
    responses={202: ExportJobSerializer} | refusals(*JOB_REFUSALS),
)
