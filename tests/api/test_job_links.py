"""Signed links: the file without signing in, in the name of who has asked for the job, until they end."""

import datetime as dt
import uuid
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.signing import Signer
from django.utils import timezone

from exports.models import ExportJob
from tests.api import rows

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.sqlite]  # no row is read


@pytest.fixture
def job(jobs, user):
    rows.calls(user, 2)
    return jobs.made(body={"columns": ["id"]})


@pytest.fixture
def link(jobs, job) -> str:
    """The address of a link, as it is sent to somebody."""
    answer = jobs.ask(job["links"]["link"])
    assert answer.status == 201, answer.body
    return answer.json["url"]


def test_it_works(client, jobs, job):
    answer = jobs.ask(job["links"]["link"], {"seconds": 60})
    assert (answer.status, answer.json.keys()) == (201, {"url", "expires_at"})
    left = dt.datetime.fromisoformat(answer.json["expires_at"]) - timezone.now()
    assert dt.timedelta(seconds=50) < left <= dt.timedelta(seconds=60)
    url = answer.json["url"]
    assert url.startswith(f"http://testserver{job['links']['file']}?link=")
    file = client.get(url)
    body = file.getvalue()
    assert (file.status_code, len(body)) == (200, job["byte_count"])
    assert file["Referrer-Policy"] == "no-referrer"
    assert client.get(url, headers={"Range": "bytes=1-"}).getvalue() == body[1:]
    assert client.head(url).status_code == 200


@pytest.mark.parametrize("seconds", [0, -1, 1.5, "60", True, None, [], {}, "x"])
def test_bad_seconds(jobs, job, seconds):
    answer = jobs.ask(job["links"]["link"], {"seconds": seconds})
    assert (answer.status, answer.errors) == (400, [("invalid", "seconds")])


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ({"second": 5}, [("unknown_parameter", "second")]),
        ([], [("parse_error", None)]),
        ("null", [("parse_error", None)]),
        ('{"seconds": 1, "seconds": 2}', [("repeated", "seconds")]),
    ],
)
def test_another_body_is_400(jobs, job, body, errors):
    answer = jobs.ask(job["links"]["link"], body)
    assert (answer.status, answer.errors) == (400, errors)


@pytest.mark.parametrize(
    "body",
    [None, '{"seconds": 1000000000}', f'{{"seconds": {"9" * 5000}}}'],
    ids=["none", "long", "unreadable"],
)
def test_no_link_is_longer_than_the_limit(jobs, job, settings, body):
    settings.EXPORTS = settings.EXPORTS | {"LINK_SECONDS": 100}
    answer = jobs.ask(job["links"]["link"], body)
    assert answer.status == 201, answer.body
    left = dt.datetime.fromisoformat(answer.json["expires_at"]) - timezone.now()
    assert dt.timedelta(seconds=90) < left <= dt.timedelta(seconds=100)


def test_without_a_file_there_is_no_link(jobs):
    path = jobs.submit().headers["Location"]
    answer = jobs.ask(f"{path}/link")
    assert (answer.status, answer.errors) == (409, [("wrong_state", None)])


@pytest.mark.parametrize(
    "headers",
    [
        {"X-User-Id": "nobody"},
        {"Authorization": "Api-Key wrong.wrong"},
        {"Authorization": "Bearer wrong"},
        {"Cookie": "sessionid=wrong"},
    ],
)
def test_a_credential_that_is_no_good_breaks_no_link(client, link, headers):
    assert client.get(link, headers=headers).status_code == 200


def test_whoever_else_opens_it(get, link, job, stranger, caplog):
    caplog.set_level("INFO", "exports")
    answer = get(link, user=stranger)
    assert (answer.status, len(answer.body)) == (200, job["byte_count"])
    assert "for user user-123 is on its way" in caplog.text
    assert get(job["links"]["file"], user=stranger).status == 404


def test_no_signature_in_the_log(get, link, job, caplog):
    caplog.set_level("DEBUG")
    get(link)
    [signature] = parse_qs(urlsplit(link).query)["link"]
    assert caplog.text
    assert signature.rpartition(":")[2] not in caplog.text


def test_after_its_end_it_is_410(client, link, monkeypatch):
    later = timezone.now() + dt.timedelta(hours=2)
    monkeypatch.setattr("exports.jobs.delivery.timezone.now", lambda: later)
    answer = client.get(link)
    assert answer.status_code == 410
    assert answer.json()["errors"][0]["code"] == "link_expired"
    assert answer["Referrer-Policy"] == "no-referrer"


def test_it_ends_with_the_file(client, jobs, job, link):
    ExportJob.objects.update(expires_at=timezone.now() + dt.timedelta(seconds=30))
    answer = jobs.ask(job["links"]["link"])
    left = dt.datetime.fromisoformat(answer.json["expires_at"]) - timezone.now()
    assert left <= dt.timedelta(seconds=30)
    ExportJob.objects.update(status="expired")
    assert client.get(link).status_code == 410


def test_a_disabled_user(client, user, link):
    user.is_active = False
    user.save()
    answer = client.get(link)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (403, "permission_denied")


def test_after_a_retry_it_stands_for_no_file(client, jobs, job, link):
    ExportJob.objects.update(status="expired")
    jobs.ask(f"{job['links']['self']}/retry")
    jobs.work()
    assert ExportJob.objects.get().status == "succeeded"
    assert client.get(link).status_code == 404


def test_a_bad_or_foreign_signature_is_404_as_for_no_job(client, jobs, job, link, stranger):
    theirs = jobs.made(user=stranger)
    [signature] = parse_qs(urlsplit(link).query)["link"]
    missing = client.get(f"/api/exports/jobs/{uuid.uuid4()}/file", {"link": signature})
    assert missing.status_code == 404
    forged = Signer(salt="another").sign(signature.rpartition(":")[0])
    bad = [
        "",
        "x",
        signature[:-1],
        f"{signature}x",
        f"x{signature}",
        signature.swapcase(),
        forged,
        "::::",
        "\0",
    ]
    for text in bad:
        for path in (job["links"]["file"], theirs["links"]["file"]):
            answer = client.get(path, {"link": text})
            assert (answer.status_code, answer.content) == (404, missing.content), text
            assert answer["Referrer-Policy"] == "no-referrer"
    foreign = client.get(theirs["links"]["file"], {"link": signature})
    assert (foreign.status_code, foreign.content) == (404, missing.content)


def test_from_an_address_that_is_not_allowed(client, link, settings):
    settings.EXPORTS = settings.EXPORTS | {"ALLOWED_NETWORKS": ["203.0.113.0/24"]}
    assert client.get(link).status_code == 403


def test_a_link_asks_for_nothing_else(client, link, job):
    """It signs nobody in at another door."""
    query = urlsplit(link).query
    for path in (job["links"]["self"], "/api/exports/jobs", "/api/exports/calls"):
        assert client.get(f"{path}?{query}").status_code == 401
    assert client.post(f"{job['links']['self']}/retry?{query}").status_code == 401
