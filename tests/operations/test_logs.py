"""The log: one line a request, JSON for machines, an id in every line of a request, and no secret in any."""

import json
import logging
import re
import sys
import urllib.error
import urllib.request

import pytest
import structlog
from django.db import OperationalError

from exports_project.operations import logs, request_log
from tests import calls
from tests.databases import fresh_database
from tests.operations.shutting_down import TIMEOUT, Download
from tests.project.test_environment import SAFE

REQUESTS = request_log.__name__


@pytest.fixture
def lines(caplog):
    """The facts of each request's own line."""
    caplog.set_level("DEBUG", REQUESTS)

    def found(level: int = logging.INFO) -> list[dict]:
        records = [record for record in caplog.records if record.name == REQUESTS]
        return [record.msg for record in records if record.levelno >= level]

    return found


def written(record: logging.LogRecord, log_format: str = "json") -> str:
    """The line that stands in the log for a record of Python's own logging."""
    formatter = structlog.stdlib.ProcessorFormatter(
        processors=logs.RENDERED[log_format], foreign_pre_chain=logs.FOREIGN
    )
    return formatter.format(record)


def record(message: str, *args: object, exc_info=None, **extra: object) -> logging.LogRecord:
    return logging.getLogger("exports.audit").makeRecord(
        "exports.audit", logging.INFO, "file", 1, message, args, exc_info, extra=extra
    )


@pytest.mark.sqlite
def test_one_line_tells_of_a_request(lines, client, auth_headers):
    answer = client.get("/api/exports/info?secret=hunter2", headers=auth_headers)
    [line] = lines()
    assert line.pop("seconds") > 0
    assert line.pop("timestamp")
    assert line == {
        "event": "request_finished",
        "level": "info",
        "logger": REQUESTS,
        "request_id": answer["X-Request-ID"],
        "method": "GET",
        "path": "/api/exports/info",
        "route": "exports-api:info",
        "code": 200,
        "ip": "127.0.0.1",
        "user_id": "user-123",
    }


@pytest.mark.sqlite
@pytest.mark.parametrize(
    ("given", "taken"),
    [
        ("0af7651916cd43dd8448eb211c80319c", True),
        ("8c5b3ad2-97b1-4a52-b1d4-7c4fd9a6c0aa", True),
        ("Root=1-67891233-abcdef012345678912345678", False),
        ("a" * 64, True),
        ("a" * 65, False),
        ("a b", False),
        ('a"b', False),
        ("a\x1b[31m", False),
        ("ä", False),
        ("", False),
    ],
)
def test_a_request_id_is_taken_where_it_is_short_and_plain(client, given, taken):
    answer = client.get("/healthz", headers={"X-Request-ID": given})
    assert (answer["X-Request-ID"] == given) == taken
    assert re.fullmatch(request_log.SANE, answer["X-Request-ID"])


@pytest.mark.sqlite
@pytest.mark.django_db
def test_no_id_is_given_twice(client):
    assert len({client.get("/login/")["X-Request-ID"] for _ in range(3)}) == 3
    assert structlog.contextvars.get_contextvars() == {}


@pytest.mark.sqlite
@pytest.mark.django_db
@pytest.mark.parametrize(
    "path", ["/healthz", "/readyz", "/metrics", "/static/exports/exports.css", "/favicon.ico"]
)
def test_what_asks_all_the_time_is_silent(lines, client, path):
    client.get(path)
    assert lines() == []
    assert len(lines(logging.DEBUG)) == 1


@pytest.mark.sqlite
def test_the_log_asks_nobody_who_the_user_is(lines, client, user, django_assert_num_queries):
    client.force_login(user)
    with django_assert_num_queries(0):
        client.get("/api/nothing")
    assert "user_id" not in lines()[0]


@pytest.mark.sqlite
@pytest.mark.django_db
def test_a_path_cannot_break_the_line(lines, client):
    client.get("/no%0Asuch%1Bpage")
    assert lines()[0]["path"] == "/no%0Asuch%1Bpage"


@pytest.mark.sqlite
def test_an_unexpected_error_has_its_traceback_once(lines, client, auth_headers, monkeypatch, caplog):
    def fails(*args):
        raise RuntimeError("no such luck")

    monkeypatch.setattr("exports.api.views.row_count", fails)
    client.raise_request_exception = False
    assert client.get("/api/exports/info", headers=auth_headers).status_code == 500
    assert (lines()[0]["code"], lines()[0]["level"]) == (500, "error")
    tracebacks = [entry for entry in caplog.records if entry.exc_info]
    assert [entry.name for entry in tracebacks] == ["django.request"]


@pytest.mark.sqlite
@pytest.mark.django_db
def test_a_refusal_has_one_line_of_its_request(lines, client, caplog):
    client.get("/no-such-page")
    assert [entry.name for entry in caplog.records] == [REQUESTS]


@pytest.mark.sqlite
@pytest.mark.django_db
def test_a_database_that_does_not_answer_has_no_traceback_a_request(lines, client, monkeypatch, caplog):
    def fails(*args):
        raise OperationalError

    monkeypatch.setattr("exports.api.views.HealthView.get", fails)
    client.raise_request_exception = False
    assert client.get("/api/exports/health").status_code == 503
    assert lines()[0]["level"] == "warning"
    assert not [entry for entry in caplog.records if entry.exc_info]


@pytest.mark.sqlite
@pytest.mark.django_db
def test_a_host_that_is_not_allowed_is_named_without_a_traceback(lines, client, caplog):
    assert client.get("/login/", headers={"host": "evil.example"}).status_code == 400
    [refusal] = [entry for entry in caplog.records if entry.name == "django.security.DisallowedHost"]
    assert "evil.example" in refusal.getMessage()
    assert refusal.exc_info is None


@pytest.mark.sqlite
def test_a_record_is_json_with_what_is_allowed_and_nothing_else():
    entry = record("Export %s", "x", export_id="x", rows=3, request="GET /?password=hunter2", token="hunter2")
    with structlog.contextvars.bound_contextvars(request_id="abc"):
        line = json.loads(written(entry))
    assert line.pop("timestamp").endswith("Z")
    assert line.pop("pid")
    assert line == {
        "event": "Export x",
        "export_id": "x",
        "rows": 3,
        "request_id": "abc",
        "level": "info",
        "logger": "exports.audit",
    }


@pytest.mark.sqlite
@pytest.mark.parametrize("log_format", logs.FORMATS)
def test_a_traceback_shows_no_values(log_format):
    password = "hunter" + "2"
    try:
        raise RuntimeError("seen")
    except RuntimeError:
        line = written(record("failed", exc_info=sys.exc_info()), log_format)
    assert "RuntimeError: seen" in line
    assert password not in line


@pytest.mark.sqlite
def test_people_read_a_line():
    with structlog.contextvars.bound_contextvars(request_id="abc"):
        line = written(record("Export %s", "x", rows=3), "line")
    assert "\x1b" not in line
    assert "Export x" in line
    assert "request_id=abc" in line
    assert "rows=3" in line


# --- On real servers ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def database(tmp_path_factory, with_calls):
    with fresh_database(tmp_path_factory.mktemp("logs"), like=with_calls) as url:
        yield url


def json_lines(text: str) -> list[dict]:
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


@pytest.mark.sqlite
@pytest.mark.parametrize("kind", ["gunicorn", "uvicorn"])
def test_an_export_and_its_request_have_the_same_id(start_server, database, kind):
    server = start_server(
        database, kind=kind, env=calls.ENVIRONMENT | {"LOG_LEVEL": "INFO", "LOG_FORMAT": "json"}
    )
    download = Download(server)
    download.read_to_end()
    broken = Download(server, calls.BREAKING, calls.BROKEN)
    assert broken.breaks()
    server.stop()
    found = json_lines(server.log.read_text())
    for export, outcome in ((download, "succeeded"), (broken, "failed")):
        own = [line for line in found if line.get("export_id") == export.export_id]
        start, request, end = sorted(own, key=lambda line: line["timestamp"])
        assert {line["request_id"] for line in own} == {export.request_id}
        assert (start["outcome"], end["outcome"]) == ("running", outcome)
        assert request["event"] == "request_finished"
        assert request["path"] == calls.PATH
    assert "formulas=reject" not in server.log.read_text()


@pytest.mark.sqlite
@pytest.mark.parametrize("kind", ["gunicorn", "uvicorn"])
def test_production_writes_json_and_no_secrets(start_server, database, kind):
    environment = {name: SAFE[name] for name in ("SECRET_KEY", "REDIS_URL")}
    environment |= {"DEBUG": "false", "ALLOWED_HOSTS": "127.0.0.1", "EXPORTS_DEV_USER_HEADER": ""}
    environment |= {"METRICS_TOKEN": "a-token-of-these-tests", "DRAIN_SECONDS": "0"}
    options = ["--workers=1"] if kind == "gunicorn" else []  # with uvicorn's access log
    server = start_server(database, kind=kind, env=environment, options=options)
    headers = {"Authorization": "Bearer hunter2", "Cookie": "sessionid=hunter2", "X-User-Id": "hunter2"}
    for path in (
        "/api/exports/health?secret=hunter2",
        "/metrics?token=hunter2",
        "/no-such-page?secret=hunter2",
    ):
        request = urllib.request.Request(server.url + path, headers=headers)
        try:
            urllib.request.urlopen(request, timeout=TIMEOUT).close()
        except urllib.error.HTTPError as error:
            error.close()
        except urllib.error.URLError:
            pass  # redirected to HTTPS, which nobody speaks here
    server.stop()
    text = server.log.read_text()
    assert "hunter2" not in text
    paths = [line["path"] for line in json_lines(text) if line["event"] == "request_finished"]
    assert "/api/exports/health" in paths
    assert "/metrics" not in paths
    if kind == "gunicorn":
        # The master itself has not read the settings.
        assert {line[0] for line in text.splitlines()} == {"{", "["}, text
