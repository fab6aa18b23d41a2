"""pgbouncer in front of this run's PostgreSQL: transaction mode, few server connections, no root needed."""

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg

from exports_project.embedded_postgres import SHORT_TEMP, UNPRIVILEGED
from tests.connections.postgres import parameters
from tests.tools import need

POOL_SIZE = 2
# For how long a client waits for a server connection; a test waits until it is over.
WAIT_SECONDS = 5
START_SECONDS = 15

CONFIGURATION = """
[databases]
* = {server}

[pgbouncer]
pool_mode = transaction
default_pool_size = {pool_size}
query_wait_timeout = {wait}
max_client_conn = 100
unix_socket_dir = {directory}
listen_addr =
listen_port = 5432
auth_type = any
admin_users = {user}
"""


@contextmanager
def pgbouncer(name: str, **more: str) -> Iterator[str]:
    """Runs pgbouncer, with more settings; gives the DATABASE_URL of that database through it."""
    program = need("pgbouncer")
    server = parameters()
    directory = Path(tempfile.mkdtemp(prefix="pgbouncer-", dir=SHORT_TEMP))
    configuration = directory / "pgbouncer.ini"
    configuration.write_text(
        CONFIGURATION.format(
            server=" ".join(f"{key}={value}" for key, value in server.items()),
            pool_size=POOL_SIZE,
            wait=WAIT_SECONDS,
            directory=directory,
            user=server["user"],
        )
        + "".join(f"{key} = {value}\n" for key, value in more.items())
    )
    with (directory / "log").open("wb") as log:
        process = subprocess.Popen(
            [program, configuration], stdout=log, stderr=log, cwd="/", **_unprivileged(directory)
        )
    url = f"postgres://{server['user']}@/{directory}/{name}"
    try:
        _wait_until_ready(process, directory, str(server["user"]), name)
        yield url
    finally:
        process.terminate()
        process.wait(START_SECONDS)
        shutil.rmtree(directory, ignore_errors=True)


def _unprivileged(directory: Path) -> dict[str, Any]:
    """Arguments that let subprocess leave root behind, as whom pgbouncer does not run.

    The account is that of the embedded PostgreSQL, whose socket is closed to all others.
    """
    if os.geteuid() != 0:
        return {}
    account = pwd.getpwnam(UNPRIVILEGED)
    for path in (directory, *directory.iterdir()):
        os.chown(path, account.pw_uid, account.pw_gid)
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


def _wait_until_ready(process: subprocess.Popen[bytes], directory: Path, user: str, name: str) -> None:
    log = directory / "log"
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        assert process.poll() is None, f"pgbouncer stopped while starting:\n{log.read_text()}"
        with suppress(psycopg.OperationalError):
            psycopg.connect(host=str(directory), user=user, dbname=name).close()
            return
        time.sleep(0.02)
    raise AssertionError(f"pgbouncer did not answer within {START_SECONDS} s:\n{log.read_text()}")
