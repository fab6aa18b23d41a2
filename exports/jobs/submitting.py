"""Asking for a job."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final
from uuid import uuid4

from django.contrib.auth import get_user_model
from django.db import IntegrityError, connections, router, transaction
from django.db.models.functions import Now
from django.http import QueryDict
from django.utils.text import format_lazy
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from .. import engine
from ..audit import USER_AGENT_LENGTH, recorded_refusals
from ..caller import Caller
from ..exceptions import InvalidParameters, ParameterProblem, SameExportOpen
from ..models import ExportJob, ExportTemplate
from ..options import DEFAULTS
from ..policy.recipients import require_allowed, require_room_for, same
from ..query import ExportQuery
from .quotas import require_room
from .storage import file_storage

MAX_PARAMETERS_LENGTH: Final = 64 * 1024
"""Characters of a job's parameters as JSON: as many as the longest address that servers take, eight times."""


@dataclass(frozen=True, kw_only=True)
class Purpose:
    """What a job is for beside its file."""

    recipients: Sequence[str] = ()
    """Addresses that are told of its end."""

    approved: Sequence[str] = ()
    """Those of them that staff has allowed."""

    template: ExportTemplate | None = None

    occasion: str = ""
    """What tells it from others that ask for the same: each has a job of its own."""


NO_MORE: Final = Purpose()


def submit(
    dataset: str, caller: Caller, params: QueryDict, purpose: Purpose = NO_MORE
) -> tuple[ExportJob, bool]:
    """The job that makes this export, and whether it is new: the same request is given one that is open.

    Raises JobsUnavailable, what `engine.prepare` raises, RateLimited, TooManyJobs and StorageQuotaExceeded;
    and InvalidParameters naming `recipients` that this user may not name.
    """
    file_storage()
    require_storable(params)
    require_allowed(caller.user, purpose.recipients, purpose.approved)
    query = engine.acceptable(dataset, caller, params)
    job = _described(query, caller, params, purpose)
    with recorded_refusals(caller, query.definition, query.parameters):
        try:
            with transaction.atomic(using=ExportJob.objects.primary().db):
                _wait_for_turn(caller.user)
                if (found := _open_one(job)) and _told(found, purpose):
                    return found, False
                require_room(caller.user)
                engine.accept(query, caller)
                job.save(force_insert=True)
                _enqueue(job)
        except IntegrityError:  # where no row could be locked, another was quicker
            if found := _open_one(job):
                return found, False
            raise
    return job, True


def resubmit(job: ExportJob, caller: Caller) -> bool:
    """Asks for a job once more that has ended. False where it is not the job any more that it was.

    The caller is the one who had asked for it. Raises what `submit` does, and SameExportOpen.
    """
    from .work import params_of

    file_storage()
    query = engine.acceptable(job.dataset, caller, params_of(job))
    with recorded_refusals(caller, query.definition, query.parameters):
        try:
            with transaction.atomic(using=ExportJob.objects.primary().db):
                _wait_for_turn(caller.user)
                if _open_one(job):
                    raise SameExportOpen
                require_room(caller.user)
                engine.accept(query, caller)
                again = ExportJob.objects.primary().filter(pk=job.pk, status=job.status, token=job.token)
                changed = again.update(
                    status=ExportJob.Status.QUEUED,
                    tenant=query.scope.tenant,
                    door=caller.door,
                    ip=caller.ip,
                    user_agent=caller.user_agent[:USER_AGENT_LENGTH],
                    attempts=0,
                    due_at=Now(),
                    enqueued_at=Now(),
                    started_at=None,
                    finished_at=None,
                    expires_at=None,
                    rows_expected=None,
                    row_count=0,
                    byte_count=0,
                    sha256="",
                    filename="",
                    media_type="",
                    cursor="",
                    stored_as="",
                    columns={},
                    error="",
                    error_code="",
                )
                if changed:
                    _enqueue(job)
                return bool(changed)
        except IntegrityError as error:
            raise SameExportOpen from error


def fingerprint(user: Any, dataset: str, parameters: Mapping[str, Sequence[str]], occasion: str = "") -> str:
    """The same for requests that ask for the same, whatever the order of their parameters."""
    said = {name: values for name, values in parameters.items() if values != [DEFAULTS.get(name)]}
    asked = [str(user.pk), dataset, said, *([occasion] if occasion else [])]
    text = json.dumps(asked, sort_keys=True)
    return sha256(text.encode()).hexdigest()


def require_storable(params: QueryDict) -> None:
    parameters = dict(params.lists())
    if len(json.dumps(parameters)) > MAX_PARAMETERS_LENGTH:
        longest = max(parameters, key=lambda name: len(json.dumps(parameters[name])))
        text = format_lazy(
            _("The parameters are longer than {limit} characters together."), limit=MAX_PARAMETERS_LENGTH
        )
        raise InvalidParameters([ParameterProblem(longest, "max_length", text)])


def _described(query: ExportQuery, caller: Caller, params: QueryDict, purpose: Purpose) -> ExportJob:
    parameters = dict(params.lists())
    dataset = query.definition.get_name()
    return ExportJob(
        user=str(caller.user.pk),
        tenant=query.scope.tenant,
        dataset=dataset,
        parameters=parameters,
        format=query.options.format,
        door=caller.door,
        ip=caller.ip,
        user_agent=caller.user_agent[:USER_AGENT_LENGTH],
        fingerprint=fingerprint(caller.user, dataset, parameters, purpose.occasion),
        template=purpose.template,
        recipients=list(purpose.recipients),
        language=get_language() or "",
        # By the clock by which workers see what is due.
        due_at=Now(),
        enqueued_at=Now(),
    )


def _wait_for_turn(user: Any) -> None:
    """One request of a user at a time: two that come at once would both find room for one more."""
    using = ExportJob.objects.primary().db
    if not connections[using].features.has_select_for_update:
        # SQLite: who has read before it writes fails where another has written meanwhile. So this writes
        # first, though no row, and waits for its turn to write.
        ExportJob.objects.using(using).filter(pk=uuid4()).update(attempts=0)
    model = get_user_model()
    if router.db_for_write(model) != using:  # no lock over there would wait for this transaction's end
        return
    # Rows that refer to the user can be written meanwhile, where the database knows such a lock.
    no_key = connections[using].features.has_select_for_no_key_update
    model._default_manager.using(using).select_for_update(no_key=no_key).filter(pk=user.pk).first()


def _open_one(job: ExportJob) -> ExportJob | None:
    same = ExportJob.objects.primary().open().filter(fingerprint=job.fingerprint, cancelling=False)
    return same.first()


def _told(job: ExportJob, purpose: Purpose) -> bool:
    """Whether an open job tells these recipients too; not where it has ended by now.

    Raises InvalidParameters where they are too many together.
    """
    more = [
        address for address in purpose.recipients if not any(same(address, other) for other in job.recipients)
    ]
    if not more:
        return True
    require_room_for([*job.recipients, *more])
    job.recipients = [*job.recipients, *more]
    open_jobs = ExportJob.objects.primary().open().filter(pk=job.pk)
    return bool(open_jobs.update(recipients=job.recipients))


def _enqueue(job: ExportJob) -> None:
    from .tasks import enqueue

    enqueue(job.pk)
