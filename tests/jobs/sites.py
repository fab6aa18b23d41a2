"""A service with background jobs: the database of this test, a queue, a storage, and workers beside it.

The test itself is the web process: it asks for jobs, and sweeps.
"""

import hashlib
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.db import connection

from exports import lost
from exports.contrib.telephony.models import CallLog
from exports.jobs import sweeping
from exports.models import ExportJob, ExportLog
from tests.databases import current, with_name
from tests.engine.background import content, state, stored, submit
from tests.jobs.workers import Worker

TIMEOUT = 90
# Short enough for a test to wait for; workers and the test agree on it.
LEASE_SECONDS = 3
JOBS = {
    "EXPORTS_JOB_LEASE_SECONDS": str(LEASE_SECONDS),
    "EXPORTS_JOB_BACKOFF_SECONDS": "1",
    "EXPORTS_JOB_ATTEMPTS": "3",
    "EXPORTS_CHUNK_SIZE": "100",
}
# COPY row by row, with a pause of a millisecond after each.
SLOWLY = {"DJANGO_SETTINGS_MODULE": "tests.commands.slow_settings", "EXPORTS_CHUNK_SIZE": "1"}


def until(condition: Callable[[], Any], tell: Callable[[], object] = str, seconds: float = TIMEOUT) -> Any:
    """What the condition gives, once it is true. An AssertionError with what `tell` says, if it never is."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, tell()
        time.sleep(0.05)
    return found


def database_url() -> str:
    """The DATABASE_URL of the database that the test's own rows are in."""
    name = str(connection.settings_dict["NAME"])
    return f"sqlite:///{name}" if current() == "sqlite" else with_name(os.environ["DATABASE_URL"], name)


@dataclass
class Site:
    """`environment` is what workers are started with."""

    queue: str
    directory: Path
    environment: Mapping[str, str]
    workers: list[Worker] = field(default_factory=list)

    def start(self, **env: str) -> Worker:
        """One worker more."""
        log = self.directory / f"worker-{len(self.workers)}.log"
        worker = Worker(self.queue, database_url(), log, {**JOBS, **self.environment, **env})
        self.workers.append(worker)
        return worker

    def start_scheduler(self, **env: str) -> Worker:
        """One scheduler more, which has started."""
        log = self.directory / f"scheduler-{len(self.workers)}.log"
        limits = {"EXPORTS_MAX_JOBS_PER_USER": "0"}
        scheduler = Worker("scheduler", database_url(), log, {**JOBS, **limits, **self.environment, **env})
        self.workers.append(scheduler)
        self.until(lambda: "has started" in scheduler.log)
        return scheduler

    def stop(self) -> None:
        """All workers at once, whatever they do."""
        for worker in self.workers:
            worker.kill()

    def supervise(self) -> None:
        """Starts each worker again that has ended."""
        for worker in self.workers:
            worker.restart()

    def tell(self) -> str:
        """What there is to see where something has not come about."""
        jobs = ExportJob.objects.values("dataset", "user", "status", "attempts", "error", "row_count")
        logs = [f"--- worker {number}\n{worker.log[-4000:]}" for number, worker in enumerate(self.workers)]
        return "\n".join([*map(str, jobs), *logs])

    def until(self, condition: Callable[[], Any], seconds: float = TIMEOUT) -> Any:
        return until(condition, self.tell, seconds)

    def until_ended(self, *, swept: bool = False) -> None:
        """Until no job is open. With `swept`, what a web process does goes on meanwhile."""

        def ended() -> bool:
            if swept:
                self.supervise()
                sweep()
            return not ExportJob.objects.open().exists()

        self.until(ended)

    def until_under_way(self, job: ExportJob) -> None:
        """Until its worker has written that there are rows."""
        self.until(lambda: state(job) == "running" and job.row_count)

    def assert_consistent(self) -> None:
        """Each job has one whole file and one record of success, or says why not; nothing else is there."""
        jobs = list(ExportJob.objects.all())
        assert {job.status for job in jobs} <= {"succeeded", "failed", "cancelled"}, self.tell()
        succeeded = [job for job in jobs if job.status == "succeeded"]
        assert stored() == sorted(job.stored_as for job in succeeded), self.tell()
        for job in succeeded:
            data = content(job)
            assert (len(data), hashlib.sha256(data).hexdigest()) == (job.byte_count, job.sha256)
            assert data.count(b"\r\n") == job.row_count + 1
            record = ExportLog.objects.get(pk=job.export_id)
            assert (record.outcome, record.sha256, record.row_count) == (
                "succeeded",
                job.sha256,
                job.row_count,
            )
            assert job.error == ""
        for job in jobs:
            if job.status == "failed":
                assert job.error
                assert job.error_code
        outcomes = list(ExportLog.objects.values_list("outcome", flat=True))
        assert outcomes.count("succeeded") == len(succeeded), self.tell()
        assert "running" not in outcomes, self.tell()


def sweep() -> None:
    """What each web process does every twenty seconds for jobs."""
    sweeping.sweep_jobs()


def close_records(site: Site) -> None:
    """And for records: those of killed processes are closed."""

    def closed() -> bool:
        lost.close_lost_records()
        return not ExportLog.objects.filter(outcome="running").exists()

    site.until(closed)


def make_calls(user: Any, count: int, width: int = 100) -> None:
    CallLog.objects.bulk_create(
        CallLog(user=user, livekit_room_name=f"room {number}", recording_url="x" * width)
        for number in range(count)
    )


def ask_for(user: Any, number: int = 0) -> ExportJob:
    """A job for all calls of the user; another for each number."""
    return submit(user, "calls", f"start_date=2020-01-01T00:{number // 60:02}:{number % 60:02}")
