"""A role with no more rights than the service needs, made by the statements of the documentation."""

import json
import re
import urllib.request
import uuid
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from tests.calls import ENVIRONMENT, FEW, FEW_CALLS, PATH
from tests.connections.postgres import Observer, parameters
from tests.processes.services import Service
from tests.processes.sessions import Session
from tests.servers import ROOT, manage, run_server

pytestmark = pytest.mark.postgresql

# Whom mails are for, and to where webhooks may be sent: where nobody listens.
NOTICES = {"EXPORTS_MAIL_DOMAINS": "example.com", "EXPORTS_WEBHOOK_NETWORKS": "127.0.0.0/8"}


def documented(role: str) -> str:
    """The statements of the documentation that make this role."""
    text = (ROOT / "docs/databases.md").read_text(encoding="utf-8")
    [statements] = re.findall(rf"```sql\n(CREATE ROLE {role} .*?)```", text, re.DOTALL)
    return statements


@pytest.fixture(scope="module")
def role(filled: str, observer: Observer) -> Iterator[str]:
    """The role of the documentation, under a name of its own."""
    statements = documented("exporter")
    name = f"exporter_{uuid.uuid4().hex[:8]}"
    with psycopg.connect(**parameters(), dbname=observer.name, autocommit=True) as connection:
        connection.execute(statements.replace("exporter", name))
        yield name
        connection.execute(f"DROP OWNED BY {name}")
        connection.execute(f"DROP ROLE {name}")


@pytest.fixture(scope="module")
def service(filled: str, role: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    url = re.sub("//[^@]*@", f"//{role}:secret@", filled, count=1)
    server = run_server(url, tmp_path_factory.mktemp("role"), env=ENVIRONMENT | NOTICES)
    yield Service(server, url)
    server.stop()


def test_it_works(service, observer, role):
    """Signing in by the page, exporting and reading the own records."""
    signed_in = Session(service.server.url, FEW)
    received = signed_in.receive("/exports/calls/download", keep=True)
    assert received.body.count(b"\r\n") == FEW_CALLS + 1
    with signed_in.answer("/exports/history/") as response:
        assert response.status == 200
    assert service.receive(PATH, FEW).sha256 == received.sha256
    observer.settle()
    assert observer.record(received.headers["X-Export-Id"])["outcome"] == "succeeded"


def test_background_jobs(service):
    """Asking for one, making its file, fetching it and cleaning up, each by this role."""
    request = urllib.request.Request(
        f"{service.server.url}{PATH}/jobs",
        b"{}",
        {"X-User-Id": FEW, "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=20) as response:
        address = response.headers["Location"]
    work = manage(service.database_url, "db_worker", "--no-reload", "--no-startup-delay", "--batch")
    assert work.returncode == 0, work.stderr
    job = service.json(address, FEW)
    assert (job["status"], job["rows_done"]) == ("succeeded", FEW_CALLS), job
    assert service.receive(f"{address}/file", FEW).sha256 == job["sha256"]
    cleaned = manage(service.database_url, "clean_exports", "--days=0")
    assert cleaned.returncode == 0, cleaned.stderr
    assert ", 1 old tasks" in cleaned.stdout


def test_schedules_mails_and_webhooks(service):
    """Each kept, run, told of and cleaned up by this role."""

    def ask(path: str, **body: object) -> dict[str, Any]:
        request = urllib.request.Request(
            f"{service.server.url}/api/exports/{path}",
            json.dumps(body).encode(),
            {"X-User-Id": FEW, "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=20) as response:
            return json.load(response)

    shared = ["user-many"]
    template = ask("templates", name="Calls", dataset="calls", since="last run", shared_with=shared)
    webhook = ask("webhooks", url="https://127.0.0.1:1024/")
    told = {"recipients": ["a@example.com"], "incremental": False}
    schedule = ask("schedules", template=template["id"], rule="0 6 * * *", **told)
    ask(f"templates/{template['id']}/run")
    ask(f"schedules/{schedule['id']}/run")
    ask(f"webhooks/{webhook['id']}/test")
    work = manage(service.database_url, "db_worker", "--no-reload", "--no-startup-delay", "--batch")
    assert work.returncode == 0, work.stderr
    [run] = service.json(f"/api/exports/schedules/{schedule['id']}/runs", FEW)["results"]
    assert run["outcome"] == "succeeded", run
    sent = manage(service.database_url, "export_scheduler", "--once", env=NOTICES)
    assert (sent.returncode, "To: a@example.com" in sent.stdout) == (0, True), sent.stderr
    deliveries = f"/api/exports/webhooks/{webhook['id']}/deliveries"
    assert 1 in [found["attempts"] for found in service.json(deliveries, FEW)["results"]]
    cleaned = manage(service.database_url, "clean_exports", "--days=0")
    assert cleaned.returncode == 0, cleaned.stderr
    assert ", 1 old mails and webhook messages" in cleaned.stdout


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM telephony_calllog",
        "UPDATE telephony_calllog SET user_id = 'somebody'",
        "UPDATE accounts_user SET is_superuser = true",
        "INSERT INTO auth_permission (name) VALUES ('x')",
        "CREATE TABLE mine (id integer)",
    ],
)
def test_it_can_change_nothing_else(observer, role, statement):
    login = parameters() | {"user": role, "password": "secret"}
    with (
        psycopg.connect(**login, dbname=observer.name) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute(statement)
