"""The body of a schedule: each name as what it has to be, and a template that the caller may run."""

import uuid

import pytest

from exports.models import ExportSchedule, ExportTemplate

# What a body means does not depend on the database.
pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]

SCHEDULES = "/api/exports/schedules"


@pytest.fixture(autouse=True)
def email(user):
    user.email = "Me@example.com"
    user.save()


def test_it_works(keep):
    keep.schedule(rule="*/15 8-17 * * MON-FRI", timezone="America/St_Johns", recipients=["me@example.com"])
    schedule = ExportSchedule.objects.get()
    assert (schedule.rule, schedule.timezone) == ("*/15 8-17 * * MON-FRI", "America/St_Johns")
    assert (schedule.recipients, schedule.incremental) == (["me@example.com"], False)


@pytest.mark.parametrize(
    ("said", "errors"),
    [
        # The template.
        ({"template": None}, [("null", "template")]),
        ({"template": 1}, [("invalid", "template")]),
        ({"template": {"id": 1}}, [("invalid", "template")]),
        ({"template": "x"}, [("not_found", "template")]),
        ({"template": str(uuid.UUID(int=1))}, [("not_found", "template")]),
        # The rule.
        ({"rule": None}, [("null", "rule")]),
        ({"rule": 5}, [("invalid", "rule")]),
        ({"rule": ""}, [("invalid", "rule")]),
        ({"rule": "daily"}, [("invalid", "rule")]),
        ({"rule": "0 6 * *"}, [("invalid", "rule")]),
        ({"rule": "0 0 6 * * *"}, [("invalid", "rule")]),
        ({"rule": "60 6 * * *"}, [("invalid", "rule")]),
        ({"rule": "0 6 30 2 *"}, [("invalid", "rule")]),
        ({"rule": "0 6 * * *" + " " * 100 + "x"}, [("invalid", "rule")]),
        ({"rule": "* * * * *"}, [("too_often", "rule")]),
        ({"rule": "\ud800"}, [("invalid_characters", "rule")]),
        # The zone.
        ({"timezone": None}, [("null", "timezone")]),
        ({"timezone": 1}, [("invalid", "timezone")]),
        ({"timezone": ""}, [("invalid", "timezone")]),
        ({"timezone": "Europe/Nowhere"}, [("invalid", "timezone")]),
        ({"timezone": "../etc/passwd"}, [("invalid", "timezone")]),
        ({"timezone": "x", "rule": "x"}, [("invalid", "timezone"), ("invalid", "rule")]),
        # Who is told.
        ({"recipients": None}, [("null", "recipients")]),
        ({"recipients": "me@example.com"}, [("invalid", "recipients")]),
        ({"recipients": [None]}, [("null", "recipients")]),
        ({"recipients": ["me"]}, [("invalid", "recipients")]),
        ({"recipients": ["you@example.com"]}, [("not_allowed", "recipients")]),
        ({"recipients": ["me@example.com", "ME@example.com"]}, [("repeated", "recipients")]),
        ({"recipients": ["me@example.com\nBcc: you@example.com"]}, [("invalid", "recipients")]),
        ({"recipients": ["\ud800@example.com"]}, [("invalid_characters", "recipients")]),
        # Whether it goes on.
        ({"incremental": None}, [("null", "incremental")]),
        ({"incremental": "true"}, [("invalid", "incremental")]),
        ({"incremental": 1}, [("invalid", "incremental")]),
        # What is told of a schedule, nobody says of a new one.
        ({"status": "paused"}, [("unknown_parameter", "status")]),
        ({"user": "user-456"}, [("unknown_parameter", "user")]),
        # Several at once.
        ({"x": 1, "rule": None}, [("unknown_parameter", "x"), ("null", "rule")]),
    ],
    ids=lambda value: str(value)[:50] if isinstance(value, dict) else "",
)
def test_what_is_wrong_is_named(jobs, get, keep, said, errors):
    plan = {"template": keep.template()["id"], "rule": "0 6 * * *"}
    answer = jobs.ask(SCHEDULES, plan | said)
    assert (answer.status, answer.errors) == (400, errors)
    assert not ExportSchedule.objects.exists()
    schedule = keep.schedule(keep.template("Other"))
    if not {"status", "user"} & {*said}:
        patched = jobs.ask(schedule["links"]["self"], said, method="patch")
        assert (patched.status, patched.errors) == (400, errors)
        assert get(schedule["links"]["self"]).json == schedule


@pytest.mark.parametrize("missing", ["template", "rule"])
def test_what_has_to_be_there(jobs, keep, missing):
    plan = {"template": keep.template()["id"], "rule": "0 6 * * *"}
    path = keep.schedule(keep.template("Other"))["links"]["self"]
    del plan[missing]
    for answer in (jobs.ask(SCHEDULES, plan), jobs.ask(path, plan, method="put")):
        assert (answer.status, answer.errors) == (400, [("required", missing)])


def test_a_template_of_others_is_as_one_that_does_not_exist(jobs, keep, stranger):
    theirs = keep.template(by=stranger)
    mine = keep.schedule()
    for path, method in ((SCHEDULES, "post"), (mine["links"]["self"], "patch")):
        told = [
            jobs.ask(path, {"template": key, "rule": "0 6 * * *"}, method=method)
            for key in (theirs["id"], str(uuid.uuid4()), "x")
        ]
        assert {answer.status for answer in told} == {400}
        assert len({answer.body for answer in told}) == 1


def test_of_a_template_that_is_shared(keep, user, stranger):
    shared = keep.template(shared_with=[user.pk], by=stranger)
    assert keep.schedule(shared)["template"] == shared["id"]


def test_a_template_that_is_broken(jobs, keep):
    template = keep.template()
    ExportTemplate.objects.update(parameters={"colour": ["red"]})
    answer = jobs.ask(SCHEDULES, {"template": template["id"], "rule": "0 6 * * *"})
    assert (answer.status, answer.errors) == (400, [("broken", "template")])


def test_a_template_that_says_since_when(jobs, keep):
    template = keep.template(since="start")
    body = {"template": template["id"], "rule": "0 6 * * *", "incremental": True}
    answer = jobs.ask(SCHEDULES, body)
    assert (answer.status, answer.errors) == (400, [("does_not_apply", "incremental")])


def test_recipients_at_a_domain_that_the_settings_allow(keep, settings):
    settings.EXPORTS = settings.EXPORTS | {"MAIL_DOMAINS": ["example.com"]}
    assert keep.schedule(recipients=["you@example.com"])["recipients"] == ["you@example.com"]


def test_so_many_recipients(jobs, keep, settings):
    settings.EXPORTS = settings.EXPORTS | {"MAIL_DOMAINS": ["example.com"], "MAX_RECIPIENTS": 1}
    body = {"template": keep.template()["id"], "rule": "0 6 * * *"}
    answer = jobs.ask(SCHEDULES, body | {"recipients": ["a@example.com", "b@example.com"]})
    assert (answer.status, answer.errors) == (400, [("max_length", "recipients")])


@pytest.mark.parametrize("text", ["", "[]", "null", "{", '{"rule": "0 6 * * *", "rule": "0 7 * * *"}'])
@pytest.mark.parametrize("method", ["post", "put", "patch"])
def test_what_is_no_object_is_400(jobs, keep, method, text):
    path = SCHEDULES if method == "post" else keep.schedule()["links"]["self"]
    answer = jobs.ask(path, text, method=method)
    expected = ("repeated", "rule") if "0 7" in text else ("parse_error", None)
    assert (answer.status, answer.errors) == (400, [expected])


def test_parameters_in_the_query_would_be_lost(jobs, keep):
    plan = {"template": keep.template()["id"], "rule": "0 6 * * *"}
    answer = jobs.ask(f"{SCHEDULES}?timezone=UTC", plan)
    assert (answer.status, answer.errors) == (400, [("unknown_parameter", "timezone")])
