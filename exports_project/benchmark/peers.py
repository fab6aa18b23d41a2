"""What others do for such a file, each in the way its documentation shows, with the same columns and order.

They have none of this service's rules: no formulas made harmless, no snapshot, no audit record, no limits.
Each function takes the tenant's id and gives the bytes as a response would get them.
"""

import csv
import json
import tempfile
from collections.abc import Callable, Iterator
from datetime import datetime
from decimal import Decimal
from itertools import batched
from typing import IO, Any, Final

from django.db.models import QuerySet

from exports.contrib.telephony.models import CallLog

FIELDS: Final = (
    *("id", "livekit_room_name", "livekit_room_sid", "direction", "phone_number", "sip_call_id", "duration"),
    *("started_at", "ended_at", "status", "outcome", "recording_url", "cost", "metadata", "created_at"),
)
BATCH: Final = 1_000
# Django's own default of `.iterator()`.
BLOCK: Final = 2_000


def import_export(user_id: str) -> Iterator[bytes]:
    """django-import-export: a resource's data set, made whole in memory, and its CSV."""
    from import_export.resources import modelresource_factory

    resource = modelresource_factory(CallLog, meta_options={"fields": FIELDS, "export_order": FIELDS})
    yield resource().export(queryset=_calls(user_id)).csv.encode()


def rest_framework_csv(user_id: str) -> Iterator[bytes]:
    """djangorestframework-csv: its streaming renderer over a serializer's rows, 2,000 at a time."""
    from rest_framework import serializers
    from rest_framework_csv.renderers import CSVStreamingRenderer

    class CallSerializer(serializers.ModelSerializer[CallLog]):
        # As text: the renderer makes a column of each key of a dictionary.
        metadata = serializers.SerializerMethodField()

        class Meta:
            model = CallLog
            fields = FIELDS

        def get_metadata(self, call: CallLog) -> str:
            return json.dumps(call.metadata)

    def rows() -> Iterator[Any]:
        # Not the paginator of its documentation, which asks for each page by OFFSET.
        for block in batched(_calls(user_id).iterator(BLOCK), BLOCK):
            yield from CallSerializer(block, many=True).data

    yield from CSVStreamingRenderer().render(rows(), renderer_context={"header": list(FIELDS)})


class Echo:
    """From Django's documentation, "Streaming large CSV files": a buffer that hands back what it is given."""

    def write(self, value: str) -> str:
        return value


def echo(user_id: str) -> Iterator[bytes]:
    """The recipe of Django's documentation, over `.values_list().iterator()`."""
    writer: Any = csv.writer(Echo())
    yield writer.writerow(FIELDS).encode()
    for row in _calls(user_id).values_list(*FIELDS).iterator():
        yield writer.writerow(row).encode()


def limit_offset(user_id: str) -> Iterator[bytes]:
    """One query for every 1,000 rows, by LIMIT and OFFSET, and the same recipe."""
    writer: Any = csv.writer(Echo())
    yield writer.writerow(FIELDS).encode()
    calls = _calls(user_id).values_list(*FIELDS)
    offset = 0
    while batch := list(calls[offset : offset + BATCH]):
        for row in batch:
            yield writer.writerow(row).encode()
        offset += BATCH


def xlsx_writer(user_id: str) -> Iterator[bytes]:
    """XlsxWriter with `constant_memory`, which holds one row; a temporary file, sent once it is whole."""
    import xlsxwriter

    with tempfile.TemporaryFile() as file:
        options = {"constant_memory": True, "remove_timezone": True, "strings_to_urls": False}
        workbook = xlsxwriter.Workbook(file, options)
        sheet = workbook.add_worksheet()
        moment = workbook.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        sheet.write_row(0, 0, FIELDS)
        for number, row in enumerate(_calls(user_id).values_list(*FIELDS).iterator(), 1):
            for place, value in enumerate(row):
                if isinstance(value, datetime):
                    sheet.write_datetime(number, place, value, moment)
                elif isinstance(value, int | Decimal):
                    sheet.write_number(number, place, value)
                elif value is not None:
                    sheet.write_string(number, place, _cell(value))
        workbook.close()
        yield from _read(file)


def open_pyxl(user_id: str) -> Iterator[bytes]:
    """openpyxl in its write-only mode; a temporary file, sent once it is whole."""
    from openpyxl import Workbook

    with tempfile.TemporaryFile() as file:
        workbook = Workbook(write_only=True)
        sheet = workbook.create_sheet()
        sheet.append(FIELDS)
        for row in _calls(user_id).values_list(*FIELDS).iterator():
            sheet.append([_python_cell(value) for value in row])
        workbook.save(file)
        yield from _read(file)


def _python_cell(value: Any) -> Any:
    """As openpyxl takes it."""
    if isinstance(value, datetime):
        return value.replace(tzinfo=None)
    return value if value is None or isinstance(value, int | Decimal) else _cell(value)


def _cell(value: Any) -> str:
    return json.dumps(value) if isinstance(value, dict) else str(value)


def _read(file: IO[bytes]) -> Iterator[bytes]:
    file.seek(0)
    while piece := file.read(64 * 1024):
        yield piece


def _calls(user_id: str) -> QuerySet[CallLog]:
    return CallLog.objects.filter(user_id=user_id).order_by("started_at", "id")


PEERS: Final[dict[str, Callable[[str], Iterator[bytes]]]] = {
    "django-import-export": import_export,
    "djangorestframework-csv": rest_framework_csv,
    "echo": echo,
    "limit-offset": limit_offset,
}
SHEET_PEERS: Final[dict[str, Callable[[str], Iterator[bytes]]]] = {
    "openpyxl": open_pyxl,
    "xlsxwriter": xlsx_writer,
}
