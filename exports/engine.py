"""The one way from a request to a file. Every door calls `start`; every stage stands here, in order."""

import datetime as dt
from collections.abc import Generator
from contextlib import closing

from django.http import QueryDict

from .audit import audited, open_record, recorded_refusals
from .caller import Caller
from .encoders import Block, Encoder, get_encoder
from .exceptions import RowLimitExceeded
from .parameters import ExportParameters
from .policy import rates
from .query import ExportQuery, build_query
from .registry import registry
from .rendering import safe_header
from .sources import choose_source
from .stream import ExportStream, Progress


def prepare(dataset: str, caller: Caller, params: QueryDict) -> ExportQuery:
    """Everything that can be refused, and no more: for a HEAD request or a preview.

    Raises DatasetNotFound, InvalidParameters, ObjectNotFound, NotPermitted or RowLimitExceeded.
    """
    return build_query(ExportParameters.parse(registry.get(dataset), params), caller.user)


def start(dataset: str, caller: Caller, params: QueryDict) -> ExportStream:
    """A stream that has its first block of rows in hand, and a record that says `running`.

    Raises what `prepare` does and RateLimited before anything is exported, and whatever the first block
    of rows raises.
    """
    parameters = ExportParameters.parse(registry.get(dataset), params)
    with recorded_refusals(caller, parameters):
        query = build_query(parameters, caller.user)
        rates.take(caller.user, dataset)
    encoder = get_encoder(query.options.format)
    source = choose_source(query)
    record = open_record(query, caller, source.reason)
    progress = Progress()
    rows = _counted(source.blocks(), progress, query.max_rows)
    return ExportStream(
        audited(_encoded(encoder, query, rows), record, progress),
        filename=filename(query),
        media_type=encoder.media_type,
        export_id=str(record.pk),
    )


def filename(query: ExportQuery) -> str:
    """`calls_export_20260131_093000.csv`, in UTC."""
    encoder = get_encoder(query.options.format)
    stem = query.definition.get_filename(query.parameters.filters.cleaned)
    return f"{stem}_{dt.datetime.now(dt.UTC):%Y%m%d_%H%M%S}.{encoder.extension}"


def _encoded(encoder: Encoder, query: ExportQuery, rows: Generator[Block]) -> Generator[bytes]:
    headers = [safe_header(column.header) for column in query.columns]
    with closing(rows):
        yield from encoder.encode(headers, rows)


def _counted(blocks: Generator[Block], progress: Progress, max_rows: int | None) -> Generator[Block]:
    """Counts rows. Rows added since the limit was checked break the stream; they are never cut off."""
    with closing(blocks):
        for block in blocks:
            progress.rows += len(block)
            if max_rows is not None and progress.rows > max_rows:
                raise RowLimitExceeded(max_rows)
            yield block
