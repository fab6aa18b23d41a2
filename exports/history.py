"""What became of exports, for the people who may know."""

from typing import Any

from django.db.models import Max, QuerySet
from django.http import QueryDict

from .exceptions import DatasetNotFound
from .lost import close_lost_records
from .models import ExportLog
from .options import DEFAULTS, OPTION_NAMES
from .registry import registry
from .scope import FOR_ALL_TENANTS, has_permission

VIEW_RECORDS = "exports.view_exportlog"


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


def last_exports(user: Any) -> dict[str, ExportLog]:
    """The newest record of the user's own for each dataset, by its name; what was denied is no export."""
    close_lost_records()
    own = ExportLog.objects.filter(user=str(user.pk)).exclude(outcome=ExportLog.Outcome.DENIED)
    newest = own.order_by().values("export_type").annotate(newest=Max("timestamp")).values("newest")
    # Two in one microsecond: the order of the records decides, as it does in a list of them.
    return {record.export_type: record for record in reversed(own.filter(timestamp__in=newest))}


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
