"""Who is told of a job's end by mail: one's own address, unless more is allowed."""

import pytest
from django.core import mail

from exports import scheduler
from exports.models import ExportJob
from tests.api import rows

# Whether it may, and who is told, is decided in Python; how it is claimed has tests on each database.
pytestmark = [pytest.mark.sqlite, pytest.mark.django_db]

ME, YOU = "me@example.com", "you@example.org"


@pytest.fixture(autouse=True)
def email(user):
    user.email = ME
    user.save()


@pytest.mark.django_db(transaction=True)  # it runs a job
def test_it_works(jobs, user, settings):
    settings.EXPORTS = settings.EXPORTS | {"BASE_URL": "https://exports.example.com"}
    rows.call(user)
    job = jobs.made(body={"columns": ["id"], "recipients": [ME]})
    assert (job["recipients"], job["template"], job["schedule"]) == ([ME], None, None)
    assert job["parameters"] == {"columns": ["id"]}
    scheduler.run_once()
    [sent] = mail.outbox
    assert sent.to == [ME]
    assert job["id"] in sent.body


@pytest.mark.django_db(transaction=True)  # it runs a job
def test_without_any_nobody_is_told(jobs):
    assert jobs.made()["recipients"] == []
    scheduler.run_once()
    assert not mail.outbox


def test_the_same_request_tells_these_too(jobs, settings):
    settings.EXPORTS = settings.EXPORTS | {"MAIL_DOMAINS": ["*"]}
    first = jobs.submit(body={"recipients": [ME]})
    same = jobs.submit(body={"recipients": [YOU, ME]})
    assert same.headers["Location"] == first.headers["Location"]
    assert same.json["recipients"] == [ME, YOU]
    assert ExportJob.objects.count() == 1


@pytest.mark.parametrize(
    ("recipients", "code"),
    [
        *((None, "null"), (ME, "invalid"), ({}, "invalid"), ([1], "invalid"), ([None], "null")),
        *((["x"], "invalid"), ([[ME]], "invalid"), ([""], "invalid"), ([ME, ME.upper()], "repeated")),
        *(([YOU], "not_allowed"), ([f"{ME}\n"], "invalid"), (["\ud800"], "invalid_characters")),
        ([f"{'x' * 250}@example.com"], "invalid"),
    ],
)
def test_what_is_wrong_is_named(jobs, recipients, code):
    answer = jobs.submit(body={"recipients": recipients})
    assert (answer.status, answer.errors) == (400, [(code, "recipients")])
    assert not ExportJob.objects.exists()


def test_as_a_parameter_of_a_download_they_are_unknown(get):
    answer = get("/api/exports/calls", {"recipients": ME})
    assert (answer.status, answer.errors) == (400, [("unknown_parameter", "recipients")])


def test_with_the_permission_anybody_may_be_named(jobs, user, allow):
    allow(user, "mail_to_anybody")
    assert jobs.submit(body={"recipients": [YOU]}).json["recipients"] == [YOU]


def test_recipients_are_told_to_who_asked_alone(jobs, get, stranger):
    job = jobs.submit(body={"recipients": [ME]}).json
    assert get(job["links"]["self"], user=stranger).status == 404
    assert get("/api/exports/jobs", user=stranger).json["count"] == 0
