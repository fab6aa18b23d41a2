"""What a scrape shows: the metrics of all processes of this server, and what is measured at that moment."""

import os
from collections.abc import Iterator
from pathlib import Path

from django.db import DatabaseError, InterfaceError, connection
from prometheus_client import REGISTRY, CollectorRegistry, disable_created_metrics
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from exports.jobs import reading
from exports.jobs.storage import is_configured
from exports_project.operations import worker_files
from exports_project.operations.schedule_metrics import Schedules

# A second time series beside each counter, which nothing reads; files have none of them anyway.
disable_created_metrics()  # type: ignore[no-untyped-call]


def scraped() -> CollectorRegistry:
    """A registry to be shown once."""
    registry = CollectorRegistry(support_collectors_without_names=True)
    if worker_files.directory() is None:
        registry.register(REGISTRY)
    else:
        worker_files.forget_the_dead()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    registry.register(WorkerMemory())
    registry.register(Database())
    registry.register(Jobs())
    registry.register(Schedules())
    return registry


class WorkerMemory(Collector):
    """Resident memory of each process of this server, from the kernel (Linux; elsewhere none)."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        family = GaugeMetricFamily(
            "worker_resident_memory_bytes", "Resident memory of a worker process.", labels=["pid"]
        )
        for pid in sorted(worker_files.process_ids()):
            memory = resident_memory(pid)
            if memory is not None:
                family.add_metric([str(pid)], memory)
        yield family


def resident_memory(pid: int) -> int | None:
    """In bytes; None of a process that has gone, or where the kernel does not tell."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (OSError, IndexError, ValueError):
        return None
    return pages * os.sysconf("SC_PAGE_SIZE")


# Counted by the database, which alone knows of all processes on all machines. `datname` can be read of
# everybody's sessions without a privilege.
CONNECTIONS = """
    SELECT count(*), current_setting('max_connections')::int
      FROM pg_stat_activity WHERE datname = current_database()
"""


class Database(Collector):
    """Whether the database answers; of PostgreSQL the connections to it, in use and allowed."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        used = allowed = None
        try:
            with connection.cursor() as cursor:
                if connection.vendor == "postgresql":
                    cursor.execute(CONNECTIONS)
                    used, allowed = cursor.fetchone()
                else:
                    cursor.execute("SELECT 1")
            up = 1
        except (DatabaseError, InterfaceError):
            up = 0  # the other metrics matter all the more
        yield GaugeMetricFamily("database_up", "1 where the database answers, else 0.", value=up)
        if used is not None and allowed is not None:
            yield GaugeMetricFamily(
                "database_connections", "Connections to this database, of all its clients.", value=used
            )
            yield GaugeMetricFamily(
                "database_connections_max", "Connections that the database server allows.", value=allowed
            )


class Jobs(Collector):
    """Background jobs of all users that have not ended. Nothing where the database does not answer."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        if not is_configured():
            return
        try:
            now = reading.queue()
        except (DatabaseError, InterfaceError):
            return
        family = GaugeMetricFamily(
            "export_jobs", "Background jobs that wait for a worker, or that one has.", labels=["status"]
        )
        family.add_metric(["queued"], now.queued)
        family.add_metric(["running"], now.running)
        yield family
        text = "For how long one that is due has waited for a worker, at most; 0 where none does."
        yield GaugeMetricFamily("export_jobs_oldest_seconds", text, value=now.oldest_seconds)
