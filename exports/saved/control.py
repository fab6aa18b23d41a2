"""What a user may do with templates: keep, change, share, run and delete them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.text import format_lazy
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _

from .. import engine
from ..caller import Caller
from ..conf import export_settings
from ..exceptions import (
    DatasetNotFound,
    ExportError,
    InvalidParameters,
    ParameterProblem,
    TemplateBroken,
    TemplateNotFound,
    Text,
)
from ..history import may_see_all
from ..jobs.submitting import Purpose, require_storable, submit
from ..models import ExportJob, ExportSchedule, ExportTemplate, TemplateCursor, TemplateShare, deleting
from ..policy.permissions import datasets_of_credential
from .resolving import cursor_of, goes_on, parameters_for

MAX_SHARES: Final = 100
"""Users that one template may be shared with: more than anybody names by hand."""

_NAME_LENGTH: Final = 100
_USER_LENGTH: Final = 255


@dataclass(frozen=True, kw_only=True)
class Choice:
    """What is to be kept. `parameters` are the API's; dates may be relative, and `since` the last run."""

    name: str
    dataset: str
    parameters: QueryDict
    shared_with: Sequence[str] = ()
    """Primary keys of users. None is said to exist or not: that would tell who is a user here."""


def usable_templates(caller: Caller) -> QuerySet[ExportTemplate]:
    """Own templates, and those shared with the caller; with a credential, of the datasets that it allows."""
    return _allowed(ExportTemplate.objects.primary().usable_by(caller.user), caller)


def own_templates(caller: Caller) -> QuerySet[ExportTemplate]:
    """The templates that the caller may change."""
    return _allowed(ExportTemplate.objects.primary().of(caller.user), caller)


def reachable_templates(user: Any) -> QuerySet[ExportTemplate]:
    """For the admin: a user's own; with the permissions for all records, everybody's."""
    templates = ExportTemplate.objects.primary()
    return templates if may_see_all(user) else templates.of(user)


def usable_template(template_id: UUID, caller: Caller) -> ExportTemplate:
    """One that the caller may run. Raises TemplateNotFound, of somebody else's too."""
    return _one(usable_templates(caller), template_id)


def own_template(template_id: UUID, caller: Caller) -> ExportTemplate:
    """One that the caller may change. Raises TemplateNotFound, of one that is only shared with them too."""
    return _one(own_templates(caller), template_id)


def create(choice: Choice, caller: Caller) -> ExportTemplate:
    """Keeps a choice. Raises InvalidParameters, DatasetNotFound and NotPermitted."""
    limit = export_settings().max_templates_per_user
    if limit is not None and ExportTemplate.objects.primary().of(caller.user).count() >= limit:
        text = format_lazy(_("You have {limit} templates, the limit. Delete one first."), limit=limit)
        raise _problem("name", "too_many", text)
    return _save(ExportTemplate(user=str(caller.user.pk)), choice, caller)


def change(template: ExportTemplate, choice: Choice, caller: Caller) -> ExportTemplate:
    """Keeps another choice in its place. The caller is who it is checked for. Raises as `create` does."""
    return _save(template, choice, caller)


def delete(template: ExportTemplate) -> None:
    """Removes it. Schedules that use it, of others too, fail from then on and say why."""
    deleting.delete(template, ExportTemplate.objects.primary().db)


def leave(template: ExportTemplate, caller: Caller) -> None:
    """Ends its being shared with the caller, as its user could. The caller's schedules of it fail then."""
    using = ExportTemplate.objects.primary().db
    TemplateShare.objects.using(using).filter(template=template, user=str(caller.user.pk)).delete()


def parameters_now(template: ExportTemplate, caller: Caller) -> QueryDict:
    """The parameters that a run of the caller's would have now: for a page that shows the choice."""
    return parameters_for(template, now(), cursor=cursor_of(template, caller.user))


def run(template: ExportTemplate, caller: Caller, recipients: Sequence[str] = ()) -> ExportJob:
    """The job of a run by hand, for the caller's own rows. Raises what `submit` does, and TemplateBroken."""
    params = parameters_for(template, now(), cursor=cursor_of(template, caller.user))
    # Where it goes on from: a job that was asked for otherwise would bring that no further.
    occasion = f"template {template.pk}" if goes_on(template.parameters) else ""
    purpose = Purpose(template=template, recipients=recipients, occasion=occasion)
    try:
        job, _new = submit(template.dataset, caller, params, purpose)
    except (DatasetNotFound, InvalidParameters) as error:
        if isinstance(error, InvalidParameters) and any(p.attr == "recipients" for p in error.errors):
            raise
        raise TemplateBroken(problems_of_error(error)) from error
    return job


def problems_of(template: ExportTemplate, caller: Caller) -> tuple[ParameterProblem, ...]:
    """What is in the way of the caller's running it, now that it is as it is; none where nothing is."""
    try:
        engine.check(template.dataset, caller, parameters_for(template, now()))
    except ExportError as error:
        return problems_of_error(error)
    return ()


def problems_of_error(error: ExportError) -> tuple[ParameterProblem, ...]:
    """What an error says is wrong, each with the name of what it is wrong with."""
    if isinstance(error, DatasetNotFound):
        return (ParameterProblem("dataset", error.code, error.detail),)
    return error.problems or (ParameterProblem("dataset", error.code, error.detail),)


def _save(template: ExportTemplate, choice: Choice, caller: Caller) -> ExportTemplate:
    kept = None if template._state.adding else template.dataset
    said = "" if template._state.adding else template.fingerprint
    template.name, template.dataset = _name(choice.name), choice.dataset
    require_storable(choice.parameters)
    template.parameters = dict(choice.parameters.lists())
    shared_with = _shares(choice.shared_with, template.user)
    if template.fingerprint != said:  # of a broken one, the name and the shares can be changed all the same
        _require_runnable(template, caller)
    using = ExportTemplate.objects.primary().db
    try:
        with transaction.atomic(using=using):
            if kept is not None and kept != template.dataset:
                _begin_anew(template)
            template.save(using=using, force_update=kept is not None)
            _share(template, shared_with)
    except ExportTemplate.NotUpdated as error:  # deleted a moment ago
        raise TemplateNotFound from error
    except IntegrityError as error:
        taken = ExportTemplate.objects.primary().filter(user=template.user, name=template.name)
        if taken.exclude(pk=template.pk).exists():
            raise _problem("name", "unique", _("You have a template of this name already.")) from error
        raise
    return template


def _require_runnable(template: ExportTemplate, caller: Caller) -> None:
    try:
        engine.check(template.dataset, caller, parameters_for(template, now()))
    except DatasetNotFound as error:
        raise _problem("dataset", error.code, error.detail) from error


def _begin_anew(template: ExportTemplate) -> None:
    """Of the rows of another dataset nobody has got anywhere yet."""
    using = ExportTemplate.objects.primary().db
    ExportSchedule.objects.using(using).filter(template=template).update(cursor="")
    TemplateCursor.objects.using(using).filter(template=template).delete()


def _share(template: ExportTemplate, users: Iterable[str]) -> None:
    shares = TemplateShare.objects.using(template._state.db).filter(template=template)
    shares.exclude(user__in=users).delete()
    TemplateShare.objects.using(template._state.db).bulk_create(
        [TemplateShare(template=template, user=user) for user in users], ignore_conflicts=True
    )


def _name(text: str) -> str:
    name = " ".join(text.split())
    if not name:
        raise _problem("name", "blank", _("This may not be empty."))
    if len(name) > _NAME_LENGTH:
        raise _problem(
            "name",
            "max_length",
            format_lazy(_("This may have {limit} characters at most."), limit=_NAME_LENGTH),
        )
    if not name.isprintable():
        raise _problem("name", "invalid_characters", _("Not all of this is text."))
    return name


def _shares(users: Sequence[str], owner: str) -> list[str]:
    found = list(dict.fromkeys(user for user in users if user != owner))
    if len(found) > MAX_SHARES:
        text = format_lazy(_("A template may be shared with {limit} users at most."), limit=MAX_SHARES)
        raise _problem("shared_with", "max_length", text)
    for user in found:
        if not user or len(user) > _USER_LENGTH or not user.isprintable():
            raise _problem("shared_with", "invalid", _("Give the ids of users."))
    return found


def _allowed(templates: QuerySet[ExportTemplate], caller: Caller) -> QuerySet[ExportTemplate]:
    names = datasets_of_credential(caller)
    return templates if names is None else templates.filter(dataset__in=names)


def _one(templates: QuerySet[ExportTemplate], template_id: UUID) -> ExportTemplate:
    template = templates.filter(pk=template_id).first()
    if template is None:
        raise TemplateNotFound
    return template


def _problem(attr: str, code: str, text: Text) -> InvalidParameters:
    return InvalidParameters([ParameterProblem(attr, code, text)])
