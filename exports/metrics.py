"""What a monitoring system reads of the exports: Prometheus metrics, on the library's default registry."""

from prometheus_client import Counter, Gauge, Histogram

from .exceptions import Refused
from .models import ExportLog

_SECONDS = (0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800, 3600)

_STARTED = Counter("exports_started", "Exports begun.", ["dataset", "door"])
_FINISHED = Counter("exports_finished", "Exports ended, by outcome.", ["dataset", "door", "outcome"])
_REFUSED = Counter("exports_refused", "Exports refused, by the error's code.", ["dataset", "code"])
_ROWS = Counter("exports_rows", "Rows written into files.", ["dataset"])
_BYTES = Counter("exports_bytes", "Bytes handed out.", ["dataset"])
_DURATION = Histogram(
    "exports_seconds", "From the record's opening to its closing.", ["dataset"], buckets=_SECONDS
)
_FIRST_BLOCK = Histogram("exports_first_block_seconds", "Until the first block of rows.", ["dataset"])
_RUNNING = Gauge("exports_running", "Exports under way.", multiprocess_mode="livesum")


def started(record: ExportLog) -> None:
    """An export has begun."""
    _STARTED.labels(record.export_type, record.door).inc()
    _RUNNING.inc()


def first_block(record: ExportLog, seconds: float) -> None:
    """Its first bytes are there."""
    _FIRST_BLOCK.labels(record.export_type).observe(seconds)


def finished(record: ExportLog) -> None:
    """It has ended, as the record says."""
    _RUNNING.dec()
    _FINISHED.labels(record.export_type, record.door, record.outcome).inc()
    _ROWS.labels(record.export_type).inc(record.row_count)
    _BYTES.labels(record.export_type).inc(record.byte_count)
    if record.finished_at is not None:
        _DURATION.labels(record.export_type).observe((record.finished_at - record.timestamp).total_seconds())


def refused(dataset: str, refusal: Refused) -> None:
    """One was refused."""
    _REFUSED.labels(dataset, refusal.code).inc()
