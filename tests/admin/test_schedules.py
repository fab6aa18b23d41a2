"""Schedules and their runs in the admin: who sees them, and what is done with them in whose name."""

import datetime as dt
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import now

from exports.models import ExportJob, ExportMail, ExportSchedule, ExportTemplate, ScheduleRun
from tests.admin.test_templates import errors, make, permissions

# A page is the same on every database.
pytestmark = [pytest.mark.sqlite, pytest.mark.django_db]

LIST, RUNS = "/admin/exports/exportschedule/", "/admin/exports/schedulerun/"
FORM = {"rule": "30 6 * * 1", "timezone": "Europe/Berlin", "recipients": "staff@example.com"}


@pytest.fixture
def editor(staff, allow) -> Any:
    """Staff who may do everything with schedules, of their own."""
    staff.email = "staff@example.com"
    staff.save()
    allow(staff, *permissions("exportschedule"), "exports.view_schedulerun")
    return staff


@pytest.fixture
def overseer(editor, allow) -> Any:
    """The same, with everybody's."""
    allow(
        editor, "exports.export_for_all_tenants", "exports.export_for_other_tenant", "exports.view_exportlog"
    )
    allow(editor, *permissions("exporttemplate"))
    return editor


@pytest.fixture
def theirs(stranger) -> ExportSchedule:
    """A stranger's schedule."""
    stranger.email = "stranger@example.com"
    stranger.save()
    return schedule(stranger, make(stranger, "theirs"))


def schedule(user: Any, template: ExportTemplate | None, **values: Any) -> ExportSchedule:
    described = {
        "rule": "0 6 * * *",
        "timezone": "Europe/Berlin",
        "next_run_at": now() + dt.timedelta(days=1),
    }
    return ExportSchedule.objects.create(user=user.pk, template=template, **described | values)


def found(client: Any, path: str = LIST) -> list[Any]:
    page = client.get(path)
    assert page.status_code == 200
    return list(page.context["cl"].result_list)


def act(client: Any, action: str, *chosen: ExportSchedule) -> Any:
    fields = {"action": action, "_selected_action": [str(one.pk) for one in chosen]}
    return client.post(LIST, fields, follow=True)


def test_it_works(client, editor):
    template = make(editor)
    assert "\nstaff@example.com</textarea>" in client.get(f"{LIST}add/").text
    assert client.post(f"{LIST}add/", FORM | {"template": str(template.pk)}).status_code == 302
    [made] = found(client)
    assert (made.user, made.rule, made.recipients) == ("user-123", "30 6 * * 1", ["staff@example.com"])
    page = client.get(f"{LIST}{made.pk}/change/")
    # By the clock of its zone, Mondays at half past six, whatever UTC says.
    zones = {"CET", "CEST"}
    times = [line for line in page.text.split("<p>") if " 06:30 " in line]
    assert len(times) == 5
    assert {line.split("</p>")[0].split()[-1] for line in times} <= zones
    changed = FORM | {"template": str(template.pk), "rule": "0 7 * * *", "incremental": "on"}
    assert client.post(f"{LIST}{made.pk}/change/", changed).status_code == 302
    made.refresh_from_db()
    assert (made.rule, made.incremental) == ("0 7 * * *", True)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"rule": "soon"}, "rule"),
        ({"rule": "* * * * *"}, "rule"),
        ({"timezone": "Mars"}, "timezone"),
        ({"template": ""}, "template"),
        ({"recipients": "nobody"}, "recipients"),
        ({"recipients": "somebody@else.example"}, "recipients"),
    ],
)
def test_what_is_wrong_stands_at_its_field(client, editor, changes, field):
    template = make(editor)
    assert field in errors(client.post(f"{LIST}add/", FORM | {"template": str(template.pk)} | changes))
    assert not ExportSchedule.objects.exists()


def test_another_s_template_is_no_choice(client, editor, stranger):
    theirs = make(stranger)
    assert "template" in errors(client.post(f"{LIST}add/", FORM | {"template": str(theirs.pk)}))
    theirs.shares.create(user=editor.pk)
    assert client.post(f"{LIST}add/", FORM | {"template": str(theirs.pk)}).status_code == 302


def test_pausing_and_resuming(client, editor):
    one = schedule(editor, make(editor))
    assert "Done for 1 schedule." in act(client, "pause", one).text
    one.refresh_from_db()
    assert (one.status, one.next_run_at) == ("paused", None)
    act(client, "resume", one)
    one.refresh_from_db()
    assert one.status == "active"
    assert one.next_run_at
    assert [entry.get_change_message() for entry in LogEntry.objects.order_by("pk")] == [
        "Paused.",
        "Resumed.",
    ]


def test_what_it_has_come_to_is_shown(client, editor):
    one = schedule(editor, make(editor), status="stopped", error="<b>", error_code="x", failures=5)
    at = dt.datetime(2026, 7, 1, 4, tzinfo=dt.UTC)
    for number, outcome in enumerate(["succeeded", "failed"]):
        run = {"occurrence": at + dt.timedelta(days=number), "outcome": outcome, "error": "why <i>"}
        ScheduleRun.objects.create(schedule=one, **run)
    page = client.get(f"{LIST}{one.pk}/change/").text
    assert "&lt;b&gt;" in page
    assert "<p>2026-07-01 06:00 CEST: succeeded why &lt;i&gt;</p>" in page
    assert "2026-07-02 06:00 CEST: failed" in page
    assert ">failed<" in client.get(LIST).text
    assert len(found(client, RUNS)) == 2
    [run, _older] = found(client, RUNS)
    assert "why &lt;i&gt;" in client.get(f"{RUNS}{run.pk}/change/").text


def test_deleting_one_takes_what_is_told_of_it(client, editor, allow):
    allow(editor, "exports.view_exportmail")
    one = schedule(editor, make(editor))
    ScheduleRun.objects.create(schedule=one, occurrence=now())
    ExportMail.objects.create(kind="stopped", user=editor.pk, schedule=one, event="x")
    assert client.get(f"{LIST}{one.pk}/delete/").context["perms_lacking"] == set()
    assert client.post(f"{LIST}{one.pk}/delete/", {"post": "yes"}).status_code == 302
    assert not ExportSchedule.objects.exists()


def test_who_may_only_look_changes_nothing(client, staff, allow):
    allow(staff, "exports.view_exportschedule")
    one = schedule(staff, make(staff), recipients=["a@example.com"])
    page = client.get(f"{LIST}{one.pk}/change/")
    assert "a@example.com" in page.text
    assert 'name="_save"' not in page.text
    for path in ("add/", f"{one.pk}/change/", f"{one.pk}/delete/"):
        assert client.post(LIST + path, FORM | {"post": "yes"}).status_code == 403
    for action in ("pause", "run_now", "delete_selected"):
        act(client, action, one)
    one.refresh_from_db()
    assert (one.status, one.runs.count()) == ("active", 0)


def test_a_stranger_sees_ones_own_schedules_only(client, editor, theirs):
    mine = schedule(editor, make(editor))
    run = ScheduleRun.objects.create(schedule=theirs, occurrence=now())
    ScheduleRun.objects.create(schedule=mine, occurrence=now())
    assert found(client) == [mine]
    assert [run.schedule for run in found(client, RUNS)] == [mine]
    assert found(client, f"{LIST}?q={theirs.pk}") == []
    assert "theirs" not in client.get(LIST).text + client.get(RUNS).text
    for path in (f"{LIST}{theirs.pk}/change/", f"{LIST}{theirs.pk}/delete/", f"{RUNS}{run.pk}/change/"):
        assert client.get(path, follow=True).redirect_chain == [("/admin/", 302)]
    for action in ("pause", "run_now", "delete_selected"):
        act(client, action, theirs)
    theirs.refresh_from_db()
    assert (theirs.status, theirs.runs.count(), ExportJob.objects.count()) == ("active", 1, 0)


def test_who_may_see_all_changes_what_is_another_s(client, overseer, theirs, allow, caplog):
    """In their name, by their rights; the recipients are allowed by whoever may mail to anybody."""
    path = f"{LIST}{theirs.pk}/change/"
    fields = FORM | {"template": str(theirs.template_id), "recipients": "boss@example.org"}
    assert found(client) == [theirs]
    assert "recipients" in errors(client.post(path, fields))
    allow(overseer, "exports.mail_to_anybody")
    with caplog.at_level("INFO"):
        assert client.post(path, fields).status_code == 302
    assert f"User user-123 allows mail of schedule {theirs.pk} to: boss@example.org" in caplog.text
    theirs.refresh_from_db()
    assert (theirs.user, theirs.rule) == ("user-456", "30 6 * * 1")
    assert theirs.recipients == theirs.approved == ["boss@example.org"]
    mine = make(overseer)
    assert "template" in errors(client.post(path, fields | {"template": str(mine.pk)}))


def test_nobody_has_rows_sent_that_they_may_not_have(client, overseer, theirs, allow):
    """To allow recipients takes the rights to the rows, by whatever template they come."""
    allow(overseer, "exports.mail_to_anybody")
    path = f"{LIST}{theirs.pk}/change/"
    fields = FORM | {"template": str(theirs.template_id), "recipients": "boss@example.org"}
    calls = Permission.objects.get(codename="export_calllog")
    overseer.user_permissions.remove(calls)
    assert "these rows" in str(errors(client.post(path, fields))["recipients"])
    agents = make(get_user_model().objects.get(pk="user-456"), "agents", dataset="agents")
    assert client.post(path, fields | {"template": str(agents.pk)}).status_code == 302
    assert "these rows" in str(errors(client.post(path, fields))["recipients"])
    # Nor by changing the template, once the recipients are allowed.
    asked = {"name": "agents", "dataset": "calls", "lines": "", "shared_with": ""}
    assert errors(client.post(f"/admin/exports/exporttemplate/{agents.pk}/change/", asked))
    # What was allowed before stays, while the rows are the same.
    overseer.user_permissions.remove(Permission.objects.get(codename="export_agentconfig"))
    kept = fields | {"template": str(agents.pk), "rule": "0 9 * * *"}
    assert client.post(path, kept).status_code == 302
    theirs.refresh_from_db()
    assert (theirs.approved, theirs.rule) == (["boss@example.org"], "0 9 * * *")


def test_one_of_a_user_who_is_gone(client, overseer, theirs, stranger):
    stranger.delete()
    path = f"{LIST}{theirs.pk}/change/"
    assert client.get(path).status_code == 200
    assert errors(client.post(path, FORM | {"template": str(theirs.template_id)}))
    assert "may not sign in any more" in act(client, "run_now", theirs).text


def test_more_schedules_are_no_more_queries(client, overseer):
    def queries(path: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            found(client, path)
        return len(captured)

    def add(number: int) -> None:
        one = schedule(overseer, make(overseer, f"Calls {number}"))
        ScheduleRun.objects.create(schedule=one, occurrence=now())

    add(0)
    few = [queries(path) for path in (LIST, RUNS, LIST, RUNS)][2:]  # the first fill the caches that last
    for number in range(1, 8):
        add(number)
    assert [queries(path) for path in (LIST, RUNS)] == few


@pytest.mark.parametrize("path", [LIST, RUNS])
def test_without_the_permission_there_is_no_list(client, staff, path):
    assert client.get(path).status_code == 403


@pytest.mark.parametrize("path", [LIST, RUNS])
def test_without_a_storage_there_are_none(client, editor, settings, path):
    assert path in client.get("/admin/").text
    settings.EXPORTS = settings.EXPORTS | {"STORAGE": None}
    assert path not in client.get("/admin/").text
    assert client.get(path).status_code == 403


@pytest.mark.django_db(transaction=True)
def test_running_now_is_in_the_name_of_its_user(client, overseer, theirs):
    assert "Done for 1 schedule." in act(client, "run_now", theirs).text
    job = ExportJob.objects.get()
    assert (job.user, job.tenant, job.door) == ("user-456", "user-456", "job")
    run = theirs.runs.get()
    assert (run.by_hand, run.job, run.outcome) == (True, job, "running")
    assert LogEntry.objects.get().user_id == "user-123"
