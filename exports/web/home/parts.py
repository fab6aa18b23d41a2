"""What stands on the first page: the datasets, open jobs, the last exports, templates."""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import Case, When
from django.http import QueryDict
from django.urls import reverse

from ...caller import Caller
from ...catalogue import row_count
from ...definitions import ModelExport
from ...exceptions import NotPermitted
from ...history import last_exports, run_again
from ...jobs import control, storage
from ...models import ExportJob, ExportLog
from ...policy.permissions import permits, require_permission_for_rows
from ...preview import MOST_COUNTED
from ...registry import registry
from ...saved.control import problems_of, usable_templates
from ...scope import Scope
from ..acting import acting_for, acting_in
from ..addresses import page_address
from ..jobs.progress import progress_of
from ..polling import can_poll

SHOWN = 5
"""Of each kind: the datasets below them are still in sight."""

_LOOKED_AT = 20
"""Templates of which the usable ones are shown: each of them is checked."""


def datasets_of(caller: Caller, scope: Scope, acting: str | None) -> list[dict[str, Any]]:
    """Each dataset that the caller may export, with its number of rows and the last export of it."""
    last = last_exports(caller.user, acting)
    return [
        {
            "name": definition.get_name(),
            "url": page_address("dataset", definition.get_name(), _tenant(acting)),
            "description": definition.description,
            "row_count": row_count(definition, caller.user, scope, most=MOST_COUNTED),
            "most": MOST_COUNTED,
            "last_export": last.get(definition.get_name()),
        }
        for definition in registry
        if permits(definition, caller) and _permits_rows(definition, caller, scope)
    ]


def recent_of(caller: Caller, acting: str | None) -> list[dict[str, Any]]:
    """The user's last exports, each with the address of the same choice, and whose rows they held."""
    user = caller.user
    records = ExportLog.objects.filter(user=str(user.pk)).exclude(outcome=ExportLog.Outcome.DENIED)
    if acting:
        records = records.filter(tenant=acting)
    return [
        {
            "record": record,
            "tenant": acting_for(user, record.tenant),
            "download_url": _again(record, run_again(record, user)),
        }
        for record in records[:SHOWN]
    ]


def jobs_that_go_on(caller: Caller, acting: str | None) -> dict[str, Any]:
    """For `exports/job_rows.html`: those of the caller's jobs that wait or run, the newest first."""
    if not storage.is_configured():
        return {"rows": []}
    jobs = control.own_jobs(caller).filter(status__in=ExportJob.OPEN)
    if acting:
        jobs = jobs.filter(tenant=acting)
    return _job_rows(list(jobs[:SHOWN]), caller)


def jobs_of(caller: Caller, ids: Sequence[str]) -> dict[str, Any]:
    """The same of the jobs that a page shows already: one that has ended stays on it."""
    found = list(_uuids(ids)) if storage.is_configured() else []
    return _job_rows(list(control.own_jobs(caller).filter(pk__in=found)[:SHOWN]), caller)


def templates_of(caller: Caller) -> list[dict[str, Any]]:
    """The templates that the caller can run: their own before those of others, the last changed first."""
    if not storage.is_configured():
        return []
    own_first = Case(When(user=str(caller.user.pk), then=0), default=1)
    newest = usable_templates(caller).order_by(own_first, "-updated_at", "-pk")[:_LOOKED_AT]
    usable = (template for template in newest if not problems_of(template, caller))
    return [
        {"template": template, "tenant": acting_in(caller.user, template)}
        for template in islice(usable, SHOWN)
    ]


def _job_rows(jobs: Sequence[ExportJob], caller: Caller) -> dict[str, Any]:
    goes_on = can_poll() and any(job.is_open for job in jobs)
    query = urlencode([("job", job.pk) for job in jobs])
    return {
        "rows": [(job, progress_of(job), acting_for(caller.user, job.tenant)) for job in jobs],
        "poll_url": f"{reverse('exports-web:index')}?{query}" if goes_on else None,
    }


def _uuids(texts: Sequence[str]) -> Iterator[UUID]:
    for text in texts[:SHOWN]:
        try:
            yield UUID(text)
        except ValueError:
            continue


def _tenant(acting: str | None) -> QueryDict:
    params = QueryDict(mutable=True)
    if acting:
        params["tenant"] = acting
    return params


def _again(record: ExportLog, params: QueryDict | None) -> str | None:
    return None if params is None else page_address("download", record.export_type, params)


def _permits_rows(definition: ModelExport, caller: Caller, scope: Scope) -> bool:
    try:
        require_permission_for_rows(definition, caller.user, scope)
    except NotPermitted:
        return False
    return True
