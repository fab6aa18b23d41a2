"""Datasets of the benchmark's own."""

from dataclasses import replace

import exports
from exports.contrib.telephony.exports import CallExport
from exports.contrib.telephony.models import CallLog

from .names import PHONE_NUMBER_CHECK


def _checked(column: exports.Column) -> exports.Column:
    if column.source == "phone_number":
        return replace(column, harmless_by=PHONE_NUMBER_CHECK)
    return column


@exports.register(CallLog)
class CheckedCallExport(CallExport):
    """The same calls, of whose telephone numbers the database guarantees what `calls` has to look at."""

    name = "calls-checked"
    columns = [_checked(column) for column in CallExport().get_columns()]
