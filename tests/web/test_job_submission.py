"""`/exports/<dataset>/jobs`: a job for what the form says, or the dataset's page with the reason why not."""

from urllib.parse import unquote

import pytest
from django.test import Client

from exports.jobs import work
from exports.models import ExportJob, ExportLog, ExportMail
from tests.api import rows
from tests.clients import close
from tests.web.forms import shown
from tests.web.html import Element, parse
from tests.web.job_rows import JOBS, failed_job, make_job

pytestmark = pytest.mark.django_db

CALLS = "/exports/calls/"
SUBMIT = "/exports/calls/jobs"


@pytest.fixture
def submit(client, user):
    """submit(fields): the answer to the form, sent by user-123."""

    def submit(fields=None, path=SUBMIT):
        client.force_login(user)
        return client.post(path, fields or {})

    return submit


def page_of(answer, status: int) -> Element:
    assert answer.status_code == status, answer.headers
    assert answer.headers["Cache-Control"] == "private, no-store"
    return parse(answer.text)


@pytest.mark.django_db(transaction=True)
def test_it_works(client, submit, visit, user, stranger):
    rows.call(user, outcome="busy")
    rows.call(user, outcome="failed")
    rows.call(stranger, outcome="busy")
    # As a browser sends them.
    answer = submit(
        {"status": "", "outcome": "busy", "columns": ["", "outcome", "direction"], "format": "csv"}
    )
    job = ExportJob.objects.get()
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{JOBS}{job.pk}/")
    assert (job.user, job.tenant, job.door) == ("user-123", "user-123", "web")
    assert job.parameters == {"outcome": ["busy"], "columns": ["outcome,direction"]}
    assert "queued" in page_of(visit(answer.headers["Location"]), 200).words
    assert work.run_next() is None
    page = page_of(visit(answer.headers["Location"]), 200)
    file = visit(page.links()["Download"])
    assert file.getvalue() == b"outcome,direction\r\nbusy,inbound\r\n"
    assert ExportLog.objects.get(pk=file.headers["X-Export-Id"]).door == "job"


def test_the_button_sends_the_forms_own_fields(read, user):
    """The token goes with the button alone: a preview's address must not hold it."""
    [button] = read(CALLS).all("button", formaction=SUBMIT)
    assert button.words == "In the background"
    assert button["formmethod"] == "post"
    assert button["name"] == "csrfmiddlewaretoken"


@pytest.mark.parametrize("name", ["template-name", "csrfmiddlewaretoken2"])
def test_no_other_field_is_passed_over(submit, name):
    page = page_of(submit({name: "x"}), 400)
    assert f"{name}: There is no such filter." in page.one("div", role="alert").words
    assert not ExportJob.objects.exists()


def test_the_token_of_the_button_is_what_is_asked_for(user):
    client = Client(enforce_csrf_checks=True)
    client.force_login(user)
    assert client.post(SUBMIT).status_code == 403
    assert ExportJob.objects.count() == 0
    [button] = parse(client.get(CALLS).text).all("button", formaction=SUBMIT)
    token = button["value"]
    assert client.post(SUBMIT, {"csrfmiddlewaretoken": token}).status_code == 303
    assert ExportJob.objects.get().parameters == {}


def test_a_project_without_the_middleware_that_asks_for_the_token(user, settings):
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if "CsrfViewMiddleware" not in name]
    client = Client(enforce_csrf_checks=True)
    client.force_login(user)
    assert client.post(SUBMIT).status_code == 403
    assert ExportJob.objects.count() == 0


def test_the_same_choice_leads_to_the_same_job(submit):
    assert submit({"outcome": "busy"})["Location"] == submit({"outcome": "busy", "status": ""})["Location"]
    assert ExportJob.objects.count() == 1


@pytest.mark.parametrize(
    ("fields", "status", "text"),
    [
        ({"outcome": "bussy"}, 400, "bussy"),
        ({"outcom": "busy"}, 400, "outcom: There is no such filter."),
        ({"columns": [""]}, 400, "Tick at least one column."),
        ({"tenant": "user-456"}, 403, "You may not export the rows of another tenant."),
        ({"formulas": "raw"}, 403, "You may not export cells with live formulas."),
    ],
)
def test_what_is_refused_is_the_page_with_the_reason(submit, stranger, fields, status, text):
    page = page_of(submit(fields), status)
    assert text in page.one("div", role="alert").words + page.one("form", id="exports-form").words
    assert page.one("title").words.startswith("Error:")
    assert ExportJob.objects.count() == 0
    assert ExportLog.objects.count() == (status == 403)


def test_nothing_that_was_given_is_lost(submit):
    page = page_of(submit({"start_date": "soon", "outcome": "busy", "format": "jsonl"}), 400)
    assert {"start_date": "soon", "outcome": "busy", "format": "jsonl"}.items() <= shown(page).items()


def test_as_many_jobs_as_may(submit, settings, user):
    settings.EXPORTS = settings.EXPORTS | {"MAX_JOBS_PER_USER": 1}
    make_job(user)
    failed_job(user)
    page = page_of(submit(), 429)
    assert "There are 1 background jobs of yours already" in page.one("div", role="alert").words


def test_the_rate(submit, settings):
    settings.EXPORTS = settings.EXPORTS | {"RATE": "1/d"}
    assert submit().status_code == 303
    answer = submit({"outcome": "busy"})
    assert "Too many exports" in page_of(answer, 429).one("div", role="alert").words
    assert int(answer.headers["Retry-After"]) >= 1


class TestWithAMail:
    PATH = f"{SUBMIT}?mail=own"
    BUTTON = "In the background, with a mail to me"

    def test_it_works(self, submit, read, user):
        user.email = "user@example.com"
        user.save()
        [button] = [found for found in read(CALLS).all("button") if found.words == self.BUTTON]
        assert button["formaction"] == self.PATH
        answer = submit({"outcome": "busy"}, path=button["formaction"])
        job = ExportJob.objects.get()
        assert (job.recipients, job.parameters) == (["user@example.com"], {"outcome": ["busy"]})
        assert read(answer["Location"]).facts()["Mail"] == "user@example.com"

    def test_without_an_address_none_is_offered(self, submit, read):
        assert self.BUTTON not in read(CALLS).words
        assert submit(path=self.PATH).status_code == 400
        assert ExportJob.objects.count() == 0

    def test_what_became_of_it_is_told(self, read, user):
        job = failed_job(user, recipients=["user@example.com"])
        ExportMail.objects.create(
            kind="job", user=user.pk, recipient="user@example.com", job=job, event="1", status="sent"
        )
        assert read(f"{JOBS}{job.pk}/").facts()["Mail"] == "user@example.com (sent)"


def test_no_such_dataset(submit):
    assert submit(path="/exports/nothing/jobs").status_code == 404


def test_a_visitor_is_sent_to_the_login_page_and_back_to_the_form(client, visit, user):
    fields = {"status": "", "outcome": "busy", "columns": ["", "id", "status"], "csrfmiddlewaretoken": "x"}
    answer = client.post(SUBMIT, fields)
    path, query = answer["Location"].split("?next=")
    assert (answer.status_code, path) == (302, "/login/")
    back = visit(unquote(query))
    assert (back.status_code, back["Location"]) == (302, f"{CALLS}?outcome=busy&columns=id,status")
    answer = visit(SUBMIT)
    assert (answer.status_code, answer["Location"]) == (302, CALLS)
    assert ExportJob.objects.count() == 0


def test_an_address_from_which_nothing_may_be_exported(submit, settings):
    settings.EXPORTS = settings.EXPORTS | {"ALLOWED_NETWORKS": ["192.0.2.0/24"]}
    assert submit().status_code == 403
    assert ExportJob.objects.count() == 0
    assert ExportLog.objects.get().outcome == "denied"


class TestTooLargeForADownload:
    @pytest.fixture(autouse=True)
    def _limit(self, settings, user):
        settings.EXPORTS = settings.EXPORTS | {"MAX_DOWNLOAD_ROWS": 1}
        rows.calls(user, 2, outcome="busy")

    def test_it_works(self, client, read, user):
        page = read(f"{CALLS}download", {"outcome": "busy", "columns": "outcome,id"}, status=413)
        alert = page.one("div", role="alert")
        assert "more than 1 rows, the limit of a download" in alert.words
        form = alert.one("form", method="post")
        assert [button.words for button in alert.all("button")] == ["Make the file in the background"]
        fields = {found["name"]: found["value"] for found in form.all("input")}
        assert fields.keys() == {"csrfmiddlewaretoken", "outcome", "columns"}
        answer = client.post(form["action"], fields)
        assert answer.status_code == 303
        assert ExportJob.objects.get().parameters == {"outcome": ["busy"], "columns": ["outcome,id"]}

    def test_a_preview_says_it_before(self, read):
        assert "These are 2 rows; a download may have 1." in read(CALLS).words
        assert "a download may have" not in read(CALLS, {"outcome": "failed"}).words

    def test_what_no_job_may_have_either_is_offered_to_none(self, read, settings):
        settings.EXPORTS = settings.EXPORTS | {"MAX_ROWS": 1}
        assert "a download may have" not in read(CALLS).words
        assert read(f"{CALLS}download", status=413).one("div", role="alert").all("form") == []

    def test_without_jobs_a_download_has_no_limit(self, visit, settings):
        settings.EXPORTS = settings.EXPORTS | {"STORAGE": None}
        answer = visit(f"{CALLS}download")
        assert answer.status_code == 200
        close(answer)
