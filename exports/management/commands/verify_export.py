"""`manage.py verify_export`: whether a file is what its audit record says."""

import os
import sys
from contextlib import nullcontext
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.core.management import BaseCommand, CommandError, CommandParser
from django.db import Error as DatabaseFailure
from django.utils.translation import gettext as _

from ...lost import close_lost_records
from ...models import ExportLog

PIECE = 1024 * 1024
"""Bytes read at a time: the file may be larger than the memory."""

DIFFERENT = 1
UNREADABLE = 2


@dataclass(frozen=True)
class Found:
    """Size and hash of the file at hand."""

    size: int
    digest: str


class Command(BaseCommand):
    def add_arguments(self, parser: CommandParser) -> None:
        parser.description = _(
            "Tells whether a file is whole and unchanged, by the audit record of its export."
        )
        parser.epilog = _(
            "Exit codes: 0 whole and unchanged; 1 it is not, or there is no record of it; 2 it could not be "
            "checked: the file cannot be read, the id is none, or the database does not answer."
        )
        parser.add_argument("file", metavar="FILE", help=_("the file; - is standard input"))
        parser.add_argument(
            "--id",
            metavar="ID",
            help=_("id of the export (default: the newest whose file has this SHA-256)"),
        )

    def handle(self, *args: Any, **options: Any) -> None:
        path = options["file"]
        # A name need not be text: printed as it is, it would hide the answer behind an error.
        name = os.fsencode(path).decode(errors="backslashreplace")
        wanted = _id(options["id"])
        try:
            found = _measured(path)
            record = _record(wanted, found)
        except (OSError, ValueError) as error:
            raise CommandError(f"{name}: {_reason(error)}", returncode=UNREADABLE) from error
        except DatabaseFailure as error:
            text = _("The database failed: %(error)s") % {"error": str(error).strip()}
            raise CommandError(text, returncode=UNREADABLE) from error
        if record is None:
            text = _("There is no record of it, so it is not whole, was changed, or was exported elsewhere.")
            raise CommandError(f"{name}: {text}", returncode=DIFFERENT)
        if problem := _problem(found, record):
            raise CommandError(f"{name}: {problem} {_described(record)}", returncode=DIFFERENT)
        text = _("Whole and unchanged.")
        self.stdout.write(f"{name}: {text} {_described(record)}", self.style.SUCCESS)


def _id(text: str | None) -> UUID | None:
    try:
        return None if text is None else UUID(text)
    except ValueError as error:
        raise CommandError(_("--id: This is no id of an export."), returncode=UNREADABLE) from error


def _reason(error: Exception) -> str:
    return (isinstance(error, OSError) and error.strerror) or str(error)


def _measured(path: str) -> Found:
    """Raises OSError."""
    digest, size = sha256(), 0
    with _opened(path) as file:
        while piece := file.read(PIECE):
            digest.update(piece)
            size += len(piece)
    return Found(size, digest.hexdigest())


def _opened(path: str) -> Any:
    return nullcontext(sys.stdin.buffer) if path == "-" else open(path, "rb")


def _record(wanted: UUID | None, found: Found) -> ExportLog | None:
    """The record of this id, else the newest one of such a file."""
    close_lost_records()
    if wanted is not None:
        return ExportLog.objects.filter(pk=wanted).first()
    return ExportLog.objects.filter(sha256=found.digest).first()


def _problem(found: Found, record: ExportLog) -> str:
    """Why the file is not what was exported; empty where it is."""
    if record.outcome != ExportLog.Outcome.SUCCEEDED:
        text = _("It cannot be whole: the export's outcome is '%(outcome)s'.")
        return text % {"outcome": record.get_outcome_display()}
    if found.size != record.byte_count:
        text = _("It has %(size)s bytes, and the export had %(bytes)s.")
        return text % {"size": f"{found.size:,}", "bytes": f"{record.byte_count:,}"}
    if found.digest != record.sha256:
        return _("It has the size of the export, but other content.")
    return ""


def _described(record: ExportLog) -> str:
    """Whose export of which dataset it is."""
    text = _("Export %(id)s: %(rows)s rows of %(dataset)s of tenant %(tenant)s, by %(user)s on %(time)s.")
    return text % {
        "dataset": record.export_type,
        "tenant": record.tenant,
        "user": record.user,
        "time": f"{record.timestamp:%Y-%m-%d %H:%M:%S %Z}",
        "rows": f"{record.row_count:,}",
        "id": record.pk,
    }
