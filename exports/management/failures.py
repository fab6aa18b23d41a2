"""What ends a command early: an exit code and words for people, without a traceback."""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum

from django.core.management import CommandError
from django.db import Error as DatabaseFailure
from django.utils.translation import gettext as _

from ..exceptions import (
    DatasetNotFound,
    ExportError,
    InvalidParameters,
    NotAcceptable,
    ObjectNotFound,
    Refused,
)
from ..options import OPTION_NAMES
from ..registry import registry
from .arguments import UsageError
from .output import OutputFailed, OutputRefused
from .signals import Interrupted


class ExitCode(IntEnum):
    """How a command ends. Signals and a pipe without a reader give 128 and the signal's number."""

    DONE = 0
    FAILED = 1
    INVALID = 2
    REFUSED = 3
    SIGNAL = 128
    SIGPIPE = 141


_INVALID = (UsageError, OutputRefused, InvalidParameters, DatasetNotFound, ObjectNotFound, NotAcceptable)


@contextmanager
def reported() -> Iterator[None]:
    """Turns what can be expected to go wrong into a CommandError with its exit code."""
    try:
        yield
    except (
        ExportError,
        UsageError,
        OutputRefused,
        OutputFailed,
        DatabaseFailure,
        KeyboardInterrupt,
    ) as error:
        raise CommandError(_words(error), returncode=exit_code(error)) from error


def exit_code(error: BaseException) -> int:
    """The exit code that says what kind of error this is."""
    match error:
        case Interrupted():
            return ExitCode.SIGNAL + error.number
        case KeyboardInterrupt():
            return 130
        case OutputFailed(reader_gone=True):
            return ExitCode.SIGPIPE
        case Refused():
            return ExitCode.REFUSED
        case _ if isinstance(error, _INVALID):
            return ExitCode.INVALID
    return ExitCode.FAILED


def _words(error: BaseException) -> str:
    match error:
        case InvalidParameters():
            return "\n".join(_about(problem.attr, problem.detail) for problem in error.errors)
        case DatasetNotFound():
            names = ", ".join(definition.get_name() for definition in registry)
            return _("DATASET: %(detail)s There are: %(names)s.") % {"detail": error.detail, "names": names}
        case ExportError(attr=str()):
            return _about(str(error.attr), error.detail)
        case DatabaseFailure():
            return _("The database failed: %(error)s") % {"error": str(error).strip()}
        case KeyboardInterrupt():
            return _("Interrupted; the file was not finished.")
    return str(error)


def _about(parameter: str, detail: object) -> str:
    """A line that names the parameter as it is written on the command line."""
    flag = f"--{parameter}" if parameter in OPTION_NAMES else f"--filter {parameter}"
    return f"{flag}: {detail}"
