"""How gunicorn serves the project, in production and in `manage.py demo`.

    gunicorn --config python:exports_project.gunicorn exports_project.wsgi

The command line and GUNICORN_CMD_ARGS win over what stands here (`--bind`, `--workers`).
"""

from pathlib import Path
from typing import Any

from exports_project.operations import shutdown, worker_files
from exports_project.variables import Variables

env = Variables()

# A download holds a thread for as long as the client takes, mostly waiting: many threads, few processes.
worker_class = "gthread"
threads = 64

# A server that is told to stop lets downloads finish for this long; those still running then break visibly.
graceful_timeout = env.whole_number("GRACEFUL_SECONDS", 30, least=1)
# For idle connections; more than the second or two that a client takes between two requests.
keepalive = 5
# Workers are not replaced after a number of requests: that would cut the downloads they have open.
max_requests = 0

# The heartbeat file: on a disk it can stall, and the worker would be taken for dead.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 - gunicorn makes its file private

# Whom to believe of the client is for TRUSTED_PROXIES and its middleware alone: by itself gunicorn would take
# scheme and path from the headers of anybody on this machine.
forwarded_allow_ips = ""
secure_scheme_headers: dict[str, str] = {}
forwarder_headers = ""

# Errors to stderr; each export has its audit record, and a proxy in front writes the access log.
errorlog = "-"
accesslog = None
# Nobody steers a running server through a socket.
control_socket_disable = True

# Before anything imports prometheus-client: each worker counts in files there, and any of them tells the sum.
worker_files.make_directory(worker_tmp_dir)


def on_starting(server: Any) -> None:
    """In the master, which may be root while its workers are not.

    Raises SystemExit for --preload: the application has threads that use the database, and a process that is
    forked while they do waits for them for ever.
    """
    if server.cfg.preload_app:
        raise SystemExit("Leave out --preload: each worker must load the application itself.")
    worker_files.give_directory(server.cfg.uid, server.cfg.gid)


def when_ready(server: Any) -> None:
    """In the master, once it handles signals."""
    shutdown.watch_master()


def post_worker_init(worker: Any) -> None:
    """In each worker, once it handles signals and has loaded the application."""
    from django.conf import settings

    shutdown.install(
        drain=settings.DRAIN_SECONDS, grace=worker.cfg.graceful_timeout, announced=shutdown.master_stops
    )
    # gunicorn's own "Booting worker" comes before the application is loaded, which takes a second or more.
    worker.log.info("Worker ready (pid: %d)", worker.pid)


def worker_int(worker: Any) -> None:
    """In a worker that ends without waiting (SIGINT, SIGQUIT)."""
    shutdown.stop_at_once()


def child_exit(server: Any, worker: Any) -> None:
    """In the master, after a worker has ended, however it did."""
    worker_files.forget(worker.pid)
