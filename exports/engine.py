"""The one way from a request to a file: what every door calls, with every stage in order."""

import datetime as dt
import logging
import time
from collections.abc import Generator
from contextlib import closing
from functools import partial
from typing import NoReturn

from django.http import QueryDict

from . import concurrency, metrics
from .audit import audited, opened_record, recorded_refusals
from .caller import Caller
from .clients import Client
from .compressors import COMPRESSORS, compressed
from .encoders import Block, Encoder
from .exceptions import Refused
from .models import ExportLog
from .parameters import ExportParameters, Selection
from .policy import rates
from .policy.permissions import require_permission
from .preview import Preview, preview_of
from .private_connection import PrivateConnection
from .query import ExportQuery, build_query, require_row_limit, row_limit_exceeded
from .rate import RateUsage
from .registry import registry
from .running import Run
from .sources import Explanation, Source, choose_source
from .spool import spooled
from .stream import ExportStream, Progress

logger = logging.getLogger(__name__)


def prepare(dataset: str, caller: Caller, params: QueryDict) -> ExportQuery:
    """Everything that can be refused, and no more, for a HEAD request: no record, nothing counted.

    Raises DatasetNotFound, NotPermitted, InvalidParameters, ObjectNotFound or RowLimitExceeded.
    """
    definition = registry.get(dataset)
    require_permission(definition, caller)
    query = build_query(ExportParameters.parse(definition, params, caller.user), caller.user)
    require_row_limit(query)
    return query


def preview(dataset: str, caller: Caller, params: QueryDict, selection: Selection | None = None) -> Preview:
    """The first rows and their number, counted against no rate and no limit; what is denied is recorded.

    Raises DatasetNotFound, NotPermitted, InvalidParameters, ObjectNotFound or FormulaFound.
    """
    parameters = _allowed(dataset, caller, params, selection)
    with recorded_refusals(caller, parameters.definition, parameters):
        query = build_query(parameters, caller.user)
    if query.options.tenant not in (None, str(caller.user.pk)):
        # Nothing was taken out, so there is no record; but staff looked at rows of others.
        logger.info("User %s saw rows of tenant %r in %s", caller.user.pk, query.scope.tenant, dataset)
    return preview_of(query)


def explain(dataset: str, caller: Caller, params: QueryDict) -> Explanation:
    """How this export would be fetched. Exports nothing; raises what `prepare` does."""
    return choose_source(prepare(dataset, caller, params)).explain()


def start(
    dataset: str, caller: Caller, params: QueryDict, selection: Selection | None = None
) -> ExportStream:
    """A stream that has its first block of rows in hand, and a record that says `running`.

    Raises what `prepare` does, TooManyRunning and RateLimited before anything is exported, and whatever the
    first block of rows raises. For a client that needs a length, the whole file is there already.
    """
    parameters = _allowed(dataset, caller, params, selection)
    with recorded_refusals(caller, parameters.definition, parameters):
        query = build_query(parameters, caller.user)
        require_row_limit(query)
        concurrency.require_room(caller.user)
        rates.peek(query.definition, caller)
        source, name = choose_source(query), filename(query)
        with opened_record(query, caller, source.reason) as record:
            concurrency.require_still_room(record)
            usage = rates.take(query.definition, caller)
    work = partial(_stream, query, source, record, name, caller.client, usage)
    return caller.client.attend(work) if caller.client else work()


def _stream(
    query: ExportQuery,
    source: Source,
    record: ExportLog,
    name: str,
    client: Client | None,
    usage: RateUsage | None,
) -> ExportStream:
    begun = time.monotonic()
    encoder = encoder_of(query)
    using = query.queryset.db
    connection = PrivateConnection(using, in_request=client is not None)
    progress, run = Progress(), Run(record.pk, connection, client)
    blocks = _counted(_endable(source.blocks(record.pk), source, run), progress, query)
    chunks = _encoded(encoder, blocks)
    if query.options.compression:
        chunks = compressed(chunks, COMPRESSORS[query.options.compression]())
    if client and client.needs_length:
        chunks = spooled(chunks, progress, record.pk, using)
    stream = ExportStream(
        audited(chunks, record, progress, run),
        filename=name,
        media_type=media_type(query),
        export_id=str(record.pk),
        progress=progress,
        run=run,
        usage=usage,
        cursor=query.cursor,
    )
    metrics.first_block(record, time.monotonic() - begun)
    return stream


def _allowed(
    dataset: str, caller: Caller, params: QueryDict, selection: Selection | None
) -> ExportParameters:
    """Valid parameters. Who may not ask at all is told nothing of what is wrong with them."""
    definition = registry.get(dataset)
    with recorded_refusals(caller, definition):
        require_permission(definition, caller)
    return ExportParameters.parse(definition, params, caller.user, selection)


def refuse(dataset: str, caller: Caller, refusal: Refused) -> NoReturn:
    """Raises a refusal that the door itself has found, and leaves the record that its own would leave."""
    with recorded_refusals(caller, registry.get(dataset)):
        raise refusal


def filename(query: ExportQuery) -> str:
    """`calls_export_20260131_093000.csv`, in UTC; compressed, `….csv.gz`."""
    extension = encoder_of(query).extension
    if query.options.compression:
        extension += f".{COMPRESSORS[query.options.compression].extension}"
    stem = query.definition.get_filename(query.parameters.filters.cleaned)
    return f"{stem}_{dt.datetime.now(dt.UTC):%Y%m%d_%H%M%S}.{extension}"


def media_type(query: ExportQuery) -> str:
    """That of the file: of what it is compressed with, else of its format."""
    if query.options.compression:
        return COMPRESSORS[query.options.compression].media_type
    return encoder_of(query).media_type


def encoder_of(query: ExportQuery) -> Encoder:
    """A new encoder of the file."""
    return query.options.encoder_class(query.layout)


def _encoded(encoder: Encoder, rows: Generator[Block]) -> Generator[bytes]:
    with closing(rows):
        yield from encoder.encode(rows)


def _counted(blocks: Generator[Block], progress: Progress, query: ExportQuery) -> Generator[Block]:
    """Counts rows. Rows added since the limit was checked break the stream; they are never cut off."""
    with closing(blocks):
        for block in blocks:
            progress.rows += len(block)
            if query.max_rows is not None and progress.rows > query.max_rows:
                raise row_limit_exceeded(query)
            yield block


def _endable(blocks: Generator[Block], source: Source, run: Run) -> Generator[Block]:
    """While the database makes a block, the export can be ended from outside."""
    with closing(blocks):
        while True:
            with run.at_work(source.cancel):
                block = next(blocks, None)
            if block is None:
                return
            yield block
