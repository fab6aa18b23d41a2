"""`/metrics`: who may read it, and what stands in it."""

import datetime as dt

import pytest
from django.db import OperationalError, connection
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import resolve
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from exports.models import (
    ExportJob,
    ExportMail,
    ExportSchedule,
    ScheduleRun,
    Webhook,
    WebhookDelivery,
)
from exports_project.operations import http_metrics
from tests.operations.shutting_down import until

TOKEN = "a-token-of-these-tests"
NETWORK = "10.1.0.0/16"
BEARER = {"authorization": f"Bearer {TOKEN}"}


@pytest.fixture
def scrape(settings):
    """Every sample of a scrape by its name and labels."""
    settings.METRICS_TOKEN = TOKEN

    def samples() -> dict[tuple, float]:
        answer = Client().get("/metrics", headers=BEARER)
        assert answer.status_code == 200
        return {
            (sample.name, *sorted(sample.labels.items())): sample.value
            for family in text_string_to_metric_families(answer.text)
            for sample in family.samples
        }

    return samples


def requests(samples, **labels: str) -> float:
    return sum(
        value
        for (name, *found), value in samples.items()
        if name == "http_requests_total" and labels.items() <= dict(found).items()
    )


@pytest.mark.sqlite
@pytest.mark.django_db
@pytest.mark.parametrize(
    ("token", "networks", "headers", "address", "status"),
    [
        ("", [], {}, "10.1.2.3", 404),
        ("", [], {"authorization": "Bearer "}, "10.1.2.3", 404),
        (TOKEN, [], BEARER, "192.0.2.7", 200),
        (TOKEN, [], {"authorization": f"bearer {TOKEN}"}, "192.0.2.7", 200),
        (TOKEN, [], {"authorization": f"Basic {TOKEN}"}, "192.0.2.7", 401),
        (TOKEN, [], {"authorization": f"Bearer {TOKEN}x"}, "192.0.2.7", 401),
        (TOKEN, [], {"authorization": "Bearer ü"}, "192.0.2.7", 401),
        (TOKEN, [], {}, "192.0.2.7", 401),
        ("", [NETWORK], {}, "10.1.2.3", 200),
        ("", [NETWORK], {}, "::ffff:10.1.2.3", 200),
        ("", [NETWORK], {}, "10.2.0.1", 403),
        ("", [NETWORK], {}, "", 403),
        ("", [NETWORK], {"authorization": "Bearer "}, "10.2.0.1", 403),
        ("", [NETWORK], {"x-forwarded-for": "10.1.2.3"}, "192.0.2.7", 403),
        (TOKEN, [NETWORK], {}, "10.1.2.3", 200),
        (TOKEN, [NETWORK], BEARER, "192.0.2.7", 200),
        (TOKEN, [NETWORK], {}, "192.0.2.7", 401),
    ],
)
def test_who_may_read_them(settings, token, networks, headers, address, status):
    settings.METRICS_TOKEN, settings.METRICS_NETWORKS = token, networks
    answer = Client().get("/metrics", headers=headers, REMOTE_ADDR=address)
    assert answer.status_code == status
    assert ("WWW-Authenticate" in answer) == (status == 401)
    assert ("http_requests_total" in answer.text) == (status == 200)
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.sqlite
@pytest.mark.django_db
def test_a_proxy_tells_whose_address_it_is(settings):
    settings.METRICS_NETWORKS, settings.TRUSTED_PROXIES = [NETWORK], ["10.1.0.1"]
    forwarded = {"x-forwarded-for": "192.0.2.7"}
    assert Client().get("/metrics", headers=forwarded, REMOTE_ADDR="10.1.0.1").status_code == 403


def test_an_export_is_counted(scrape, client, auth_headers, mine_and_theirs):
    before = scrape()
    answer = client.get("/api/exports/agents", headers=auth_headers)
    assert scrape()["exports_running",] == before["exports_running",] + 1
    body = b"".join(answer.streaming_content)
    answer.close()
    after = scrape()

    def grown(name: str, **labels: str) -> float:
        key = (name, *sorted(labels.items()))
        return after[key] - before.get(key, 0)

    assert grown("exports_running") == 0
    assert grown("exports_started_total", dataset="agents", door="api") == 1
    assert grown("exports_finished_total", dataset="agents", door="api", outcome="succeeded") == 1
    assert grown("exports_bytes_total", dataset="agents") == len(body)
    assert grown("exports_rows_total", dataset="agents") == body.count(b"\r\n") - 1
    route = {"route": "exports-api:agents"}
    assert grown("http_requests_total", method="GET", status="200", **route) == 1
    assert grown("http_first_byte_seconds_count", **route) == 1
    assert grown("http_request_seconds_count", **route) == 1


@pytest.mark.sqlite
def test_a_request_lasts_until_its_body_ends(scrape, client, auth_headers, mine_and_theirs):
    key = ("http_request_seconds_count", ("route", "exports-api:agents"))
    before = scrape().get(key, 0)
    answer = client.get("/api/exports/agents", headers=auth_headers)
    next(answer.streaming_content)
    assert scrape().get(key, 0) == before
    answer.close()
    answer.close()
    assert scrape()[key] == before + 1


@pytest.mark.sqlite
def test_refusals_can_be_seen(scrape, client, auth_headers, user, settings):
    before = scrape()
    client.get("/api/exports/calls")
    client.get("/api/exports/calls?tenant=*", headers=auth_headers)
    client.get("/api/exports/calls?outcom=busy", headers=auth_headers)
    after = scrape()
    for status in ("401", "403", "400"):
        found = {"route": "exports-api:calls", "status": status}
        assert requests(after, **found) == requests(before, **found) + 1
    refused = ("exports_refused_total", ("code", "permission_denied"), ("dataset", "calls"))
    assert after[refused] == before.get(refused, 0) + 1


@pytest.mark.sqlite
@pytest.mark.django_db
def test_what_clients_invent_makes_no_series(scrape):
    client = Client()
    for path in ("/no-such-page", "/api/exports/nothing", "/wp-login.php"):
        client.get(path)
    client.generic("BREW", "/healthz")
    text = str(scrape())
    for invented in ("no-such-page", "nothing", "wp-login", "BREW"):
        assert invented not in text
    assert requests(scrape(), route=http_metrics.NO_ROUTE, status="404") >= 2
    assert requests(scrape(), method=http_metrics.OTHER) >= 1


@pytest.mark.sqlite
def test_a_route_is_the_name_of_a_pattern():
    request = RequestFactory().get("/api/scans/12/export/csv")
    assert http_metrics.route_name(request) == "none"
    request.resolver_match = resolve(request.path)
    assert http_metrics.route_name(request) == "scan-export"


@pytest.mark.sqlite
def test_a_body_that_breaks_off_is_timed_too(monkeypatch):
    observed = []

    def fails():
        raise RuntimeError

    response = HttpResponse()
    response._resource_closers.append(fails)
    monkeypatch.setattr(response, "close", fails)
    http_metrics._when_closed(response, lambda: observed.append(1))
    with pytest.raises(RuntimeError):
        response.close()
    assert observed == [1]


@pytest.mark.sqlite
@pytest.mark.django_db
def test_memory_of_this_process(scrape):
    [memory] = [value for (name, *_), value in scrape().items() if name == "worker_resident_memory_bytes"]
    assert memory > 10_000_000


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)  # inside of one PostgreSQL tells the same number twice
def test_connections_in_use(scrape):
    import psycopg

    def used() -> float:
        return scrape()["database_connections",]

    parameters = connection.get_connection_params()
    known = {
        name: parameters[name]
        for name in ("host", "port", "user", "password", "dbname")
        if name in parameters
    }

    def another() -> float:
        before = used()
        with psycopg.connect(**known):
            return used() - before

    until(lambda: another() == 1)  # others, of earlier tests, may be going meanwhile
    assert scrape()["database_connections_max",] >= 100
    assert scrape()["database_up",] == 1


@pytest.mark.sqlite
def test_a_database_that_is_down_hides_nothing_else(scrape, monkeypatch):
    def fails():
        raise OperationalError

    monkeypatch.setattr(connection, "cursor", fails)
    samples = scrape()
    assert samples["database_up",] == 0
    assert "export_jobs" not in str(samples)
    assert "export_schedule" not in str(samples)
    assert ("exports_running",) in samples


@pytest.mark.django_db
def test_jobs_that_wait_and_run(scrape, user, settings):
    def make(status: str, **age: int) -> None:
        described = {"user": user.pk, "tenant": user.pk, "dataset": "calls", "format": "csv", "door": "api"}
        begun = timezone.now() - dt.timedelta(**age)
        ExportJob.objects.create(
            status=status, created_at=begun, due_at=begun, fingerprint=f"{status} {begun}", **described
        )

    def jobs() -> list[float]:
        found = scrape()
        return [found["export_jobs", ("status", status)] for status in ("queued", "running")]

    assert (jobs(), scrape()["export_jobs_oldest_seconds",]) == ([0, 0], 0)
    make("running", hours=2)
    make("queued", minutes=10)
    make("queued", minutes=1)
    make("succeeded", days=1)
    assert jobs() == [2, 1]
    assert 600 <= scrape()["export_jobs_oldest_seconds",] < 660
    settings.EXPORTS = settings.EXPORTS | {"STORAGE": None}
    assert "export_jobs" not in str(scrape())


@pytest.mark.django_db
def test_schedules_and_what_is_to_be_sent(scrape, user, settings):
    def found(name: str, label: str, *values: str) -> list[float]:
        samples = scrape()
        return [samples[f"export_{name}", (label, value)] for value in values]

    def oldest() -> float:
        return scrape()["export_scheduler_oldest_seconds",]

    now = timezone.now()
    described = {"user": user.pk, "rule": "0 6 * * *"}
    assert found("schedules", "status", "active", "paused", "stopped") == [0, 0, 0]
    assert (found("messages_waiting", "kind", "mail", "webhook"), oldest()) == ([0, 0], 0)
    schedule = ExportSchedule.objects.create(**described, next_run_at=now + dt.timedelta(hours=1))
    for status in ("paused", "stopped", "stopped"):  # nobody waits for these
        ExportSchedule.objects.create(**described, status=status, next_run_at=now - dt.timedelta(days=1))
    assert (found("schedules", "status", "active", "paused", "stopped"), oldest()) == ([1, 1, 2], 0)
    mail = {"kind": "stopped", "user": user.pk, "schedule": schedule}
    ExportMail.objects.create(**mail, event="1", due_at=now - dt.timedelta(minutes=1), unsure=2)
    ExportMail.objects.create(**mail, event="2", status="failed", due_at=now - dt.timedelta(days=1))
    webhook = Webhook.objects.create(user=user.pk, url="https://example.com/")
    told = {"webhook": webhook, "event": "x", "payload": "{}"}
    WebhookDelivery.objects.create(**told, status="sending", due_at=now + dt.timedelta(minutes=5))
    assert found("messages_waiting", "kind", "mail", "webhook") == [1, 1]
    assert found("messages_unsure", "kind", "mail", "webhook") == [2, 0]
    assert 60 <= oldest() < 120
    ScheduleRun.objects.create(schedule=schedule, occurrence=now, due_at=now - dt.timedelta(minutes=10))
    assert 600 <= oldest() < 660
    ExportSchedule.objects.filter(pk=schedule.pk).update(next_run_at=now - dt.timedelta(hours=1))
    assert 3600 <= oldest() < 3660
    settings.EXPORTS = settings.EXPORTS | {"STORAGE": None}
    assert "export_schedule" not in str(scrape())
