"""A schedule as a body says it."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from rest_framework.request import Request

from ..caller import Caller
from ..exceptions import ParameterProblem, TemplateNotFound
from ..models import ExportSchedule, ExportTemplate
from ..saved.control import usable_template
from ..schedules.plans import Plan
from .bodies import Fields, in_query, json_object

NAMES: Final = ("template", "rule", "timezone", "recipients", "incremental")
"""What can be said of a schedule."""

READ_ONLY: Final = (
    *("id", "status", "next_runs", "failures", "error", "cursor", "unsubscribed", "last_run"),
    *("created_at", "updated_at", "links"),
)
"""What is told of it besides."""


def plan_of(
    request: Request, caller: Caller, kept: Mapping[str, Any] | None = None, unread: Sequence[str] = ()
) -> Plan:
    """What the body says, and of what it does not say, what is `kept`. Names that are `unread` say nothing.

    Raises ParseError for what is no JSON object, and InvalidParameters naming each that is not right: a
    template that the caller may not run, too.
    """
    fields = Fields({**(kept or {}), **json_object(request)}, list(in_query(request)))
    fields.only(NAMES, unread)
    template_id = fields.text("template")
    plan = Plan(
        template=_template(template_id, caller, fields) if template_id else None,
        rule=fields.text("rule"),
        timezone=fields.text("timezone", "UTC"),
        recipients=fields.texts("recipients"),
        incremental=fields.flag("incremental"),
    )
    fields.finish()
    return plan


def content_of(schedule: ExportSchedule) -> dict[str, Any]:
    """What a schedule says, under the names of a body. A template that was deleted is null."""
    return {
        "template": str(schedule.template_id) if schedule.template_id else None,
        "rule": schedule.rule,
        "timezone": schedule.timezone,
        "recipients": schedule.recipients,
        "incremental": schedule.incremental,
    }


def _template(text: str, caller: Caller, fields: Fields) -> ExportTemplate | None:
    try:
        return usable_template(UUID(text), caller)
    except (ValueError, TemplateNotFound):
        said = ParameterProblem("template", "not_found", _("There is no such template."))
        fields.problems.append(said)
        return None
