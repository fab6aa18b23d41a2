"""No secret of the service's own in what it writes or answers while everything that can fail does."""

import socketserver
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from exports_project import credentials
from tests.credentials.asking import ask
from tests.servers import GUNICORN, ROOT, WSGI, run_server, service_environment

pytestmark = pytest.mark.sqlite  # the database is one that does not answer

TOKEN = "a-token-of-metrics-9c1f"
SECRETS = {
    "SECRET_KEY": "Kq8-wn4!tY2_rB6@mK9xVc3pL7dHs5jF1gEu0aWbTyNiQoCzX9",
    "the database's password": "p4ss-of-the-database",
    "the password of Redis": "p4ss-of-redis",
    "the password of the mail server": "p4ss-of-the-mail",
    "METRICS_TOKEN": TOKEN,
    "the new NextAuth secret": "n3w-secret-of-the-nextauth-application",
    "the old NextAuth secret": "0ld-secret-of-the-nextauth-application",
}
LISTED = list(SECRETS.values())


class Refusing(socketserver.StreamRequestHandler):
    """Redis, to which every password is the wrong one."""

    def handle(self) -> None:
        for line in self.rfile:
            if line.startswith(b"*"):  # a command begins
                self.wfile.write(b"-WRONGPASS invalid username-password pair or user is disabled.\r\n")


@contextmanager
def refusing_redis() -> Iterator[int]:
    """The port of a Redis that takes no password."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Refusing) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()


def environment(redis: int) -> dict[str, str]:
    """A production whose database, Redis and mail server all fail, and which tells as much as it can."""
    key, database, cache, mail, token, new, old = LISTED
    return {
        "DJANGO_SETTINGS_MODULE": "tests.project.production_settings",
        "DEBUG": "false",
        "LOG_LEVEL": "DEBUG",
        "ALLOWED_HOSTS": "127.0.0.1",
        "TRUSTED_PROXIES": "127.0.0.1",
        "DRAIN_SECONDS": "0",
        "EXPORTS_DEV_USER_HEADER": "",
        "AUTHENTICATION_CLASSES": ",".join(credentials.available()[1:]),
        "SECRET_KEY": key,
        "DATABASE_URL": f"postgres://exports:{database}@127.0.0.1:1/exports",
        "REDIS_URL": f"redis://:{cache}@127.0.0.1:{redis}/0",
        "EMAIL_URL": f"smtp://me:{mail}@127.0.0.1:1",
        "METRICS_TOKEN": token,
        "NEXTAUTH_SECRET": f"{new},{old}",
    }


def use(url: str) -> Iterator[tuple[int, bytes]]:
    """Status and all bytes of every answer, right credentials and wrong ones."""
    https = {"X-Forwarded-Proto": "https"}
    form = https | {"Content-Type": "application/x-www-form-urlencoded", "Cookie": "csrftoken=" + "c" * 32}
    for path, headers, body in [
        ("/readyz", {}, None),
        ("/metrics", {"Authorization": f"Bearer {TOKEN}"}, None),
        ("/metrics", {"Authorization": f"Bearer {TOKEN}x"}, None),
        (f"/metrics?token={TOKEN}", {}, None),
        ("/api/exports/health", {}, None),
        ("/fails", https, None),
        ("/api/fails", https, None),
        ("/exports/", https | {"Cookie": "sessionid=" + "s" * 32}, None),
        ("/admin/login/", https, None),
        ("/api/exports/calls", https | {"Authorization": "Api-Key abcdefgh." + "k" * 32}, None),
        ("/api/exports/calls", https | {"Cookie": "__Secure-authjs.session-token=x.y.z"}, None),
        ("/api/auth/token", https, {"username": "user-123", "password": "x"}),
        ("/api/auth/login", https, {"username": "user-123", "password": "x"}),
        ("/login/", form, "username=user-123&password=x"),
    ]:
        answer = ask(url, path, headers, method="POST" if body else "GET", body=body)
        yield answer.status, str(dict(answer.headers)).encode() + answer.body


def found_in(text: str) -> list[str]:
    """The names of the secrets that stand in a text, whole or in part of a URL."""
    return [name for name, secret in SECRETS.items() if secret in text]


def test_no_secret_of_the_service_is_told_while_all_fails(tmp_path):
    metrics = tmp_path / "metrics"
    metrics.mkdir()
    with refusing_redis() as redis:
        env = environment(redis) | {"PROMETHEUS_MULTIPROC_DIR": str(metrics), "TMPDIR": str(tmp_path)}
        options = ["--workers=1", "--threads=8", "--graceful-timeout=5", "--log-level=debug"]
        server = run_server(env["DATABASE_URL"], tmp_path, env=env, options=options, health="/healthz")
        try:
            answers = list(use(server.url))
            files = [path for path in tmp_path.rglob("*") if path.is_file()]
            kept = {str(path): path.read_bytes().decode("latin-1") for path in files}
        finally:
            server.stop()
    log = server.log.read_text()
    statuses = [status for status, _ in answers]
    assert statuses[1] == 200, statuses  # the metrics
    assert {401, 500, 503} <= set(statuses), statuses
    assert [path for path in kept if str(metrics) in path]
    assert "No such luck" in log
    assert "AuthenticationError" in log
    assert "OperationalError" in log
    assert found_in(log) == []
    for _, answer in answers:
        assert found_in(answer.decode("latin-1")) == []
    for path, content in kept.items():
        assert (path, found_in(path + content)) == (path, [])


WRONG = "hunter2"
FOUR = {
    "SECRET_KEY": WRONG,
    "DATABASE_URL": f"postgres://exports:{WRONG}@db.example.com:port/exports",
    "REDIS_URL": f"redis://:{WRONG}@cache.example.com:port/0",
    "METRICS_TOKEN": WRONG,
}
CHECK = ("manage.py", "check")
# What is started, what stands in its environment, and the variables that it names.
MALFORMED = [
    (("-m", *GUNICORN, "--workers=1", WSGI), FOUR, list(FOUR)),
    (CHECK, {"EMAIL_URL": f"smtp://me:{WRONG}@mail.example.com:port"}, ["EMAIL_URL"]),
    (CHECK, {"NEXTAUTH_SECRET": f"{'n' * 32},{WRONG}"}, ["NEXTAUTH_SECRET"]),
    (CHECK, {"JWT_PRIVATE_KEY_FILE": f"/nowhere/{WRONG}"}, ["JWT_PRIVATE_KEY_FILE"]),
    (CHECK, {"SECRET_KEY": "", "SECRET_KEY_FILE": WRONG}, ["SECRET_KEY_FILE"]),
    (("manage.py", "sendtestemail", "a@example.com"), {}, ["ConnectionRefusedError"]),
]


def test_malformed_values_are_named_and_not_shown():
    """All at once, because each process takes seconds to start."""
    started = []
    for command, changes, _ in MALFORMED:
        env = environment(redis=1) | changes
        process = subprocess.Popen(
            [sys.executable, *command],
            env=service_environment(env["DATABASE_URL"], env),
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        started.append(process)
    for process, (_, _, named) in zip(started, MALFORMED, strict=True):
        output, _ = process.communicate(timeout=120)
        assert process.returncode != 0, output
        assert [name for name in named if name not in output] == [], output
        assert WRONG not in output
        assert found_in(output) == []
