"""The database is restarted while a worker reads it: the job ends whole all the same."""

import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from psycopg.rows import dict_row

from exports_project.embedded_postgres import EmbeddedPostgres
from tests.jobs.sites import JOBS, SLOWLY, until
from tests.jobs.workers import Worker
from tests.limits.redis_server import running_redis
from tests.servers import ROOT, migrate, run_code, service_environment

pytestmark = pytest.mark.postgresql

ROWS = 3_000
SUBMIT = f"""
from django.contrib.auth import get_user_model
from django.http import QueryDict
from exports.caller import Caller
from exports.jobs.submitting import submit
from tests.jobs.sites import make_calls
user = get_user_model().objects.create(id="user-123", username="user-123")
make_calls(user, {ROWS})
submit("calls", Caller(user=user, door="api"), QueryDict())
"""
# What a web process does, until there is nothing more to do.
SWEEP = """
import datetime as dt, hashlib, time
from django.core.files.storage import storages
from django.db import connections
from exports import lost
from exports.jobs import sweeping
from exports.models import ExportJob, ExportLog
sweeping.STALE = lost.GRACE = dt.timedelta(seconds=2)
while True:
    try:
        sweeping.sweep_jobs()
        lost.close_lost_records()
        if not ExportJob.objects.open().exists() and not ExportLog.objects.filter(outcome="running").exists():
            break
    except Exception as error:
        print(error)
    connections.close_all()
    time.sleep(0.3)
job = ExportJob.objects.get()
assert job.status == "succeeded", (job.status, job.error)
assert job.attempts > 1
assert storages["exports"].listdir("")[1] == [job.stored_as]
data = storages["exports"].open(job.stored_as).read()
assert hashlib.sha256(data).hexdigest() == job.sha256
assert data.count(b"\\r\\n") == ROWS + 1
assert ExportLog.objects.filter(outcome="succeeded").count() == 1
assert ExportLog.objects.get(pk=job.export_id).sha256 == job.sha256
""".replace("ROWS", str(ROWS))


@pytest.mark.parametrize("queue", ["database", pytest.param("celery", marks=pytest.mark.long)])
def test_it_works(tmp_path: Path, queue):
    """A supervisor starts the worker again, should that have ended with its database."""
    env = {**JOBS, "EXPORTS_FILES": str(tmp_path / "files"), "EXPORTS_JOB_ATTEMPTS": "9"}
    with EmbeddedPostgres() as server, running_redis() as redis:
        if queue == "celery":
            broker = f"redis+socket://{redis.url.removeprefix('unix://')}"
            env |= {"EXPORTS_QUEUE": "celery", "CELERY_BROKER_URL": broker}
        url = server.create_database("jobs")
        migrate(url)
        run_code(url, SUBMIT, env=env)
        worker = Worker(queue, url, tmp_path / "worker.log", {**env, **SLOWLY})
        try:
            until(lambda: _rows(server) > 0, lambda: worker.log)
            with server.down():
                sweeper = _sweeper(url, env)
            until(lambda: _has_ended(sweeper, worker), lambda: worker.log)
            output = sweeper.communicate()[0]
            assert sweeper.returncode == 0, output + worker.log
        finally:
            worker.kill()


def _rows(server: EmbeddedPostgres) -> int:
    """How far the job is said to have got."""
    with psycopg.connect(server.conninfo("jobs"), row_factory=dict_row) as connection:
        return connection.execute("SELECT row_count FROM exports_exportjob").fetchall()[0]["row_count"]


def _sweeper(url: str, env: dict[str, str]) -> subprocess.Popen[str]:
    command = [sys.executable, str(ROOT / "manage.py"), "shell", "--no-imports", "--command", SWEEP]
    return subprocess.Popen(
        command,
        env=service_environment(url, env),
        cwd=ROOT,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


def _has_ended(sweeper: subprocess.Popen[str], worker: Worker) -> bool:
    worker.restart()
    return sweeper.poll() is not None
