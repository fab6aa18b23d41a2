"""What a schedule is to be: made so, where its user may have it so."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.text import format_lazy
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _

from .. import engine
from ..caller import Caller
from ..conf import export_settings
from ..exceptions import (
    DatasetNotFound,
    InvalidParameters,
    NotPermitted,
    ParameterProblem,
    TemplateGone,
    Text,
)
from ..models import ExportSchedule, ExportTemplate
from ..policy.recipients import TO_ANYBODY, may_mail_to, own_address, require_allowed, same
from ..registry import registry
from ..saved.acting import require_rights_over
from ..saved.resolving import goes_on
from ..scope import has_permission
from .making import parameters_of, template_of
from .rules import Rule


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a schedule is to be."""

    template: ExportTemplate | None
    rule: str
    timezone: str = "UTC"
    recipients: Sequence[str] = ()
    incremental: bool = False


@dataclass(frozen=True)
class Changes:
    """What a plan changes of a schedule: the names of fields, and the addresses that staff allows by it."""

    fields: frozenset[str]
    allowed: Sequence[str]


def planned(schedule: ExportSchedule, plan: Plan, caller: Caller, owner: Any = None) -> Changes:
    """Makes the schedule what the plan says, but does not save it. Raises InvalidParameters and NotPermitted.

    `owner` is the user whose it is, where that is not the caller.
    """
    rule = Rule.parse(plan.rule, plan.timezone)
    rule.require_distance(export_settings().min_schedule_seconds)
    other_template = schedule.template_id != (plan.template.pk if plan.template else None)
    before, user = schedule.recipients, owner or caller.user
    allowed = _take_recipients(schedule, plan.recipients, caller.user, user, anew=other_template)
    changed = {"template", "rule", "timezone", "recipients", "approved", "incremental", "fingerprint"}
    if _subscribes_again(schedule, caller.user, before):
        changed.add("unsubscribed")
    if other_template:
        schedule.cursor = ""  # of other rows
        changed.add("cursor")
    template = _take_template(schedule, plan, caller if owner is None else caller.acting_for(owner))
    if allowed:
        _require_rights_over(schedule, template, caller, user)
    other_times = (schedule.rule, schedule.timezone) != (rule.line, rule.zone)
    schedule.rule, schedule.timezone = rule.line, rule.zone
    if schedule.status == ExportSchedule.Status.ACTIVE and (other_times or schedule.next_run_at is None):
        schedule.next_run_at = rule.next(now())
        changed.add("next_run_at")
    return Changes(frozenset(changed), allowed)


def _take_template(schedule: ExportSchedule, plan: Plan, caller: Caller) -> ExportTemplate:
    kept = (schedule.template_id, schedule.fingerprint, schedule.incremental)
    schedule.template, schedule.incremental = plan.template, plan.incremental
    template = _checked_template(schedule)
    schedule.fingerprint = template.fingerprint
    if kept != (template.pk, template.fingerprint, plan.incremental):  # else but times and recipients
        _require_runnable(schedule, template, caller)
    return template


def _take_recipients(
    schedule: ExportSchedule, recipients: Sequence[str], by: Any, owner: Any, *, anew: bool
) -> list[str]:
    """The addresses that staff allows by this: what was allowed before counts for the same template."""
    by_staff = str(by.pk) != schedule.user
    before = [] if by_staff and anew else schedule.approved
    kept = [old for old in before if any(same(old, address) for address in recipients)]
    more: list[str] = []
    if by_staff and has_permission(by, TO_ANYBODY):
        more = [address for address in recipients if not may_mail_to(owner, address, kept)]
    require_allowed(owner, recipients, [*kept, *more])
    schedule.recipients, schedule.approved = list(recipients), [*kept, *more]
    return more


def _require_rights_over(
    schedule: ExportSchedule, template: ExportTemplate, caller: Caller, owner: Any
) -> None:
    """Nobody sends rows to an address that they may not have themselves."""
    try:
        require_rights_over(template.dataset, parameters_of(schedule, template, now()), caller, owner)
    except (InvalidParameters, NotPermitted) as error:
        text = _("Who allows recipients for somebody else has to be allowed to export these rows.")
        raise NotPermitted(text, attr="recipients") from error


def _subscribes_again(schedule: ExportSchedule, by: Any, before: Sequence[str]) -> bool:
    """Whether users who had unsubscribed name their own address anew: they have thought better of it."""
    own = own_address(by)
    is_new = _has(schedule.recipients, own) and not _has(before, own)
    if str(by.pk) != schedule.user or not is_new:
        return False
    kept = [address for address in schedule.unsubscribed if not same(address, own)]
    if kept == schedule.unsubscribed:
        return False
    schedule.unsubscribed = kept
    return True


def _has(addresses: Sequence[str], own: str) -> bool:
    return any(same(address, own) for address in addresses)


def _checked_template(schedule: ExportSchedule) -> ExportTemplate:
    if schedule.template is None:
        raise _problem("template", "required", _("Name a template."))
    try:
        return template_of(schedule)
    except TemplateGone as error:
        raise _problem("template", "not_found", _("There is no such template.")) from error


def _require_runnable(schedule: ExportSchedule, template: ExportTemplate, caller: Caller) -> None:
    """It could run now, with all the rights that takes."""
    try:
        definition = registry.get(template.dataset)
    except DatasetNotFound as error:
        raise _problem("template", error.code, error.detail) from error
    if schedule.incremental and not definition.created_field:
        text = _("This dataset does not say when its rows were created.")
        raise _problem("incremental", "does_not_apply", text)
    if schedule.incremental and "since" in template.parameters and not goes_on(template.parameters):
        text = _("The template says since when by itself.")
        raise _problem("incremental", "does_not_apply", text)
    try:
        engine.check(template.dataset, caller, parameters_of(schedule, template, now()))
    except InvalidParameters as error:
        text = format_lazy(_("The template does not fit its dataset any more: {problem}"), problem=str(error))
        raise _problem("template", "broken", text) from error
    except NotPermitted as error:
        raise NotPermitted(error.detail, attr="template") from error


def _problem(attr: str, code: str, text: Text) -> InvalidParameters:
    return InvalidParameters([ParameterProblem(attr, code, text)])
