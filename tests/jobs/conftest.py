"""A service with real workers, once for each queue and storage."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from exports.jobs import sweeping
from tests.engine.background import SECOND
from tests.jobs.buckets import S3Server, running_s3
from tests.jobs.sites import LEASE_SECONDS, Site
from tests.limits.redis_server import RedisServer, running_redis

# Those that run on every change try each queue and each storage; the other two are for the long run.
WAYS = [
    pytest.param(("database", "folder"), id="database-folder"),
    pytest.param(("celery", "s3"), id="celery-s3"),
    pytest.param(("database", "s3"), id="database-s3", marks=pytest.mark.long),
    pytest.param(("celery", "folder"), id="celery-folder", marks=pytest.mark.long),
]
TASKS = {
    "database": {"BACKEND": "django_tasks_db.DatabaseBackend"},
    "celery": {
        "BACKEND": "django_tasks_celery.CeleryBackend",
        "OPTIONS": {"CELERY_APP": "exports_project.celery.app"},
    },
}


@pytest.fixture(scope="session")
def redis_server() -> Iterator[RedisServer]:
    with running_redis() as server:
        yield server


@pytest.fixture(scope="session")
def s3_server() -> Iterator[S3Server]:
    with running_s3() as server:
        yield server


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest) -> tuple[str, str]:
    """The queue, and the storage."""
    return request.param


@pytest.fixture
def site(way, request, transactional_db, settings, tmp_path: Path, monkeypatch) -> Iterator[Site]:
    """A service without a worker yet; the test is its web process. Its workers are stopped at the end."""
    queue, kept_in = way
    environment: dict[str, str] = {}
    if kept_in == "folder":
        environment["EXPORTS_FILES"] = str(tmp_path / "files")
        stored_in = {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": environment["EXPORTS_FILES"]},
        }
    else:
        server: S3Server = request.getfixturevalue("s3_server")
        server.empty()
        environment |= server.environment
        stored_in = server.storage
    if queue == "celery":
        redis: RedisServer = request.getfixturevalue("redis_server")
        redis.recover()
        redis.forget()
        broker = f"redis+socket://{redis.url.removeprefix('unix://')}"
        environment |= {"EXPORTS_QUEUE": "celery", "CELERY_BROKER_URL": broker}
        settings.CELERY_BROKER_URL = broker
        from exports_project.celery import app

        app.conf.broker_url = broker
    settings.TASKS = {"default": TASKS[queue]}
    settings.STORAGES = settings.STORAGES | {"exports": stored_in}
    settings.EXPORTS = settings.EXPORTS | {
        "JOB_LEASE_SECONDS": LEASE_SECONDS,
        "JOB_BACKOFF_SECONDS": 1,
        "MAX_JOBS_PER_USER": None,
    }
    # Of a real queue, a minute passes before a task is taken for lost, and ten seconds before a record is.
    monkeypatch.setattr(sweeping, "STALE", 2 * SECOND)
    monkeypatch.setattr(sweeping, "LONGEST_STALE", 4 * SECOND)
    monkeypatch.setattr("exports.lost.GRACE", 2 * SECOND)
    site = Site(queue, tmp_path, environment)
    yield site
    site.stop()
