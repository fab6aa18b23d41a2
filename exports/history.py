"""What became of exports, for the people who may know."""

import datetime as dt
import json
import re
from typing import Any, Final
from uuid import UUID

from django.db.models import Max, Q, QuerySet, TextField
from django.db.models.functions import Cast
from django.http import QueryDict

from .exceptions import DatasetNotFound
from .lost import close_lost_records
from .models import ExportJob, ExportLog
from .options import DEFAULTS, OPTION_NAMES
from .registry import registry
from .scope import FOR_ALL_TENANTS, has_permission

VIEW_RECORDS = "exports.view_exportlog"

SEARCHED: Final = 100_000
"""In how many records text is looked for. PostgreSQL takes 0.2 s for so many."""

_SHA256: Final = re.compile("[0-9a-fA-F]{64}")
_UUID: Final = re.compile(r"[0-9a-fA-F]{32}|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def reachable_records(user: Any) -> QuerySet[ExportLog]:
    """The records of what this user asked for; with both permissions, everybody's. Newest first.

    None says `running` of an export whose process was killed.
    """
    close_lost_records()
    if may_see_all(user):
        return ExportLog.objects.all()
    return ExportLog.objects.filter(user=str(user.pk))


def may_see_all(user: Any) -> bool:
    """Whether the user may see what everybody has exported."""
    return all(has_permission(user, name) for name in (VIEW_RECORDS, FOR_ALL_TENANTS))


def last_exports(user: Any, tenant: str | None = None) -> dict[str, ExportLog]:
    """The newest record of the user's own for each dataset, by its name; what was denied is no export.

    With `tenant`, of those that held its rows.
    """
    close_lost_records()
    own = ExportLog.objects.filter(user=str(user.pk)).exclude(outcome=ExportLog.Outcome.DENIED)
    own = own if tenant is None else own.filter(tenant=tenant)
    newest = own.order_by().values("export_type").annotate(newest=Max("timestamp")).values("newest")
    # Two in one microsecond: the order of the records decides, as it does in a list of them.
    return {record.export_type: record for record in reversed(own.filter(timestamp__in=newest))}


def names_one(text: str) -> bool:
    """Whether it is a whole id or SHA-256, which an index finds; other text is looked for in each record."""
    return bool(_UUID.fullmatch(text) or _SHA256.fullmatch(text))


def named(records: QuerySet[ExportLog], text: str) -> QuerySet[ExportLog]:
    """Those of `records` that an id or a SHA-256 names: the export's, its job's, or the file's."""
    if _SHA256.fullmatch(text):
        return records.filter(sha256=text.lower())
    made = ExportJob.objects.primary().filter(pk=UUID(text), export_id__isnull=False)
    return records.filter(pk__in=[UUID(text), *made.values_list("export_id", flat=True)])


def search_start(records: QuerySet[ExportLog]) -> dt.datetime | None:
    """Where text is looked for in the newest SEARCHED of `records` alone: the moment before these."""
    moments = records.order_by("-timestamp", "-id").values_list("timestamp", flat=True)
    return next(iter(moments[SEARCHED : SEARCHED + 1]), None)


def search(records: QuerySet[ExportLog], text: str) -> QuerySet[ExportLog]:
    """Those of `records` in which the text occurs: the address, what the client called itself, the filters.

    Each of them is looked at.
    """
    # Not every database keeps JSON as it is written: quotes are escaped in it, and other letters than ASCII.
    spelt = {text, *(json.dumps(text, ensure_ascii=ascii_only)[1:-1] for ascii_only in (True, False))}
    found = Q(user_agent__icontains=text) | Q(ip__startswith=text)
    for spelling in spelt:
        found |= Q(filters_as_text__icontains=spelling)
    return records.alias(filters_as_text=Cast("filters", TextField())).filter(found)


def run_again(record: ExportLog, user: Any) -> QueryDict | None:
    """The parameters that ask for the same export; None where no parameters can say it.

    That is so for rows that were picked from a list, for what was denied, and for a dataset that is no more.
    Whoever runs somebody else's export asks for the same tenant's rows.
    """
    try:
        definition = registry.get(record.export_type)
    except DatasetNotFound:
        return None
    if "selection" in record.options or record.outcome == ExportLog.Outcome.DENIED:
        return None
    params = QueryDict(mutable=True)
    for name, value in record.filters.items():
        params.setlist(name, value if isinstance(value, list) else [value])
    default = [column.header for column in definition.get_columns_for(user) if column.default]
    renamed = record.options.get("renamed", {})
    if record.columns != default or renamed:
        params["columns"] = ",".join(
            f"{header}:{renamed[header]}" if header in renamed else header for header in record.columns
        )
    if record.format != DEFAULTS["format"]:
        params["format"] = record.format
    for name, value in record.options.items():
        if name in OPTION_NAMES and DEFAULTS.get(name) != value:
            params[name] = value
    if record.user != str(user.pk):
        params["tenant"] = record.tenant
    return params
