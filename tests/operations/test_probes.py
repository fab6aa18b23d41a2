"""Probes: any host, plain HTTP, no session; they say yes, or no and why not, and nothing else."""

import asyncio
import json

import pytest
from django.core.cache import cache
from django.db import OperationalError, connection
from django.test import AsyncClient, Client

from exports_project.operations import readiness, shutdown

SECRET = "host=db.internal password=hunter2"


@pytest.fixture(autouse=True)
def _nothing_told(monkeypatch):
    monkeypatch.setattr(readiness, "_told", {})


@pytest.fixture
def production(settings):
    """As a load balancer meets it: by plain HTTP, with the machine's address as Host."""
    settings.SECURE_SSL_REDIRECT = True
    settings.ALLOWED_HOSTS = ["exports.example.com"]
    return Client(headers={"host": "10.1.2.3:8001"})


def fails(*args, **kwargs):
    raise OperationalError(SECRET)


# Without the mark for a database: whoever asks it fails.
@pytest.mark.sqlite
@pytest.mark.parametrize("path", ["/healthz", "/healthz/"])
def test_a_living_process_says_so_and_touches_nothing(production, path):
    answer = production.get(path)
    assert (answer.status_code, answer.json()) == (200, {"status": "alive"})
    assert "no-store" in answer["Cache-Control"]
    assert answer["Content-Length"] == str(len(answer.content))
    assert not answer.cookies
    assert "Vary" not in answer


@pytest.mark.django_db
def test_a_ready_process_says_so(production):
    answer = production.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ready"})
    assert "no-store" in answer["Cache-Control"]
    assert production.head("/readyz").status_code == 200


@pytest.mark.sqlite
@pytest.mark.django_db
def test_everything_else_still_asks_for_host_and_tls(production):
    assert production.get("/login/").status_code == 400
    assert production.get("/login/", headers={"host": "exports.example.com"}).status_code == 301
    assert production.post("/healthz").status_code == 405


@pytest.mark.sqlite
def test_a_database_that_does_not_answer_is_named_without_its_secrets(production, monkeypatch):
    told = []
    monkeypatch.setattr(readiness.logger, "warning", lambda text, *values: told.append(text % values))
    monkeypatch.setattr(connection, "cursor", fails)
    monkeypatch.setattr(cache, "get", lambda key: None)
    for _ in range(3):
        answer = production.get("/readyz")
        assert (answer.status_code, answer.json()["failed"]) == (503, ["database"])
    assert SECRET not in answer.text
    # One line for the change, and not one for each probe.
    assert told == ["Not ready: database (OperationalError)"]
    assert production.get("/healthz").status_code == 200


@pytest.mark.sqlite
@pytest.mark.django_db
def test_a_cache_that_does_not_answer_is_named(production, monkeypatch):
    monkeypatch.setattr(cache, "get", fails)
    assert production.get("/readyz").json() == {"status": "not ready", "failed": ["cache"]}


@pytest.mark.sqlite
@pytest.mark.django_db
def test_a_process_that_is_told_to_stop_is_not_ready_but_alive(production, monkeypatch):
    monkeypatch.setattr(shutdown, "is_draining", lambda: True)
    assert production.get("/readyz").json() == {"status": "not ready", "failed": ["stopping"]}
    assert production.get("/healthz").status_code == 200


@pytest.mark.sqlite
@pytest.mark.django_db(transaction=True)
def test_the_same_over_asgi(settings):
    settings.SECURE_SSL_REDIRECT = True

    async def ask(path: str):
        return await AsyncClient(headers={"host": "10.1.2.3"}).get(path)

    for path, status in {"/healthz": "alive", "/readyz": "ready"}.items():
        answer = asyncio.run(ask(path))
        assert (answer.status_code, json.loads(answer.content)) == (200, {"status": status})
