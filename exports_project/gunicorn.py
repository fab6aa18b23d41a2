"""How gunicorn serves the project, in production and in `manage.py demo`.

    gunicorn --config python:exports_project.gunicorn exports_project.wsgi

The command line and GUNICORN_CMD_ARGS win over what stands here (`--bind`, `--workers`).
"""

from pathlib import Path

# A download holds a thread for as long as the client takes, mostly waiting: many threads, few processes.
worker_class = "gthread"
threads = 64

# A worker that is told to stop lets downloads finish for this long; those still running then break visibly.
graceful_timeout = 30
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
