"""The one way from a request to a file: what every door calls, with every stage in order."""

import datetime as dt
import logging
import time
from collections.abc import Generator
from contextlib import closing
from dataclasses import replace
from functools import partial
from typing import NoReturn

from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from . import concurrency, metrics
from .audit import audited, opened_record, recorded_refusals
from .caller import Caller
from .clients import Client
from .compressors import COMPRESSORS, compressed
from .delivering import Delivery, expected, kept
from .encoders import Block, Encoder
from .exceptions import NotPermitted, Refused
from .models import ExportLog
from .parameters import ExportParameters, Selection
from .policy import rates
from .policy.permissions import require_permission
from .preview import Preview, preview_of
from .private_connection import PrivateConnection
from .query import (
    ExportQuery,
    build_query,
    permitted_scope,
    query_of_no_rows,
    require_downloadable,
    require_row_limit,
    row_limit_exceeded,
)
from .rate import RateUsage
from .registry import registry
from .running import Run
from .scope import Scope, resolve_scope
from .sources import Explanation, Source, choose_source
from .spool import spooled
from .stream import ExportStream, FileFacts, Progress

logger = logging.getLogger(__name__)

SELECTING_DOORS = frozenset({ExportLog.Door.ADMIN})
"""Where rows are picked from a list: no parameters of a background job could say which."""


def prepare(dataset: str, caller: Caller, params: QueryDict) -> ExportQuery:
    """Everything that can be refused, and no more, for a HEAD request: no record, nothing counted.

    Raises DatasetNotFound, NotPermitted, InvalidParameters, ObjectNotFound or RowLimitExceeded.
    """
    definition = registry.get(dataset)
    require_permission(definition, caller)
    query = build_query(ExportParameters.parse(definition, params, caller.user), caller.user)
    require_row_limit(query)
    return query


def head(dataset: str, caller: Caller, params: QueryDict) -> FileFacts:
    """What a download would say of its file. Exports nothing; raises what `prepare` does, and RateLimited."""
    query = prepare(dataset, caller, params)
    _require_downloadable(query, caller)
    return replace(facts_of(query), usage=rates.peek(query.definition, caller))


def preview(dataset: str, caller: Caller, params: QueryDict, selection: Selection | None = None) -> Preview:
    """The first rows and their number, counted against no rate and no limit; what is denied is recorded.

    Raises DatasetNotFound, NotPermitted, InvalidParameters, ObjectNotFound, FormulaFound, PreviewTooSlow, or
    ReaderLeft where nobody waits for it any more.
    """
    parameters = _allowed(dataset, caller, params, selection)
    with recorded_refusals(caller, parameters.definition, parameters):
        query = build_query(parameters, caller.user)
    if query.options.tenant not in (None, str(caller.user.pk)):
        # Nothing was taken out, so there is no record; but staff looked at rows of others.
        logger.info("User %s saw rows of tenant %r in %s", caller.user.pk, query.scope.tenant, dataset)
    return preview_of(query, caller.client)


def describe(dataset: str, caller: Caller, params: QueryDict) -> ExportQuery:
    """The query of a file that is to be described: its columns and layout are those of the export.

    It has no rows, reads none, and no filter is required. No record, nothing counted. Raises DatasetNotFound,
    NotPermitted or InvalidParameters.
    """
    definition = registry.get(dataset)
    require_permission(definition, caller)
    parameters = ExportParameters.parse(definition, params, caller.user, of_rows=False)
    return query_of_no_rows(parameters, caller.user)


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
        _require_downloadable(query, caller)
        concurrency.require_room(caller.user)
        rates.peek(query.definition, caller)
        source, facts = choose_source(query), facts_of(query)
        with opened_record(query, caller, source.reason) as record:
            concurrency.require_still_room(record)
            usage = rates.take(query.definition, caller)
    work = partial(_stream, query, source, record, caller.client, replace(facts, usage=usage))
    return caller.client.attend(work) if caller.client else work()


def acceptable(dataset: str, caller: Caller, params: QueryDict) -> ExportQuery:
    """The query of an export that may be made later. Counts nothing; what is denied is recorded.

    Raises what `prepare` does.
    """
    parameters = _allowed(dataset, caller, params, None)
    with recorded_refusals(caller, parameters.definition, parameters):
        query = build_query(parameters, caller.user)
        require_row_limit(query)
        return query


def accept(query: ExportQuery, caller: Caller) -> RateUsage | None:
    """Counts an acceptable export against the rate. Raises RateLimited, for `refuse` to record."""
    return rates.take(query.definition, caller)


def check(dataset: str, caller: Caller, params: QueryDict) -> Scope:
    """Whose rows the caller would have by these parameters now. Reads no row; no record, nothing counted.

    Raises DatasetNotFound, NotPermitted or InvalidParameters.
    """
    definition = registry.get(dataset)
    require_permission(definition, caller)
    return permitted_scope(ExportParameters.parse(definition, params, caller.user), caller.user)


def may_have(dataset: str, caller: Caller, params: QueryDict, *, of_rows: bool = True) -> Scope:
    """Whose rows the caller may have by these parameters now: what is asked of who fetches a finished file.

    Where it is not `of_rows` no filter is required. Reads no row; what is denied is recorded. Raises
    DatasetNotFound, NotPermitted or InvalidParameters.
    """
    parameters = _allowed(dataset, caller, params, None, of_rows=of_rows)
    with recorded_refusals(caller, parameters.definition, parameters):
        return permitted_scope(parameters, caller.user)


def acting_scope(dataset: str, caller: Caller, tenant: str) -> Scope:
    """Whose rows a page is about that acts for this tenant and begins with this dataset.

    Reads no row; what is denied is recorded. Raises NotPermitted, and InvalidParameters where it is no id.
    """
    params = QueryDict(mutable=True)
    params["tenant"] = tenant
    definition = registry.get(dataset)
    parameters = ExportParameters.parse(definition, params, caller.user, of_rows=False)
    with recorded_refusals(caller, definition, parameters):
        return resolve_scope(caller.user, parameters.options.tenant)


def deliver(dataset: str, caller: Caller, params: QueryDict, delivery: Delivery) -> ExportStream:
    """As `start`, for an export that was accepted before: it is counted no more, and has time of its own.

    Once the last chunk is read, `delivery` has it. Raises NotPermitted too where the caller may have the rows
    of another tenant now than when they asked.
    """
    parameters = _allowed(dataset, caller, params, None)
    with recorded_refusals(caller, parameters.definition, parameters):
        query = replace(build_query(parameters, caller.user), max_seconds=delivery.max_seconds)
        if query.scope.tenant != delivery.tenant:
            raise NotPermitted(_("The rows that you may export are not those that you asked for."))
        require_row_limit(query)
        source, facts = choose_source(query), facts_of(query)
        with opened_record(query, caller, source.reason) as record:
            pass
    return _stream(query, source, record, caller.client, facts, delivery)


def _stream(
    query: ExportQuery,
    source: Source,
    record: ExportLog,
    client: Client | None,
    facts: FileFacts,
    delivery: Delivery | None = None,
) -> ExportStream:
    begun = time.monotonic()
    encoder = encoder_of(query)
    using = query.queryset.db
    connection = PrivateConnection(using, in_request=client is not None)
    progress, run = Progress(), Run(record.pk, connection, client, max_seconds=query.max_seconds)
    blocks = _endable(source.blocks(record.pk), source, run)
    if delivery:
        blocks = expected(blocks, query, run, partial(delivery.begins, record, progress), progress)
    blocks = _counted(blocks, progress, query)
    chunks = _encoded(encoder, blocks)
    if query.options.compression:
        chunks = compressed(chunks, COMPRESSORS[query.options.compression]())
    if client and client.needs_length:
        chunks = spooled(chunks, progress, record.pk, using, query.max_seconds)
    keep = kept(delivery, query, facts, record) if delivery else None
    chunks = audited(chunks, record, progress, run, keep)
    stream = ExportStream(chunks, facts, export_id=str(record.pk), progress=progress, run=run)
    metrics.first_block(record, time.monotonic() - begun)
    return stream


def _allowed(
    dataset: str, caller: Caller, params: QueryDict, selection: Selection | None, *, of_rows: bool = True
) -> ExportParameters:
    """Valid parameters. Who may not ask at all is told nothing of what is wrong with them."""
    definition = registry.get(dataset)
    with recorded_refusals(caller, definition):
        require_permission(definition, caller)
    return ExportParameters.parse(definition, params, caller.user, selection, of_rows=of_rows)


def refuse(dataset: str, caller: Caller, refusal: Refused) -> NoReturn:
    """Raises a refusal that the door itself has found, and leaves the record that its own would leave."""
    with recorded_refusals(caller, registry.get(dataset)):
        raise refusal


def _require_downloadable(query: ExportQuery, caller: Caller) -> None:
    if caller.client is not None and caller.door not in SELECTING_DOORS:
        require_downloadable(query)


def facts_of(query: ExportQuery) -> FileFacts:
    """What is known of the file now: `calls_export_20260131_093000.csv`, in UTC; compressed, `….csv.gz`."""
    encoder, compressor = encoder_of(query), COMPRESSORS.get(query.options.compression or "")
    stem = query.definition.get_filename(query.parameters.filters.cleaned)
    name = f"{stem}_{dt.datetime.now(dt.UTC):%Y%m%d_%H%M%S}.{encoder.extension}"
    return FileFacts(
        filename=f"{name}.{compressor.extension}" if compressor else name,
        media_type=compressor.media_type if compressor else encoder.media_type,
        dense=encoder.dense or compressor is not None,
        parameters=query.parameters,
        cursor=query.cursor,
    )


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
