"""The OpenAPI document is the truth: whatever is sent, no answer is one that it does not name.

Schemathesis makes the requests from the document: valid ones, and ones with mistakes. A real server answers.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.databases import fresh_database
from tests.servers import Server, manage, run_code, run_server

pytestmark = pytest.mark.sqlite  # what a request may be answered does not depend on the database

USER = "user-123"
OPERATIONS = (
    *("GET /api/alerts/export/csv", "GET /api/hosts/export/csv", "GET /api/scans/{scan_id}/export/csv"),
    *("GET /api/auth/api-keys", "POST /api/auth/api-keys"),
    *("GET /api/auth/api-keys/{id}", "DELETE /api/auth/api-keys/{id}"),
    *("POST /api/auth/login", "POST /api/auth/logout"),
    *("POST /api/auth/token", "POST /api/auth/token/refresh", "POST /api/auth/token/revoke"),
    *("GET /api/exports/agents", "GET /api/exports/alerts", "GET /api/exports/calls"),
    *("GET /api/exports/events", "GET /api/exports/hosts", "GET /api/exports/phone-numbers"),
    *("GET /api/exports/scans", "GET /api/exports/health", "GET /api/exports/info"),
    *("GET /api/exports/logs", "GET /api/exports/logs/{id}", "GET /api/exports/{dataset}/schema"),
    *("POST /api/exports/{dataset}/jobs", "GET /api/exports/jobs"),
    *("GET /api/exports/jobs/{id}", "DELETE /api/exports/jobs/{id}", "GET /api/exports/jobs/{id}/file"),
    *("POST /api/exports/jobs/{id}/cancel", "POST /api/exports/jobs/{id}/retry"),
    "POST /api/exports/jobs/{id}/link",
    *("GET /api/exports/templates", "POST /api/exports/templates", "GET /api/exports/templates/{id}"),
    *("PUT /api/exports/templates/{id}", "PATCH /api/exports/templates/{id}"),
    *("DELETE /api/exports/templates/{id}", "POST /api/exports/templates/{id}/run"),
    *("GET /api/exports/schedules", "POST /api/exports/schedules", "GET /api/exports/schedules/{id}"),
    *("PUT /api/exports/schedules/{id}", "PATCH /api/exports/schedules/{id}"),
    *("DELETE /api/exports/schedules/{id}", "POST /api/exports/schedules/{id}/pause"),
    *("POST /api/exports/schedules/{id}/resume", "POST /api/exports/schedules/{id}/run"),
    "GET /api/exports/schedules/{id}/runs",
    *("GET /api/exports/webhooks", "POST /api/exports/webhooks", "GET /api/exports/webhooks/{id}"),
    *("PATCH /api/exports/webhooks/{id}", "DELETE /api/exports/webhooks/{id}"),
    *("POST /api/exports/webhooks/{id}/secret", "POST /api/exports/webhooks/{id}/test"),
    "GET /api/exports/webhooks/{id}/deliveries",
    "POST /api/exports/webhooks/{id}/deliveries/{delivery}/again",
)
CHECKS = [
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
]
FEW, MANY = 4, 500
"""Requests of each kind, operation and sign-in: 57 operations with few take two minutes."""

JSON = {"Accept": "application/vnd.oai.openapi+json"}
ISSUING = """
from django.contrib.auth import get_user_model
from accounts.models import APIKey
user = get_user_model().objects.get(pk="user-123")
user.set_password("user-123")
user.save()
print(APIKey.objects.issue(user=user, name="attack")[1])
"""


@dataclass(frozen=True)
class Service:
    server: Server
    schema: Any
    key: str
    session: str
    """The key of a session that the user is signed in with."""
    work: Callable[[], str]
    """Runs the job whose turn it is."""


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, with_tables: str) -> Iterator[Service]:
    env = {
        "EXPORTS_RATE": "1000000/h",
        "LOCKOUT_FAILURES": "1000000",
        "EXPORTS_DEV_USER_HEADER": "true",
        "EXPORTS_PUBLIC_SCHEMA": "true",
        "LOG_LEVEL": "ERROR",
    }
    directory = tmp_path_factory.mktemp("attacks")
    env["EXPORTS_FILES"] = str(directory / "files")
    with fresh_database(directory, like=with_tables) as url:
        counts = [f"--{kind}=5" for kind in ("agents", "phone-numbers", "calls", "events", "hosts")]
        seeded = manage(url, "seed_demo", f"--user={USER}", *counts, env=env)
        assert seeded.returncode == 0, seeded.stderr
        issued = manage(url, "shell", "--verbosity=0", "--command", ISSUING, env=env)
        assert issued.returncode == 0, issued.stderr
        server = run_server(url, directory, env=env)
        try:
            schema = schemathesis.openapi.from_url(f"{server.url}/api/schema/?format=json", headers=JSON)
            # Random credentials beside the right ones would be refused for them.
            schema.config.generation.with_security_parameters = False
            work = partial(run_code, url, "from exports.jobs import work; work.run_next()", env)
            yield Service(server, schema, issued.stdout.strip(), signed_in(server.url), work)
        finally:
            server.stop()


def signed_in(url: str) -> str:
    """The cookie of a new session."""
    answer = requests.post(f"{url}/api/auth/login", json={"username": USER, "password": USER}, timeout=30)
    assert answer.status_code == 200, answer.text
    return str(answer.cookies["sessionid"])


WAYS: dict[str, Callable[[Service], Mapping[str, str]]] = {
    "nobody": lambda service: {},
    "key": lambda service: {"Authorization": f"Api-Key {service.key}"},
    # Without the CSRF token: what is unsafe is refused, and that too is in the document.
    "session": lambda service: {"Cookie": f"sessionid={service.session}"},
}
"""Headers that sign in."""


def operation_of(service: Service, name: str) -> Any:
    method, path = name.split()
    return service.schema[path][method]


def attack(service: Service, name: str, way: str, examples: int) -> None:
    """So many valid requests, and as many with mistakes; each answer is held to the document."""
    operation = operation_of(service, name)
    headers = WAYS[way](service)
    with requests.Session() as session:

        def answered(case: Any) -> None:
            response = case.call(session=session, headers=headers, timeout=30)
            # The one answer of the kind that is foreseen: what is behind the service does not answer.
            checks = CHECKS if response.status_code == 503 else [not_a_server_error, *CHECKS]
            case.validate_response(response, checks=checks)

        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            if mode is GenerationMode.NEGATIVE and not _can_be_wrong(operation):
                continue
            run = settings(
                max_examples=examples,
                derandomize=True,
                deadline=None,
                database=None,
                phases=[Phase.explicit, Phase.generate],
                suppress_health_check=list(HealthCheck),
            )
            run(given(case=operation.as_strategy(generation_mode=mode))(answered))()


def _can_be_wrong(operation: Any) -> bool:
    """Whether there is anything to make a mistake in."""
    return bool(operation.definition.raw.keys() & {"parameters", "requestBody"})


@pytest.mark.parametrize("way", WAYS)
def test_it_works(service, way):
    """A sign-in that is refused would try nothing but the refusal."""
    calls = operation_of(service, "GET /api/exports/calls")
    with requests.Session() as session:
        answer = calls.Case().call(session=session, headers=WAYS[way](service))
    if way == "nobody":
        assert answer.status_code == 401
    else:
        assert answer.status_code == 200
        assert len(answer.content.splitlines()) == 6


def asked(
    service: Service, name: str, path: Mapping[str, str], status: int, body: Any = None, **headers: str
):
    """The answer of an operation, which has this status, and is as the document says."""
    given = {} if body is None else {"body": body, "media_type": "application/json"}
    case = operation_of(service, name).Case(path_parameters=dict(path), headers=headers, **given)
    with requests.Session() as session:
        response = case.call(session=session, headers=WAYS["key"](service), timeout=30)
    assert response.status_code == status, response.text
    case.validate_response(response, checks=[not_a_server_error, *CHECKS])
    return response


def test_a_job_is_as_the_document_says(service):
    """With an id that is right, which random requests never have."""
    jobs = "/api/exports/jobs"

    def ask(name: str, status: int, body: Any = None, **headers: str) -> Any:
        return asked(service, name, path, status, body, **headers)

    path = {"dataset": "calls"}
    job = ask("POST /api/exports/{dataset}/jobs", 202, {"filters": {}, "columns": ["id"]}).json()
    path = {"id": job["id"]}
    ask(f"POST {jobs}/{{id}}/cancel", 200)
    ask(f"POST {jobs}/{{id}}/cancel", 409)
    ask(f"GET {jobs}/{{id}}/file", 409)
    ask(f"POST {jobs}/{{id}}/retry", 202)
    for _ in range(50):
        if ask(f"GET {jobs}/{{id}}", 200).json()["status"] != "queued":
            break
        service.work()  # which may take up one that a random request has asked for
    assert ask(f"GET {jobs}/{{id}}", 200).json()["status"] == "succeeded"
    file = ask(f"GET {jobs}/{{id}}/file", 200)
    ask(f"GET {jobs}/{{id}}/file", 206, Range="bytes=0-0")
    ask(f"GET {jobs}/{{id}}/file", 304, **{"If-None-Match": file.headers["etag"][0]})
    ask(f"GET {jobs}/{{id}}/file", 412, **{"If-Match": '"x"'})
    ask(f"GET {jobs}/{{id}}/file", 416, Range=f"bytes={len(file.content)}-")
    ask(f"POST {jobs}/{{id}}/link", 201, {"seconds": 60})
    ask(f"DELETE {jobs}/{{id}}", 204)
    ask(f"DELETE {jobs}/{{id}}", 404)


def test_what_is_kept_is_as_the_document_says(service):
    """Templates, schedules and webhooks."""
    path: dict[str, str] = {}

    def ask(method: str, what: str, status: int, body: Any = None) -> Any:
        answer = asked(service, f"{method} /api/exports/{what}", path, status, body)
        return answer.json() if answer.content else None

    choice = {"name": "Kept", "dataset": "calls", "filters": {"start_date": "last month"}, "columns": ["id"]}
    template = ask("POST", "templates", 201, choice)
    plan = {"template": template["id"], "rule": "0 6 * * 1", "timezone": "Europe/Berlin"}
    schedule = ask("POST", "schedules", 201, plan)
    webhook = ask("POST", "webhooks", 201, {"url": "https://example.com/hooks"})
    for what in ("templates", "schedules", "webhooks"):
        ask("GET", what, 200)

    path = {"id": template["id"]}
    ask("GET", "templates/{id}", 200)
    ask("PUT", "templates/{id}", 200, template)
    ask("PATCH", "templates/{id}", 200, {"tz": "UTC"})
    ask("POST", "templates/{id}/run", 202)

    path = {"id": schedule["id"]}
    ask("PUT", "schedules/{id}", 200, schedule)
    ask("PATCH", "schedules/{id}", 200, {"incremental": True})
    ask("POST", "schedules/{id}/run", 202)
    ask("POST", "schedules/{id}/run", 409)  # the next one would go on from that
    assert ask("GET", "schedules/{id}/runs", 200)["count"] == 1
    assert ask("GET", "schedules/{id}", 200)["last_run"]["outcome"] == "running"
    ask("POST", "schedules/{id}/pause", 200)
    ask("POST", "schedules/{id}/resume", 200)

    path = {"id": webhook["id"]}
    ask("GET", "webhooks/{id}", 200)
    ask("PATCH", "webhooks/{id}", 200, {"events": ["export.failed"]})
    ask("POST", "webhooks/{id}/secret", 200)
    delivery = ask("POST", "webhooks/{id}/test", 202)
    assert ask("GET", "webhooks/{id}/deliveries", 200)["count"] >= 1
    path = {"id": webhook["id"], "delivery": delivery["id"]}
    ask("POST", "webhooks/{id}/deliveries/{delivery}/again", 202)

    for what, made in (("webhooks", webhook), ("templates", template), ("schedules", schedule)):
        path = {"id": made["id"]}
        ask("DELETE", f"{what}/{{id}}", 204)
        ask("GET", f"{what}/{{id}}", 404)


def test_no_operation_is_missing(service):
    found = {operation.ok().label for operation in service.schema.get_all_operations()}
    assert found == set(OPERATIONS)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("operation", OPERATIONS)
def test_only_documented_answers(service, operation, way):
    attack(service, operation, way, FEW)


@pytest.mark.long
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("operation", OPERATIONS)
def test_only_documented_answers_to_many(service, operation, way):
    attack(service, operation, way, MANY)
