"""`manage.py export`: a dataset into a file, as one user."""

from contextlib import AbstractContextManager, closing, nullcontext
from hashlib import sha256
from typing import Any

from django.core.management import BaseCommand, CommandParser
from django.http import QueryDict
from django.utils.translation import gettext as _

from ... import engine
from ...caller import Caller
from ...compressors import COMPRESSORS
from ...encoders import ENCODERS
from ...encoders.dialects import DIALECTS
from ...exceptions import ExportError
from ...options import OPTION_NAMES, Overlong
from ...rendering import Formulas
from ...stream import ExportStream
from ..arguments import caller_for, parameters
from ..failures import reported
from ..output import OutputFailed, open_output
from ..progress import NoProgress, progress_bar
from ..signals import noted_signals


class Command(BaseCommand):
    def add_arguments(self, parser: CommandParser) -> None:
        parser.description = _(
            "Exports a dataset as a user, with that user's rights: own rows, others by permission, and the "
            "rate counts."
        )
        parser.epilog = _(
            "Exit codes: 0 done; 1 failed; 2 something asked for is not valid; 3 refused (permission, row "
            "limit, rate); 130 interrupted; 143 terminated; 129 hung up; 141 nobody reads the pipe any more."
        )
        parser.add_argument("dataset", metavar="DATASET", help=_("the dataset's name, such as calls"))
        parser.add_argument("--user", metavar="ID", required=True, help=_("primary key of who exports"))
        parser.add_argument(
            "--filter",
            metavar="NAME=VALUE",
            action="append",
            default=[],
            help=_("a filter of the dataset; may be given several times"),
        )
        for name, text in _option_helps().items():
            parser.add_argument(f"--{name}", metavar=name.upper(), help=text)
        parser.add_argument(
            "--output",
            metavar="FILE",
            help=_(
                "where the file goes; - is standard output (default: the download's name, in this directory)"
            ),
        )
        parser.add_argument(
            "--explain",
            action="store_true",
            help=_("print how rows would be fetched, with SQL and plan; export nothing"),
        )

    def handle(self, *args: Any, **options: Any) -> None:
        with reported():
            caller = caller_for(options["user"])
            params = parameters(options, options["filter"])
            if options["explain"]:
                self._explain(options["dataset"], caller, params)
                return
            done = self._export(options["dataset"], caller, params, options["output"])
            if options["verbosity"]:
                self.stderr.write(done, self.style.SUCCESS)

    def _explain(self, dataset: str, caller: Caller, params: QueryDict) -> None:
        found = engine.explain(dataset, caller, params)
        source, plan = _("Source"), _("Plan")
        self.stdout.write(f"{source}\n{found.source}\n\nSQL\n{found.sql}\n\n{plan}\n{found.plan}")

    def _export(self, dataset: str, caller: Caller, params: QueryDict, path: str | None) -> str:
        """Writes the file, and says which one, and what is in it."""
        with noted_signals() as check_signals, open_output(path, self._stdout()) as output:
            check_signals()
            with (
                self._progress(dataset, caller, params) as progress,
                closing(engine.start(dataset, caller, params)) as stream,
            ):
                digest = sha256()
                check_signals()
                try:
                    for chunk in stream:
                        check_signals()
                        output.write(chunk)
                        digest.update(chunk)
                        progress.show(stream.progress.rows)
                except OutputFailed as failure:
                    if not failure.reader_gone:  # a full disk, say: nobody has cancelled
                        stream.end(ExportError(str(failure)))
                    raise
                place = output.finish(stream.facts.filename)
        return _summary(place, stream, digest.hexdigest())

    def _progress(
        self, dataset: str, caller: Caller, params: QueryDict
    ) -> AbstractContextManager[NoProgress]:
        """Rows are counted for a terminal alone; what is refused is left for `start`, which records it."""
        if not self.stderr.isatty():
            return nullcontext(NoProgress())
        try:
            expected = engine.prepare(dataset, caller, params).queryset.order_by().count()
        except ExportError:
            expected = None
        return progress_bar(self.stderr, expected)

    def _stdout(self) -> int | None:
        """The descriptor of standard output; None where it is closed, or something of Python's."""
        try:
            return self.stdout.fileno()
        except (AttributeError, OSError):
            return None


def _summary(place: str, stream: ExportStream, digest: str) -> str:
    done = stream.progress
    text = _("%(place)s: %(rows)s rows, %(bytes)s bytes, SHA-256 %(digest)s, export %(id)s")
    cursor = _(", cursor %(cursor)s") % {"cursor": stream.facts.cursor} if stream.facts.cursor else ""
    figures = {"rows": f"{done.rows:,}", "bytes": f"{done.bytes:,}"}
    return text % {"place": place, "digest": digest, "id": stream.export_id, **figures} + cursor


def _option_helps() -> dict[str, str]:
    """Each option of the engine, as a flag of the same name, and what it says in --help."""
    helps = {
        "format": _("one of: %(names)s") % {"names": ", ".join(ENCODERS)},
        "compression": _("compress the file; one of: %(names)s") % {"names": ", ".join(COMPRESSORS)},
        "columns": _("headers, separated by commas: these columns in this order"),
        "dialect": _("write CSV as one of: %(names)s") % {"names": ", ".join(DIALECTS)},
        "overlong": _("what becomes of text that is too long for a cell of Excel's; one of: %(names)s")
        % {"names": ", ".join(Overlong)},
        "tz": _("time zone of datetimes in the file, and of filters' dates, such as Europe/Berlin"),
        "since": _("only rows created since: the cursor of an earlier export, or start"),
        "formulas": _("what becomes of text that a spreadsheet would run; one of: %(names)s")
        % {"names": ", ".join(Formulas)},
        "tenant": _("whose rows: the id of a tenant, or * for everybody's"),
    }
    return {name: helps.get(name, "") for name in OPTION_NAMES}
