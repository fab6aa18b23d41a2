"""What is done with a job on its page: cancelled, asked for again, deleted."""

import pytest
from django.core.files.storage import storages
from django.test import Client

from exports.jobs import control
from exports.models import ExportJob, ExportLog
from tests.web.html import parse
from tests.web.job_rows import JOBS, NOBODYS, failed_job, finished_job, make_job, running_job

# A page is the same on every database.
pytestmark = [pytest.mark.sqlite, pytest.mark.django_db]

ACTIONS = ("cancel", "retry", "delete", "link")


@pytest.fixture
def act(client, user):
    """act(job, "cancel"): the answer to the button of the job's page."""

    def act(job, action, visitor=user):
        client.force_login(visitor)
        return client.post(f"{JOBS}{job.pk}/{action}")

    return act


def led(answer) -> str:
    assert answer.status_code == 303, answer.content
    assert answer.headers["Cache-Control"] == "private, no-store"
    return answer.headers["Location"]


def told(answer, status: int) -> str:
    """The error that the job's page shows."""
    assert answer.status_code == status
    page = parse(answer.text)
    assert page.one("h1").words == "Job for calls"
    return page.one("div", role="alert").words


def test_it_works(client, act, user):
    job = make_job(user)
    assert led(act(job, "cancel")) == f"{JOBS}{job.pk}/"
    job.refresh_from_db()
    assert job.status == "cancelled"
    assert led(act(job, "retry")) == f"{JOBS}{job.pk}/"
    job.refresh_from_db()
    assert job.status == "queued"
    act(job, "cancel")
    assert led(act(job, "delete")) == JOBS
    assert ExportJob.objects.count() == 0
    assert client.get(f"{JOBS}{job.pk}/").status_code == 404


def test_a_running_one_is_told(act, user):
    job = running_job(user)
    led(act(job, "cancel"))
    led(act(job, "cancel"))  # once more does nothing more
    job.refresh_from_db()
    assert (job.status, job.cancelling) == ("running", True)


def test_the_file_goes_with_the_job(act, user):
    job = finished_job(user)
    led(act(job, "delete"))
    assert not storages["exports"].exists(job.stored_as)


@pytest.mark.parametrize(
    ("make", "action", "text"),
    [
        (finished_job, "cancel", "cannot be done with a job that is succeeded"),
        (finished_job, "retry", "cannot be done with a job that is succeeded"),
        (running_job, "retry", "cannot be done with a job that is running"),
        (running_job, "delete", "cannot be done with a job that is running"),
        (failed_job, "cancel", "cannot be done with a job that is failed"),
        (failed_job, "link", "cannot be done with a job that is failed"),
    ],
)
def test_what_cannot_be_done(act, user, make, action, text):
    job = make(user)
    assert text in told(act(job, action), 409)
    before = job.status
    job.refresh_from_db()
    assert (job.status, job.cancelling) == (before, False)


def test_the_page_tells_what_has_become_of_it_meanwhile(act, user, monkeypatch):
    def too_late(job: ExportJob) -> None:
        ExportJob.objects.filter(pk=job.pk).update(status="failed", error="It was faster.")
        cancel(job)

    cancel = control.cancel
    monkeypatch.setattr(control, "cancel", too_late)
    answer = act(running_job(user), "cancel")
    assert "cannot be done with a job that is failed" in told(answer, 409)
    assert parse(answer.text).one("p", id="job-status").words == "failed"


def test_the_same_is_under_way_already(act, user):
    failed = failed_job(user)
    open_one = make_job(user)
    ExportJob.objects.filter(pk=open_one.pk).update(fingerprint=failed.fingerprint)
    assert "queued or running already" in told(act(failed, "retry"), 409)


def test_asking_again_counts(act, user, settings):
    settings.EXPORTS = settings.EXPORTS | {"RATE": "1/d"}
    led(act(failed_job(user), "retry"))
    answer = act(failed_job(user), "retry")
    assert "Too many exports" in told(answer, 429)
    assert int(answer.headers["Retry-After"]) >= 1


def test_no_more_jobs_than_may(act, user, settings):
    settings.EXPORTS = settings.EXPORTS | {"MAX_JOBS_PER_USER": 1}
    make_job(user)
    assert "There are 1 background jobs of yours already" in told(act(failed_job(user), "retry"), 429)


def test_the_storage_does_not_answer(act, user, monkeypatch):
    def fail(*args, **kwargs):
        raise ConnectionError

    job = finished_job(user)
    monkeypatch.setattr("django.core.files.storage.InMemoryStorage.delete", fail)
    assert "does not answer" in told(act(job, "delete"), 503)
    assert ExportJob.objects.filter(pk=job.pk).exists()


@pytest.mark.parametrize("action", ACTIONS)
def test_a_stranger_gets_what_is_said_of_a_job_that_does_not_exist(act, client, user, stranger, action):
    jobs = [make_job(user), running_job(user), failed_job(user), finished_job(user)]
    before = list(ExportJob.objects.order_by("pk").values())
    answers = [act(job, action, visitor=stranger) for job in jobs]
    answers.append(client.post(f"{JOBS}{NOBODYS}/{action}"))
    assert {answer.status_code for answer in answers} == {404}
    assert len({without_token(answer) for answer in answers}) == 1
    assert list(ExportJob.objects.order_by("pk").values()) == before
    assert ExportLog.objects.count() == 0


@pytest.mark.parametrize("path", ["", "file", *ACTIONS])
def test_a_stranger_sees_nothing(client, user, stranger, path):
    job = finished_job(user)
    client.force_login(stranger)
    answers = [client.get(f"{JOBS}{pk}/{path}") for pk in (job.pk, NOBODYS)]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert without_token(answers[0]) == without_token(answers[1])
    assert str(job.pk) not in answers[0].text


def without_token(answer) -> str:
    text = answer.text
    for name in ("csrf_token", "csp_nonce"):
        text = text.replace(str(answer.context[name]), "")
    return text


@pytest.mark.parametrize("middleware", [True, False])
@pytest.mark.parametrize("action", ACTIONS)
def test_without_the_token_nothing_is_done(user, settings, action, middleware):
    """A form on another site's page has none. A project may have lost the middleware that asks for it."""
    if not middleware:
        settings.MIDDLEWARE = [
            name for name in settings.MIDDLEWARE if not name.endswith("CsrfViewMiddleware")
        ]
    client = Client(enforce_csrf_checks=True)
    client.force_login(user)
    jobs = [make_job(user), running_job(user), failed_job(user), finished_job(user)]
    before = list(ExportJob.objects.order_by("pk").values())
    assert {client.post(f"{JOBS}{job.pk}/{action}").status_code for job in jobs} == {403}
    assert list(ExportJob.objects.order_by("pk").values()) == before


@pytest.mark.parametrize("action", ACTIONS)
def test_to_ask_by_get_does_nothing(client, user, action):
    """The login page leads back so; a form cannot be sent again by it."""
    job = make_job(user)
    path = f"{JOBS}{job.pk}/{action}"
    assert client.post(path).headers["Location"] == f"/login/?next={path}"
    client.force_login(user)
    answer = client.get(path)
    assert (answer.status_code, answer.headers["Location"]) == (302, f"{JOBS}{job.pk}/")
    job.refresh_from_db()
    assert (job.status, job.cancelling) == ("queued", False)
