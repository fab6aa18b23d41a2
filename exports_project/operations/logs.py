"""The log: JSON lines for machines, or readable ones for people; to stderr, in either case.

Whoever runs the process decides where it is kept. A line holds what its message says, the request's id where
there is one, and of a record's own attributes those named here: others (Django adds the whole request) could
hold secrets.
"""

from collections.abc import Callable, Sequence
from logging import LogRecord, captureWarnings
from typing import Any

import structlog
from structlog.stdlib import ExtraAdder, ProcessorFormatter
from structlog.types import EventDict, Processor, WrappedLogger

FORMATS = ("json", "line")

# What the engine's and the project's own records may bring as `extra`.
FIELDS = ("export_id", "dataset", "outcome", "rows", "bytes")

# For records of both ways of logging: structlog's and Python's own.
SHARED: tuple[Processor, ...] = (
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
)
FOREIGN: tuple[Processor, ...] = (*SHARED, ExtraAdder(FIELDS))


def add_process(logger: WrappedLogger, name: str, event: EventDict) -> EventDict:
    """The process that wrote the line: several write into one stream."""
    record: LogRecord = event["_record"]
    event["pid"] = record.process
    return event


RENDERED: dict[str, tuple[Processor, ...]] = {
    "json": (
        add_process,
        ProcessorFormatter.remove_processors_meta,
        # Tracebacks without the values of variables.
        structlog.processors.format_exc_info,
        structlog.processors.JSONRenderer(default=str, ensure_ascii=False),
    ),
    "line": (
        ProcessorFormatter.remove_processors_meta,
        structlog.dev.ConsoleRenderer(
            colors=False, pad_event_to=0, exception_formatter=structlog.dev.plain_traceback
        ),
    ),
}


def not_told_by_the_request_log(record: LogRecord) -> bool:
    """Drops Django's line about an answer of 400 or more, unless it shows where an error came from.

    The request's own line has its status already.
    """
    status = getattr(record, "status_code", 500)
    return not hasattr(record, "request") or (record.exc_info is not None and status == 500)


def without_traceback(record: LogRecord) -> bool:
    """Of a host that is not allowed: the message names it, and anybody can send as many as they like."""
    record.exc_info = record.exc_text = None
    return True


def logging_settings(log_format: str, level: str) -> dict[str, Any]:
    """Django's LOGGING, for "json" or "line"."""
    formatter = {"()": ProcessorFormatter, "processors": RENDERED[log_format], "foreign_pre_chain": FOREIGN}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"structured": formatter},
        "filters": {
            "requests": {"()": _as_is, "function": not_told_by_the_request_log},
            "brief": {"()": _as_is, "function": without_traceback},
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "structured"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            # Django's own handlers (console in development, mail to administrators) would say all twice.
            "django": {"handlers": [], "level": "INFO"},
            "django.request": {"filters": ["requests"]},
            "django.security.DisallowedHost": {"filters": ["brief"]},
            # Lines of the servers in the same form. uvicorn's access log has query strings, which can hold
            # secrets; the request's own line has not.
            **{name: {"handlers": [], "propagate": True} for name in ("gunicorn.error", "uvicorn")},
            "uvicorn.access": {"handlers": [], "propagate": False, "level": "CRITICAL"},
            # At DEBUG it writes the tokens that it gives.
            "oauthlib": {"level": "WARNING"},
        },
    }


def _as_is(function: Callable[[LogRecord], bool]) -> Callable[[LogRecord], bool]:
    """What `dictConfig` calls to make a filter, which may be a function."""
    return function


def configure(log_format: str) -> None:
    """Sends structlog's records through Python's logging, where `logging_settings` gives them their form.

    Python's warnings too, where a machine reads the log.
    """
    if log_format == "json":
        captureWarnings(True)
    processors: Sequence[Processor] = (
        structlog.stdlib.filter_by_level,
        *SHARED,
        structlog.stdlib.PositionalArgumentsFormatter(),
        ProcessorFormatter.wrap_for_formatter,
    )
    structlog.configure(
        processors=processors,
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
