"""`/exports/jobs/<id>/`: one job, with its progress and its file."""

import re
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.http import QueryDict
from django.utils import timezone

from exports.exceptions import NotPermitted
from exports.jobs import control
from exports.models import ExportJob, ExportLog
from exports.web.jobs.progress import duration
from tests.web.html import Element, parse
from tests.web.job_rows import FILE, JOBS, failed_job, finished_job, make_job, running_job

# A page is the same on every database.
pytestmark = [pytest.mark.sqlite, pytest.mark.django_db]


def path_of(job: ExportJob, action: str = "") -> str:
    return f"{JOBS}{job.pk}/{action}"


def buttons(page: Element) -> set[str]:
    """What can be done with the job."""
    return {found.words for found in page.one("div", id="job-state").all("button", type="submit")}


def test_it_works(read, user):
    job = running_job(user, parameters={"outcome": ["busy", "failed"], "columns": ["id"]})
    page = read(path_of(job))
    assert page.one("h1").words == "Job for calls"
    assert page.one("p", id="job-status", role="status").words == "running"
    bar = page.one("progress")
    assert (bar["value"], bar["max"], bar["aria-label"]) == ("25", "100", "Rows done")
    facts = page.facts()
    assert (facts["Done"], facts["Size"]) == ("250 of 1,000 rows (25 %)", "19.5 KB")
    assert re.fullmatch(r"2[0-5]", facts["Rows per second"])
    assert re.fullmatch(r"[34][0-9] seconds", facts["Time left"])
    # In the database's order of names.
    assert sorted(facts["Parameters"].split(", ")) == ["columns=id", "outcome=busy", "outcome=failed"]
    assert facts["Tenant"] == "user-123"
    assert facts["Job id"] == str(job.pk)
    assert buttons(page) == {"Cancel"}
    assert page.links()["Refresh"] == path_of(job)
    path, _, query = page.links()["calls"].partition("?")
    assert path == "/exports/calls/"
    assert dict(QueryDict(query).lists()) == {"outcome": ["busy", "failed"], "columns": ["id"]}


def test_while_nobody_knows_how_many_rows_there_will_be(read, user):
    page = read(path_of(running_job(user, rows_expected=None, row_count=0)))
    assert "value" not in page.one("progress").attrs
    assert page.facts()["Done"] == "0 rows"
    assert page.facts()["Rows per second"] == page.facts()["Time left"] == "—"


def test_rows_that_came_meanwhile(read, user):
    page = read(path_of(running_job(user, row_count=1_001)))
    assert page.one("progress")["value"] == "100"
    assert page.facts()["Time left"] == "0 seconds"


def test_one_that_waits(read, user):
    page = read(path_of(make_job(user)))
    assert "It waits for its turn." in page.words
    assert page.all("progress") == []
    assert buttons(page) == {"Cancel"}


def test_one_that_is_tried_again(read, user):
    job = make_job(user, attempts=1, error="The storage does not answer.", error_code="storage_failed")
    page = read(path_of(job))
    assert "Attempt 1 has failed: The storage does not answer." in page.words
    assert "It is tried again at:" in page.words


def test_one_that_is_being_cancelled(read, user):
    page = read(path_of(running_job(user, cancelling=True)))
    assert page.one("p", id="job-status").words == "running is being cancelled"
    assert buttons(page) == set()


def test_the_file(read, visit, user):
    job = finished_job(user)
    page = read(path_of(job))
    facts = page.facts()
    assert (facts["Size"], facts["Name"]) == ("7 bytes", "calls_export.csv")
    assert page.one("code", id="job-sha256").words == job.sha256
    assert facts["Expires"].endswith("UTC")
    assert buttons(page) == {"Make a link", "Delete the job"}
    assert page.all("progress") == []
    file = visit(page.links()["Download"])
    assert file.getvalue() == FILE
    assert file.headers["Content-Disposition"] == 'attachment; filename="calls_export.csv"'


def test_one_that_is_kept(read, user):
    assert read(path_of(finished_job(user, expires_at=None))).facts()["Expires"] == "never"


def test_one_that_has_failed(read, user):
    page = read(path_of(failed_job(user, error="<b>broken</b>")))
    assert "<b>broken</b>" in page.words
    assert buttons(page) == {"Ask for it again", "Delete the job"}


def test_of_a_dataset_that_is_no_more(read, user):
    page = read(path_of(failed_job(user, dataset="gone")))
    assert buttons(page) == {"Delete the job"}
    assert "gone" not in page.links()


def test_the_audit_record(read, user, stranger):
    record = ExportLog.objects.create(user=user.pk, tenant=user.pk, export_type="calls", door="job")
    job = finished_job(user, export_id=record.pk)
    links = read(path_of(job)).links()
    assert links[str(record.pk)] == f"/exports/history/{record.pk}/"
    assert read(links[str(record.pk)]).links()["The job that made it"] == path_of(job)
    job.delete()
    assert "The job that made it" not in read(f"/exports/history/{record.pk}/").links()
    # Of a record that the retention command has removed.
    gone = finished_job(user, export_id="00000000-0000-4000-8000-000000000001")
    assert "Audit record" not in read(path_of(gone)).facts()


def test_the_work(read, user):
    assert "Attempts" not in read(path_of(make_job(user))).facts()
    facts = read(path_of(running_job(user, attempts=2))).facts()
    assert (facts["Attempts"], facts["Finished"]) == ("2", "—")
    assert facts["Started"].endswith("UTC")
    assert read(path_of(finished_job(user))).facts()["Finished"].endswith("UTC")


def test_head(visit, user):
    job = finished_job(user)
    head = visit(path_of(job, "file"), method="head")
    assert (head.status_code, head.getvalue(), head.headers["Content-Length"]) == (200, b"", "7")
    assert visit(path_of(job), method="head").status_code == 200


class TestNoFile:
    """What is in the way of the file is told on the job's page, with the status that says so."""

    @pytest.fixture
    def refused(self, read):
        def refused(job, status):
            page = read(path_of(job, "file"), status=status)
            assert page.one("h1").words == "Job for calls"
            assert page.one("title").words.startswith("Error:")
            return page.one("div", role="alert").words

        return refused

    def test_it_works(self, refused, user):
        assert "cannot be done with a job that is running" in refused(running_job(user), 409)

    def test_its_time_is_over(self, refused, user):
        over = finished_job(user, expires_at=timezone.now() - timedelta(seconds=1))
        assert "is there no more" in refused(over, 410)

    def test_it_was_removed(self, refused, user):
        assert "is there no more" in refused(finished_job(user, stored_as="nothing"), 410)

    def test_it_may_not_be_had_any_more(self, refused, user):
        """Nor may a user of whom the tenant is another now."""
        assert "not those that you asked for" in refused(finished_job(user, tenant="another"), 403)

    def test_the_storage_does_not_answer(self, refused, user, monkeypatch):
        def fail(*args, **kwargs):
            raise ConnectionError

        job = finished_job(user)
        monkeypatch.setattr("django.core.files.storage.InMemoryStorage._open", fail)
        assert "does not answer" in refused(job, 503)


class TestLink:
    def test_it_works(self, client, read, user):
        job = finished_job(user)
        form = next(form for form in read(path_of(job)).all("form") if form["action"].endswith("/link"))
        answer = client.post(form["action"])
        assert answer.status_code == 200
        page = parse(answer.text)
        link = page.one("code", id="job-link").words
        assert link.startswith("http://testserver/")
        client.logout()
        address = urlsplit(link)
        assert client.get(f"{address.path}?{address.query}").getvalue() == FILE

    def test_there_is_none_without_a_file(self, client, user):
        client.force_login(user)
        answer = client.post(path_of(running_job(user), "link"))
        assert answer.status_code == 409
        assert "code" not in [found.tag for found in parse(answer.text).all("code", id="job-link")]


class TestPolling:
    @pytest.fixture
    def polled(self, read):
        """polled(job): the element of its page that asks how it goes on."""

        def polled(job):
            element = read(path_of(job)).one("div", id="job-progress")
            assert (element["hx-trigger"], element["hx-swap"]) == ("every 2s", "outerHTML")
            return element

        return polled

    def test_it_works(self, poll, polled, user):
        """As long as rows are all that is new, nothing else is touched, nor what has the focus."""
        job = running_job(user)
        before = polled(job)
        ExportJob.objects.update(row_count=500)
        [after] = parse(poll(before["hx-get"]).text).children[1:2]
        assert after.attrs == before.attrs
        assert "500 of 1,000 rows (50 %)" in after.words
        assert after.one("progress")["value"] == "50"

    def test_it_tells_of_another_status_once(self, poll, polled, user):
        job = make_job(user)
        waiting = polled(job)
        running = running_job(user)
        ExportJob.objects.filter(pk=job.pk).update(status="running", token=1, started_at=running.started_at)
        answer = poll(waiting["hx-get"])
        assert answer.headers["HX-Retarget"] == "#job-state"
        changed = parse(answer.text)
        assert changed.one("p", id="job-status", hx_swap_oob="innerHTML").words == "running"
        again = poll(changed.one("div", id="job-progress")["hx-get"])
        assert "HX-Retarget" not in again.headers
        assert "job-status" not in again.text

    def test_it_tells_that_somebody_cancels(self, poll, polled, user):
        path = polled(running_job(user))["hx-get"]
        ExportJob.objects.update(cancelling=True)
        changed = parse(poll(path).text)
        assert changed.one("p", id="job-status").words == "running is being cancelled"
        assert buttons(changed) == set()

    def test_it_ends_with_the_job(self, poll, polled, user):
        job = running_job(user)
        path = polled(job)["hx-get"]
        ExportJob.objects.update(status="succeeded", row_count=1_000)
        answer = parse(poll(path).text)
        assert answer.one("p", id="job-status").words == "succeeded"
        assert "Download" in answer.links()
        assert not [found for found in answer.below() if "hx-get" in found.attrs]

    def test_of_a_job_that_is_gone(self, poll, polled, user):
        """The browser is told to ask for the page, which is no more; so it asks no more."""
        job = running_job(user)
        path = polled(job)["hx-get"]
        job.delete()
        answer = poll(path)
        assert (answer.status_code, answer.headers["HX-Refresh"]) == (404, "true")
        assert answer.headers["Cache-Control"] == "private, no-store"

    def test_of_a_user_who_signed_out(self, poll, polled, user):
        """Else the login page would stand in the middle of the job's."""
        path = polled(running_job(user))["hx-get"]
        answer = poll(path, visitor=None)
        assert (answer.status_code, answer.headers["HX-Refresh"], answer.content) == (204, "true", b"")

    def test_of_a_user_who_may_not_ask_any_more(self, poll, polled, user, settings):
        path = polled(running_job(user))["hx-get"]
        settings.EXPORTS = settings.EXPORTS | {"ALLOWED_NETWORKS": ["192.0.2.0/24"]}
        answer = poll(path)
        assert (answer.status_code, answer.headers["HX-Refresh"]) == (403, "true")

    def test_a_stranger_is_told_what_is_said_of_none(self, poll, polled, user, stranger):
        job = running_job(user)
        path = path_of(job)
        answers = [poll(path, visitor=stranger)]
        job.delete()
        answers.append(poll(path, visitor=stranger))
        assert [answer.status_code for answer in answers] == [404, 404]
        assert answers[0].content == answers[1].content

    def test_the_script_is_there_where_it_asks(self, read, user):
        open_one, ended = read(path_of(running_job(user))), read(path_of(finished_job(user)))
        found = [
            "htmx" in str([script["src"] for script in page.all("script")]) for page in (open_one, ended)
        ]
        assert found == [True, False]
        config = open_one.one("meta", name="htmx-config")["content"]
        assert '"includeIndicatorStyles": false' in config

    def test_without_htmx(self, read, user, settings):
        """An engine in a project that has not installed it: the link does the same."""
        settings.INSTALLED_APPS = [name for name in settings.INSTALLED_APPS if name != "django_htmx"]
        page = read(path_of(running_job(user)))
        assert "hx-get" not in page.one("div", id="job-progress").attrs
        assert "htmx" not in str([script["src"] for script in page.all("script")])
        assert page.links()["Refresh"]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        *((0, "0 seconds"), (1, "1 second"), (119, "119 seconds")),
        *((120, "2 minutes"), (7_199, "120 minutes"), (7_200, "2 hours"), (86_400, "24 hours")),
    ],
)
def test_durations(seconds, text):
    assert duration(seconds) == text


def test_what_is_in_the_way_before_the_job_is_read(read, user, monkeypatch):
    job, errors, own_job = finished_job(user), [NotPermitted("Not now.")], control.own_job

    def refused_once(*args):
        if errors:
            raise errors.pop()
        return own_job(*args)

    monkeypatch.setattr(control, "own_job", refused_once)
    page = read(path_of(job), status=403)
    assert "Not now." in page.one("div", role="alert").words
