"""Calls at the edges of what the formats' types hold."""

import datetime as dt
from decimal import Decimal
from typing import Any, Final

from exports.contrib.telephony.models import CallLog

MOMENTS: Final = (
    # In Berlin both are at half past two, in the night in which that hour comes twice.
    dt.datetime(2024, 10, 27, 0, 30, tzinfo=dt.UTC),
    dt.datetime(2024, 10, 27, 1, 30, tzinfo=dt.UTC),
    # Before there were zones: Berlin was 53 minutes and 28 seconds ahead.
    dt.datetime(1890, 1, 1, tzinfo=dt.UTC),
    dt.datetime(1, 1, 1, 2, tzinfo=dt.UTC),
    # Before and after Excel's 29 February 1900, which there was not.
    dt.datetime(1900, 2, 28, 12, tzinfo=dt.UTC),
    dt.datetime(1900, 3, 1, 12, tzinfo=dt.UTC),
    dt.datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=dt.UTC),
    dt.datetime(2024, 2, 29, 12, 0, 0, 1, tzinfo=dt.UTC),
    dt.datetime(2024, 2, 29, 12, 0, 0, 123_000, tzinfo=dt.UTC),
    dt.datetime(2024, 12, 31, 23, 59, 59, 999_400, tzinfo=dt.UTC),
    # After the last moment of Berlin's calendar.
    dt.datetime(9999, 12, 31, 23, 30, tzinfo=dt.UTC),
)
COSTS: Final = (
    "0",
    "-0.0001",
    "0.0001",
    "999999.9999",
    "-999999.9999",
    "0.1",
    "12345.6789",
    "1",
    "-1",
    "0.3",
    "2.5",
)
TEXTS: Final = (
    "_x0041_",
    "_x000D_ and _x005F_x0041_",
    "__x0041_",
    "&lt; &amp; <b>&#13;</b> ]]>",
    "\u2028 and \u2029",
    "12345678901234567890",
    "0.10",
    "TRUE",
    "#N/A",
    "nan",
    "  two  spaces  ",
)
DOCUMENTS: Final = (
    "text",
    "",
    17,
    -0.5,
    True,
    [],
    [None],
    ["_x0041_", "<&>"],
    {"a": {"b": [1, 2, {"c": None}]}},
    {"big": 12345678901234567890},
    None,
)


def add(user: Any) -> None:
    """A call of each moment; its cost, texts and document are those of the same place."""
    edges = zip(MOMENTS, COSTS, TEXTS, DOCUMENTS, strict=True)
    CallLog.objects.bulk_create(
        CallLog(
            user=user,
            started_at=moment,
            ended_at=moment,
            created_at=moment,
            cost=Decimal(cost),
            livekit_room_name=text,
            recording_url=text,
            sip_call_id=None if number % 2 else "",
            metadata=document,
            duration=(0, 1, None, 2**31 - 1)[number % 4],
        )
        for number, (moment, cost, text, document) in enumerate(edges)
    )
