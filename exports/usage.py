"""How much is exported, by whom, and how it ends: the numbers behind the dashboard.

Each is counted by the database, among the records of some days, which it finds by the index on the moment.
"""

from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Count, F, Max, Q, QuerySet, Sum
from django.db.models.functions import TruncDate

from .models import ExportLog

MOST: Final = 20
"""How many users, and rows of each list, are shown by name."""

MEASURES: Final = ("exports", "rows", "bytes")

_DENIED: Final = ExportLog.Outcome.DENIED


@dataclass(frozen=True, kw_only=True)
class Amount:
    """How much was exported of something, or by somebody, or on a day. What was denied is no export."""

    key: Any
    exports: int = 0
    rows: int = 0
    bytes: int = 0
    failed: int = 0

    def of(self, measure: str) -> int:
        """One of MEASURES."""
        number: int = getattr(self, measure)
        return number


def by_outcome(records: QuerySet[ExportLog]) -> dict[str, Amount]:
    """How much ended in which way, what was denied among it; outcomes that there were none of too."""
    found = {amount.key: amount for amount in _amounts(records, "outcome")}
    return {outcome: found.get(outcome, Amount(key=outcome)) for outcome in ExportLog.Outcome.values}


def total(amounts: dict[str, Amount]) -> Amount:
    """All that was exported, from what `by_outcome` gives."""
    exported = [amount for outcome, amount in amounts.items() if outcome != _DENIED]
    return Amount(
        key="",
        exports=sum(amount.exports for amount in exported),
        rows=sum(amount.rows for amount in exported),
        bytes=sum(amount.bytes for amount in exported),
        failed=amounts[ExportLog.Outcome.FAILED].exports,
    )


def by_day(records: QuerySet[ExportLog]) -> dict[Any, Amount]:
    """By days of the current time zone; those without an export are left out."""
    exported = records.exclude(outcome=_DENIED).annotate(day=TruncDate("timestamp"))
    return {amount.key: amount for amount in _amounts(exported, "day")}


def by(field: str, records: QuerySet[ExportLog], most: int = MOST) -> list[Amount]:
    """The values of a field with the most exports, the most first."""
    return _amounts(records.exclude(outcome=_DENIED), field, most)


def others(amounts: list[Amount], of_all: Amount, key: Any = None) -> Amount:
    """What all those together have that are not among `amounts`.

    The two are counted one after the other: what has begun in between must not make it less than nothing.
    """
    return Amount(
        key=key,
        **{
            name: max(0, getattr(of_all, name) - sum(getattr(amount, name) for amount in amounts))
            for name in (*MEASURES, "failed")
        },
    )


def _amounts(records: QuerySet[ExportLog], field: str, most: int | None = None) -> list[Amount]:
    counted = (
        records.order_by()
        .values(key=F(field))
        .annotate(
            exports=Count("pk"),
            rows=Sum("row_count"),
            bytes=Sum("byte_count"),
            failed=Count("pk", filter=Q(outcome=ExportLog.Outcome.FAILED)),
        )
        .order_by("-exports", "key")
    )
    # PostgreSQL's sum of large numbers is a decimal.
    return [
        Amount(**amount | {"rows": int(amount["rows"]), "bytes": int(amount["bytes"])})
        for amount in counted[:most]
    ]


def slowest(records: QuerySet[ExportLog], most: int = 10) -> QuerySet[ExportLog]:
    """Those that took the longest, from their start to their end."""
    ended = records.filter(finished_at__isnull=False).exclude(outcome=_DENIED)
    return ended.annotate(duration=F("finished_at") - F("timestamp")).order_by("-duration", "-id")[:most]


def failures(records: QuerySet[ExportLog], most: int = MOST) -> list[dict[str, Any]]:
    """What failed of which dataset and why: `export_type`, `error`, how often (`times`) and the `latest`."""
    return _times(records.filter(outcome=ExportLog.Outcome.FAILED), most, "export_type", "error")


def denied_attempts(records: QuerySet[ExportLog], most: int = MOST) -> list[dict[str, Any]]:
    """Who was denied what and why: `user`, `export_type`, `error`, how often (`times`) and the `latest`."""
    return _times(records.filter(outcome=_DENIED), most, "user", "export_type", "error")


def _times(records: QuerySet[ExportLog], most: int, *fields: str) -> list[dict[str, Any]]:
    grouped = records.order_by().values(*fields).annotate(times=Count("pk"), latest=Max("timestamp"))
    return list(grouped.order_by("-times", *fields)[:most])
