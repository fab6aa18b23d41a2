"""The pages of schedules: when each runs, what has come of it, and what is done with it."""

import datetime as dt

import pytest
import time_machine
from django.http import QueryDict
from django.utils import timezone

from exports.models import ExportJob, ExportSchedule, ScheduleRun
from exports.saved import control as saved
from exports.saved.control import Choice
from tests.web.forms import fields_of
from tests.web.html import Element, parse
from tests.web.job_rows import finished_job
from tests.web.saved_rows import (
    ADDRESS,
    SCHEDULES,
    TEMPLATES,
    caller_of,
    make_run,
    make_schedule,
    make_template,
    stopped_schedule,
)

# A page is the same on every database.
pytestmark = [pytest.mark.sqlite, pytest.mark.django_db]


def path_of(schedule: ExportSchedule, action: str = "") -> str:
    return f"{SCHEDULES}{schedule.pk}/{action}"


@pytest.fixture
def act(client, user):
    """act(schedule, "pause"): the answer to the button of its page."""

    def act(schedule, action):
        client.force_login(user)
        return client.post(path_of(schedule, action))

    return act


def led(answer, schedule: ExportSchedule) -> None:
    assert (answer.status_code, answer["Location"]) == (303, path_of(schedule))
    schedule.refresh_from_db()


def buttons(page: Element) -> list[str]:
    return [button.words for button in page.one("main").all("button")]


def cells(page: Element, label: str) -> list[list[str]]:
    """The rows of a table, without its head."""
    rows = page.one("div", aria_label=label).all("tr")[1:]
    return [[cell.words for cell in row.below() if cell.tag in ("th", "td")] for row in rows]


def test_it_works(read, user):
    """The clocks of Berlin are put on in the night to 29 March 2026: the offset of the next runs says so."""
    with time_machine.travel("2026-03-27T12:00:00Z", tick=False):
        user.email = ADDRESS
        user.save()
        schedule = make_schedule(user, recipients=[ADDRESS])
        job = finished_job(user)
        make_run(schedule, 1, job=job)
        make_run(schedule, 2, outcome="failed", row_count=None, error="There is no room for the file.")
        [row] = cells(read(SCHEDULES), "Schedules")
        when = "March 28, 2026, 6 a.m. (+0100)"
        assert row == ["Busy", "daily at 06:00", "Europe/Berlin", "active", when, "succeeded"]
        page = read(read(SCHEDULES).links()["Busy"])
        assert page.one("h1").words == "Schedule of Busy"
        assert [item.words for item in page.one("ol", class_="exports-upcoming").all("li")] == [
            "March 28, 2026, 6 a.m. (+0100)",
            "March 29, 2026, 6 a.m. (+0200)",
            "March 30, 2026, 6 a.m. (+0200)",
            "March 31, 2026, 6 a.m. (+0200)",
            "April 1, 2026, 6 a.m. (+0200)",
        ]
        facts = page.facts()
        assert facts["When"] == "daily at 06:00"
        assert facts["Recipients"] == ADDRESS
        assert cells(page, "Last runs") == [
            ["March 26, 2026, 1 p.m. (+0100)", "succeeded", "5", "succeeded", ""],
            ["March 25, 2026, 1 p.m. (+0100)", "failed", "—", "—", "There is no room for the file."],
        ]
        assert page.links()["succeeded"] == f"/exports/jobs/{job.pk}/"
        assert read(f"/exports/jobs/{job.pk}/").links()["The schedule that asked for it"] == path_of(schedule)


def test_a_line_that_has_no_words_is_shown(read, user):
    schedule = make_schedule(user, rule="*/30 8-17 * * MON-FRI")
    assert read(path_of(schedule)).facts()["When"] == "*/30 8-17 * * MON-FRI"
    assert "*/30 8-17 * * MON-FRI" in read(SCHEDULES).words


def test_there_are_none(read, user):
    page = read(SCHEDULES)
    assert "there is none yet" in page.words
    assert "New schedule" not in page.links()
    make_template(user)
    page = read(SCHEDULES)
    assert page.one("main").words.endswith("You have no schedules yet.")
    assert page.links()["New schedule"] == f"{SCHEDULES}new"


def test_more_runs_than_are_shown(read, user):
    schedule = make_schedule(user)
    for days in range(1, 25):
        make_run(schedule, days)
    assert len(cells(read(path_of(schedule)), "Last runs")) == 20


def test_as_many_queries_for_many_schedules(queries, user):
    template = make_template(user)
    make_run(make_schedule(user, template))
    one = queries(SCHEDULES)
    for _ in range(3):
        make_run(make_schedule(user, template), outcome="failed")
    assert queries(SCHEDULES) == one


def test_the_last_outcome_is_that_of_the_newest_run(read, user):
    schedule = make_schedule(user)
    make_run(schedule, 3, outcome="failed")
    make_run(schedule, 1, outcome="skipped")
    make_run(schedule, 2, outcome="failed")
    assert cells(read(SCHEDULES), "Schedules")[0][-1] == "skipped"


def test_what_was_missed_is_told(read, user):
    with time_machine.travel("2026-01-10T12:00:00Z", tick=False):
        schedule = make_schedule(user, timezone="UTC")
        since = timezone.now() - dt.timedelta(days=5)
        make_run(schedule, missed_since=since, by_hand=True)
        [row] = cells(read(path_of(schedule)), "Last runs")
    assert row[-1] == "by hand stands for all since Jan. 5, 2026, noon (+0000)"


def test_who_wants_no_more_mail_is_told(read, user):
    user.email = ADDRESS
    user.save()
    schedule = make_schedule(user, recipients=[ADDRESS])
    ExportSchedule.objects.update(unsubscribed=[ADDRESS])
    shown = read(path_of(schedule)).facts()["Recipients"]
    assert shown == f"{ADDRESS} (wants no more mail) Mail me again"


class TestMailAgain:
    def test_it_works(self, read, act, user):
        user.email = ADDRESS
        user.save()
        schedule = make_schedule(user, recipients=[ADDRESS])
        others = ["other@example.com"]
        # No known mail service tells capitals apart.
        ExportSchedule.objects.update(unsubscribed=[*others, ADDRESS.upper()])
        assert "Mail me again" in buttons(read(path_of(schedule)))
        led(act(schedule, "subscribe"), schedule)
        assert schedule.unsubscribed == others
        page = read(path_of(schedule))
        assert "Mail me again" not in buttons(page)
        assert page.facts()["Recipients"] == ADDRESS

    def test_for_somebody_else(self, read, act, user, settings):
        """Who has unsubscribed decides that alone."""
        settings.EXPORTS = settings.EXPORTS | {"MAIL_DOMAINS": ["*"]}
        user.email = "user@example.org"
        user.save()
        schedule = make_schedule(user, recipients=[ADDRESS])
        ExportSchedule.objects.update(unsubscribed=[ADDRESS])
        assert "Mail me again" not in buttons(read(path_of(schedule)))
        led(act(schedule, "subscribe"), schedule)
        assert schedule.unsubscribed == [ADDRESS]

    def test_who_has_no_address(self, act, user):
        schedule = make_schedule(user)
        ExportSchedule.objects.update(unsubscribed=["", ADDRESS])
        led(act(schedule, "subscribe"), schedule)
        assert schedule.unsubscribed == ["", ADDRESS]


class TestForAnotherTenant:
    """A template may say for whom it is: its schedules take out that tenant's rows."""

    @pytest.fixture
    def template(self, user, stranger, allow):
        allow(user, "export_for_other_tenant", "telephony.export_calllog")
        return make_template(user, parameters=f"tenant={stranger.pk}")

    def test_it_works(self, read, user, stranger, template):
        schedule = make_schedule(user, template)
        new = f"{SCHEDULES}new"
        for path, params in (
            (path_of(schedule), None),
            (path_of(schedule, "edit"), None),
            (new, {"template": template.pk}),
        ):
            [banner] = read(path, params).all("section", class_="exports-acting")
            assert f"tenant {stranger.pk}" in banner.words, path
        assert read(path_of(schedule)).facts()["Template"] == f"Busy for tenant {stranger.pk}"
        assert read(new).all("section", class_="exports-acting") == []

    def test_the_lists_say_so(self, read, user, stranger, template):
        make_schedule(user, template)
        make_template(user, "Mine")
        words = [row.words for row in read(TEMPLATES).all("tr")[1:]]
        assert [f"for tenant {stranger.pk}" in row for row in words] == [True, False]
        [row] = [row.words for row in read(SCHEDULES).all("tr")[1:]]
        assert row.startswith(f"Busy for tenant {stranger.pk}")

    def test_ones_own_are_not_marked(self, read, user):
        schedule = make_schedule(user)
        for path in (SCHEDULES, TEMPLATES, path_of(schedule), path_of(schedule, "edit")):
            page = read(path)
            assert page.all("section", class_="exports-acting") == []
            assert "for tenant" not in page.words


def test_a_list_has_pages(read, user):
    template = make_template(user)
    for hour in range(24):
        make_schedule(user, template, rule=f"0 {hour} * * *")
    for minute in (1, 2):
        make_schedule(user, template, rule=f"{minute} 0 * * *")
    first, second = read(SCHEDULES), read(SCHEDULES, {"page": 2})
    assert [len(page.all("th", scope="row")) for page in (first, second)] == [25, 1]
    assert second.one("caption").words == "26 schedules, newest first"
    assert (first.links()["Older"], second.links()["Newer"]) == ("?page=2", "?page=1")
    read(SCHEDULES, {"page": 0}, status=404)


class TestPause:
    def test_it_works(self, read, act, user):
        schedule = make_schedule(user)
        assert buttons(read(path_of(schedule)))[:2] == ["Run now", "Pause"]
        led(act(schedule, "pause"), schedule)
        assert (schedule.status, schedule.next_run_at) == ("paused", None)
        page = read(path_of(schedule))
        assert page.one("p", id="schedule-status").words == "paused"
        assert "None: it is not active." in page.words
        assert buttons(page)[:2] == ["Run now", "Resume"]
        led(act(schedule, "resume"), schedule)
        assert schedule.status == "active"
        assert schedule.next_run_at > timezone.now()

    def test_twice(self, act, user):
        schedule = make_schedule(user)
        led(act(schedule, "pause"), schedule)
        led(act(schedule, "pause"), schedule)
        assert schedule.status == "paused"


class TestStopped:
    def test_in_the_language_of_the_reader(self, client, user):
        """What was wrong is kept in English."""
        schedule = stopped_schedule(user)
        make_run(schedule, 7, outcome="failed", error="The disk <is> 100 % full.")
        client.force_login(user)
        page = parse(client.get(path_of(schedule), headers={"Accept-Language": "de"}).text)
        note = page.one("div", class_="exports-note exports-note-error").words
        assert note.endswith("Sie haben keine Berechtigung für diesen Export.")
        assert cells(page, "Letzte Läufe")[-1][-1] == "The disk <is> 100 % full."

    def test_it_works(self, read, act, user):
        schedule = stopped_schedule(user)
        page = read(path_of(schedule))
        note = page.one("div", class_="exports-note exports-note-error").words
        assert note.startswith("It has stopped by itself It has failed 5 times in a row")
        assert note.endswith("You do not have the permission for this export.")
        led(act(schedule, "resume"), schedule)
        assert (schedule.status, schedule.failures) == ("active", 0)
        assert "It has stopped by itself" not in read(path_of(schedule)).words

    def test_before_it_does(self, read, user):
        schedule = make_schedule(user)
        ExportSchedule.objects.update(failures=2, error="There is no room for the file.")
        note = read(path_of(schedule)).one("div", class_="exports-note exports-note-warning").words
        assert note.startswith("It has failed 2 times in a row, and stops after 5.")
        assert note.endswith("There is no room for the file.")


@pytest.mark.django_db(transaction=True)
class TestRunNow:
    def test_it_works(self, read, act, user):
        schedule = make_schedule(user)
        led(act(schedule, "run"), schedule)
        job = ExportJob.objects.get()
        assert (job.user, job.parameters) == (user.pk, {"outcome": ["busy"]})
        page = read(path_of(schedule))
        [row] = cells(page, "Last runs")
        assert row[1:] == ["running", "—", "queued", "by hand"]
        assert page.links()["queued"] == f"/exports/jobs/{job.pk}/"

    def test_one_that_goes_on_from_a_run_that_has_not_ended(self, act, user):
        schedule = make_schedule(user, incremental=True)
        led(act(schedule, "run"), schedule)
        answer = act(schedule, "run")
        assert answer.status_code == 409
        page = parse(answer.text)
        assert "An earlier run has not ended" in page.one("div", role="alert").words
        assert page.one("h1").words == "Schedule of Busy"
        assert ScheduleRun.objects.count() == 1

    def test_its_template_is_gone(self, read, act, user):
        schedule = make_schedule(user)
        schedule.template.delete()
        page = read(path_of(schedule))
        assert "The template was deleted" in page.words
        assert "Run now" not in buttons(page)
        answer = act(schedule, "run")
        assert answer.status_code == 409
        assert "The template was deleted" in parse(answer.text).one("div", role="alert").words
        assert "gone" in read(SCHEDULES).links()

    def test_its_template_is_not_shared_any_more(self, read, act, user, stranger):
        template = make_template(stranger, name="Secret plans", shared=[user])
        schedule = make_schedule(user, template)
        template.shares.all().delete()
        template.name = "Others' plans"
        template.save()
        page = read(path_of(schedule))
        assert "not shared with you any more" in page.words
        assert "plans" not in page.text
        assert "plans" not in read(SCHEDULES).text
        assert act(schedule, "run").status_code == 409

    def test_somebody_else_has_changed_its_template(self, client, read, act, user, stranger):
        template = make_template(stranger, shared=[user])
        schedule = make_schedule(user, template)
        assert "was changed by its owner" not in read(path_of(schedule)).words
        choice = Choice(
            name="Busy", dataset="calls", parameters=QueryDict("outcome=failed"), shared_with=[user.pk]
        )
        saved.change(template, choice, caller_of(stranger))
        page = read(path_of(schedule))
        assert "was changed by its owner" in page.one("p", class_="exports-note exports-note-warning").words
        assert act(schedule, "run").status_code == 409
        path = path_of(schedule, "edit")
        client.post(path, fields_of(read(path).one("form", class_="exports-form")))
        assert "was changed by its owner" not in read(path_of(schedule)).words
        led(act(schedule, "run"), schedule)

    def test_a_limit(self, act, user, settings):
        settings.EXPORTS = settings.EXPORTS | {"MAX_JOBS_PER_USER": 1}
        schedule = make_schedule(user)
        led(act(schedule, "run"), schedule)
        answer = act(schedule, "run")
        assert answer.status_code == 429
        assert "There are 1 background jobs of yours" in parse(answer.text).one("div", role="alert").words


def test_it_is_deleted(read, act, user):
    schedule = make_schedule(user)
    make_run(schedule, job=finished_job(user))
    assert "Delete the schedule" in buttons(read(path_of(schedule)))
    answer = act(schedule, "delete")
    assert (answer.status_code, answer["Location"]) == (303, SCHEDULES)
    assert ExportSchedule.objects.count() == 0
    assert ExportJob.objects.count() == 1
