"""The rights of a schedule's user are those of each run: who has lost them gets no file, and reads why."""

import pytest
import time_machine
from django.core import mail

from exports.exceptions import InvalidParameters, NotPermitted, TemplateNotFound
from exports.models import ExportJob, ExportLog, ExportSchedule
from exports.registry import registry
from exports.saved import control as saved
from exports.schedules import control
from tests.engine.background import caller_of, content
from tests.policy.models import Contact
from tests.schedules.made import (
    DAY,
    HOUR,
    MINUTE,
    MORNING,
    at,
    at_work,
    caller,
    change_template,
    make_files,
    make_schedule,
    make_template,
    now_of,
    outcomes,
    owner,
)

# Whether it may, and who is told, is decided in Python; how it is claimed has tests on each database.
pytestmark = [pytest.mark.sqlite, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("calls")]


@pytest.fixture
def schedule(user, allow) -> ExportSchedule:
    """Of a dataset that asks for a permission for one's own rows too; each hour from MORNING on."""
    Contact.objects.create(owner=user, name="Ada")
    allow(user, "policy.take_out_secrets")
    with time_machine.travel(MORNING - MINUTE, tick=False):
        template = make_template(user, "secrets")
        return make_schedule(template, "0 * * * *", recipients=["user-123@example.com"])


def assert_no_file(schedule: ExportSchedule, code: str, text: str) -> None:
    at_work(MORNING)
    assert not ExportJob.objects.filter(status="succeeded").exists()
    assert outcomes(schedule) == ["failed"]
    run = schedule.runs.get()
    assert now_of(schedule).error_code == run.error_code == code
    assert schedule.error == run.error
    assert text in schedule.error
    assert schedule.failures == 1
    assert mail.outbox == []


def test_it_works(schedule, user):
    at_work(MORNING)
    assert content(schedule.runs.get().job).splitlines()[1:] == [b"Ada"]
    user.user_permissions.clear()
    at_work(MORNING + HOUR)
    assert outcomes(schedule) == ["succeeded", "failed"]
    assert now_of(schedule).error_code == "permission_denied"
    assert schedule.error == schedule.runs.first().error != ""
    assert ExportJob.objects.count() == 1
    # It is in the records too, with the user and the door.
    denied = ExportLog.objects.get(outcome="denied")
    assert (denied.user, denied.door) == (user.pk, "job")


def test_without_the_permission(schedule, user):
    user.user_permissions.clear()
    assert_no_file(schedule, "permission_denied", "permission")


def test_lost_between_the_job_and_its_file(schedule, user):
    at(MORNING)
    user.user_permissions.clear()
    make_files(MORNING)
    at(MORNING + MINUTE)
    assert outcomes(schedule) == ["failed"]
    assert now_of(schedule).error_code == "permission_denied"
    assert not ExportJob.objects.filter(status="succeeded").exists()


def test_lost_between_the_file_and_its_mail(schedule, user):
    at(MORNING)
    make_files(MORNING)
    user.user_permissions.clear()
    at(MORNING + MINUTE)
    assert mail.outbox == []
    assert schedule.mails.get().status == "dropped"


def test_who_may_not_sign_in(schedule, user):
    user.is_active = False
    user.save()
    assert_no_file(schedule, "permission_denied", "sign in")


def test_who_is_no_more(schedule, user):
    user.delete()
    assert_no_file(schedule, "permission_denied", "sign in")


def test_a_column_that_they_may_not_see_any_more(user, allow, schedule):
    """Which had been named: a file without it would look like one in which it is empty."""
    allow(user, "policy.see_salaries")
    with time_machine.travel(MORNING - MINUTE, tick=False):
        template = make_template(user, "contacts", "columns=name,salary", name="With salaries")
        other = make_schedule(template, "0 * * * *")
    user.user_permissions.clear()
    at_work(MORNING)
    assert outcomes(other) == ["failed"]
    assert now_of(other).error_code == "permission_denied"
    assert "salary" in other.error
    assert "salary" in str(saved.problems_of(template, caller(user))[0])


def test_all_columns_are_those_they_may_see(user, allow, schedule):
    allow(user, "policy.see_salaries")
    with time_machine.travel(MORNING - MINUTE, tick=False):
        other = make_schedule(make_template(user, "contacts", name="Contacts"), "0 * * * *")
    at_work(MORNING)
    user.user_permissions.clear()
    at_work(MORNING + HOUR)
    later, first = (content(run.job).splitlines()[0] for run in other.runs.all())
    assert b"salary" in first
    assert b"salary" not in later


def test_a_dataset_that_is_no_more(schedule, monkeypatch):
    without = {name: found for name, found in registry._definitions.items() if name != "secrets"}
    monkeypatch.setattr(registry, "_definitions", without)
    assert_no_file(schedule, "not_found", "no export of this name")


def test_a_template_that_is_no_more(schedule, user):
    saved.delete(schedule.template)
    assert_no_file(schedule, "template_gone", "template")


def test_a_template_that_is_not_shared_any_more(user, stranger, schedule):
    with time_machine.travel(MORNING - MINUTE, tick=False):
        template = make_template(user, "calls", name="Shared", shared_with=[stranger.pk])
        theirs = make_schedule(template, "0 * * * *", user=stranger)
    at_work(MORNING)
    # Their own rows.
    assert (outcomes(theirs), theirs.runs.get().row_count) == (["succeeded"], 2)
    change_template(template, user, shared_with=[])
    at_work(MORNING + HOUR)
    assert outcomes(theirs) == ["succeeded", "failed"]
    assert now_of(theirs).error_code == "template_gone"


def test_a_template_of_another_that_was_changed(user, stranger, schedule):
    """Its owner does not decide what a schedule of somebody else exports: who saves it again has seen it."""
    with time_machine.travel(MORNING - MINUTE, tick=False):
        template = make_template(user, "calls", "columns=id", name="Shared", shared_with=[stranger.pk])
        theirs = make_schedule(template, "0 * * * *", user=stranger)
        mine = make_schedule(template, "0 * * * *", user=user)
    change_template(template, user, "columns=id", name="Renamed", shared_with=[stranger.pk])
    at_work(MORNING)
    change_template(template, user, "columns=id,startedAt", shared_with=[stranger.pk])
    at_work(MORNING + HOUR)
    assert outcomes(mine) == ["succeeded", "succeeded"]
    assert outcomes(theirs) == ["succeeded", "failed"]
    assert now_of(theirs).error_code == "template_changed"
    plan = control.Plan(template=template, rule=theirs.rule)
    control.change(theirs, plan, caller(stranger))
    at_work(MORNING + 2 * HOUR)
    assert outcomes(theirs)[-1] == "succeeded"


def test_a_broken_one_loses_recipients_all_the_same(schedule, user):
    user.user_permissions.clear()
    plan = control.Plan(template=schedule.template, rule="0 7 * * *")
    control.change(schedule, plan, caller(user))
    assert (now_of(schedule).recipients, schedule.rule) == ([], "0 7 * * *")
    with pytest.raises(NotPermitted):
        make_schedule(schedule.template, "0 8 * * *")
    other = control.Plan(template=schedule.template, rule="0 7 * * *", incremental=True)
    with pytest.raises((NotPermitted, InvalidParameters)):
        control.change(schedule, other, caller(user))


def test_who_may_make_one(user, stranger):
    """With the rights to export it now, of a template that is theirs to run."""
    with pytest.raises(NotPermitted):
        make_template(user, "secrets")
    mine = make_template(user, "calls")
    with pytest.raises(InvalidParameters) as caught:
        make_schedule(mine, "0 6 * * *", user=stranger)
    assert caught.value.errors[0].attr == "template"
    with pytest.raises(TemplateNotFound):
        saved.usable_template(mine.pk, caller_of(stranger))


def test_run_by_staff(schedule, user, stranger):
    """Whoever presses the button, the rows and the rights are those of whose it is."""
    Contact.objects.create(owner=stranger, name="Grace")
    with time_machine.travel(MORNING - MINUTE, tick=False):
        run = control.run_now(schedule, caller_of(stranger))
    assert (run.job.user, run.job.tenant, run.by_hand) == (user.pk, user.pk, True)
    user.user_permissions.clear()
    with time_machine.travel(MORNING, tick=False), pytest.raises(NotPermitted):
        control.run_now(schedule, caller_of(stranger))
    user.is_active = False
    user.save()
    with time_machine.travel(MORNING, tick=False), pytest.raises(NotPermitted):
        control.run_now(schedule, caller_of(stranger))
    assert schedule.runs.count() == 1


def test_an_address_that_is_not_allowed_any_more(schedule, settings):
    """It is no other error: the schedule makes no file for nobody."""
    settings.EXPORTS = settings.EXPORTS | {"MAIL_DOMAINS": ["example.com"]}
    plan = control.Plan(template=schedule.template, rule=schedule.rule, recipients=["b@example.com"])
    with time_machine.travel(MORNING - MINUTE, tick=False):
        control.change(schedule, plan, caller_of(owner(schedule)))
    settings.EXPORTS = settings.EXPORTS | {"MAIL_DOMAINS": []}
    assert_no_file(schedule, "invalid", "b@example.com")


def test_a_day_later(schedule, user, allow):
    """A right that is there again is enough."""
    user.user_permissions.clear()
    at_work(MORNING)
    allow(user, "policy.take_out_secrets")
    at_work(MORNING + DAY)
    assert outcomes(schedule) == ["failed", "succeeded"]
    assert (now_of(schedule).failures, schedule.error, schedule.error_code) == (0, "", "")
