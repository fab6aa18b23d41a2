"""The form of a schedule: fields for daily, weekly and monthly, and one for a cron line."""

import pytest

from exports.models import ExportSchedule
from tests.web.forms import fields_of
from tests.web.html import Element, parse
from tests.web.saved_rows import ADDRESS, SCHEDULES, make_schedule, make_template

# A page is the same on every database.
pytestmark = [pytest.mark.sqlite, pytest.mark.django_db]

NEW = f"{SCHEDULES}new"


@pytest.fixture
def owner(user):
    """The user, with an address."""
    user.email = ADDRESS
    user.save()
    return user


@pytest.fixture
def send(client, owner):
    """send(path, fields): the answer to the form as it is shown, but for those fields."""

    def send(path, /, **fields):
        client.force_login(owner)
        shown = fields_of(form_of(parse(client.get(path).text)))
        return client.post(path, shown | fields)

    return send


def form_of(page: Element) -> Element:
    return page.one("form", class_="exports-form")


def days(page: Element) -> list[str]:
    boxes = page.all("input", type="checkbox", name="weekdays")
    return [box["value"] for box in boxes if "checked" in box.attrs]


def made(answer) -> ExportSchedule:
    schedule = ExportSchedule.objects.latest("updated_at")
    assert (answer.status_code, answer["Location"]) == (303, f"{SCHEDULES}{schedule.pk}/"), answer.text
    return schedule


def test_it_works(read, send, owner):
    template = make_template(owner)
    path = read(f"/exports/templates/{template.pk}/").links()["Schedule it"]
    shown = fields_of(form_of(read(path)))
    assert shown["template"] == str(template.pk)
    assert (shown["often"], shown["time"], shown["timezone"]) == ("daily", "06:00", "UTC")
    assert shown["recipients"] == ADDRESS
    answer = send(path, often="weekly", weekdays=["1", "5"], time="07:30", timezone="Europe/Berlin")
    schedule = made(answer)
    assert (schedule.rule, schedule.timezone) == ("30 7 * * 1,5", "Europe/Berlin")
    assert schedule.template == template
    assert schedule.recipients == [ADDRESS]
    assert not schedule.incremental


@pytest.mark.parametrize(
    ("fields", "rule"),
    [
        ({"often": "daily", "time": "00:00"}, "0 0 * * *"),
        ({"often": "weekly", "weekdays": ["7", "6"]}, "0 6 * * 6,0"),
        ({"often": "monthly", "day": "15"}, "0 6 15 * *"),
        ({"often": "monthly", "day": "L", "time": "23:59"}, "59 23 L * *"),
        ({"often": "line", "line": " */15  * * * * "}, "*/15 * * * *"),
        # What is typed for another way counts for nothing.
        ({"often": "daily", "line": "nonsense", "day": "15", "weekdays": ["3"]}, "0 6 * * *"),
        ({"often": "line", "line": "0 6 1 * *", "time": "later"}, None),
    ],
)
def test_what_it_writes(send, owner, fields, rule):
    make_template(owner)
    answer = send(NEW, template=str(make_template(owner, "Another").pk), **fields)
    if rule is None:
        assert answer.status_code == 400
    else:
        assert made(answer).rule == rule


@pytest.mark.parametrize(
    ("rule", "shown", "weekdays"),
    [
        ("5 4 * * *", {"often": "daily", "time": "04:05"}, ["1"]),
        ("5 4 * * MON-WED", {"often": "weekly", "time": "04:05"}, ["1", "2", "3"]),
        ("5 4 L * *", {"often": "monthly", "time": "04:05", "day": "L"}, ["1"]),
        ("0 6,18 * * *", {"often": "line", "line": "0 6,18 * * *"}, ["1"]),
    ],
)
def test_what_it_reads(read, send, owner, rule, shown, weekdays):
    """Opened and saved, a schedule comes as before."""
    schedule = make_schedule(owner, rule=rule, recipients=[ADDRESS], incremental=True)
    path = f"{SCHEDULES}{schedule.pk}/edit"
    page = read(path)
    fields = fields_of(form_of(page))
    assert shown.items() <= fields.items()
    assert days(page) == weekdays
    assert (fields["timezone"], fields["recipients"]) == ("Europe/Berlin", ADDRESS)
    made(send(path, weekdays=weekdays))
    after = ExportSchedule.objects.get()
    for name in ("next_run_at", "recipients", "incremental", "timezone"):
        assert getattr(after, name) == getattr(schedule, name)


def test_it_is_changed(read, send, owner):
    schedule = make_schedule(owner)
    path = read(f"{SCHEDULES}{schedule.pk}/").links()["Change"]
    other = make_template(owner, "Other")
    made(send(path, template=str(other.pk), often="monthly", day="1", incremental="on", recipients=""))
    schedule.refresh_from_db()
    assert (schedule.template, schedule.rule, schedule.recipients) == (other, "0 6 1 * *", [])
    assert schedule.incremental


def test_the_zone_of_the_last_one_is_offered(read, owner):
    make_schedule(owner, timezone="Australia/Lord_Howe")
    page = read(NEW)
    assert fields_of(form_of(page))["timezone"] == "Australia/Lord_Howe"
    [field] = page.all("input", name="timezone")
    offered = [option["value"] for option in page.one("datalist", id=field["list"]).all("option")]
    assert "Europe/Berlin" in offered
    assert offered == sorted(offered)


@pytest.mark.parametrize(
    ("fields", "label", "text"),
    [
        ({"template": ""}, "Template", "This field is required."),
        ({"often": "weekly", "weekdays": []}, "Days of the week", "This may not be empty."),
        ({"often": "daily", "time": ""}, "At", "This may not be empty."),
        ({"often": "monthly", "day": ""}, "Day of the month", "This may not be empty."),
        ({"often": "line", "line": ""}, "Cron line", "This may not be empty."),
        ({"often": "line", "line": "nonsense"}, "Cron line", "This is no cron line"),
        ({"often": "line", "line": "* * * * *"}, "Cron line", "less than 300 seconds apart"),
        ({"timezone": "Berlin"}, "Time zone", "There is no such time zone."),
        ({"timezone": ""}, "Time zone", "This field is required."),
        ({"recipients": "a@other.example"}, "Recipients", "your own address alone"),
        ({"recipients": "nobody"}, "Recipients", "This is no mail address: nobody."),
    ],
)
def test_a_mistake(send, owner, fields, label, text):
    template = make_template(owner)
    typed = {"template": str(template.pk), "often": "daily", "incremental": "on"} | fields
    answer = send(NEW, **typed)
    assert answer.status_code == 400
    page = parse(answer.text)
    alert = page.one("div", role="alert")
    assert f"{label}: " in alert.words
    assert text in alert.words
    assert alert.links()[label].startswith("#id_")
    assert page.one("title").words.startswith("Error:")
    shown = fields_of(form_of(page))
    assert {name: shown.get(name, "") for name in typed if name != "weekdays"} == {
        name: value for name, value in typed.items() if name != "weekdays"
    }
    assert ExportSchedule.objects.count() == 0


def test_rows_that_are_new_where_nobody_knows_when_they_came(send, owner):
    template = make_template(owner, dataset="hosts", parameters="")
    answer = send(NEW, template=str(template.pk), incremental="on")
    assert "does not say when its rows were created" in parse(answer.text).one("div", role="alert").words


def test_a_template_that_cannot_be_run(send, owner):
    template = make_template(owner)
    template.parameters = {"campaign": ["7"]}
    template.save()
    alert = parse(send(NEW, template=str(template.pk)).text).one("div", role="alert")
    assert "The template does not fit its dataset any more" in alert.words
    assert alert.links() == {"Template": "#id_template"}


def test_templates_of_others(read, send, owner, stranger):
    theirs = make_template(stranger, "Theirs")
    shared = make_template(stranger, "Shared", shared=[owner])
    assert "Theirs" not in read(NEW).words
    answer = send(NEW, template=str(theirs.pk))
    assert answer.status_code == 400
    assert "Theirs" not in answer.text
    assert made(send(NEW, template=str(shared.pk))).user == owner.pk


def test_the_limit(send, owner, settings):
    settings.EXPORTS = settings.EXPORTS | {"MAX_SCHEDULES_PER_USER": 1}
    schedule = make_schedule(owner)
    answer = send(NEW, template=str(schedule.template_id))
    assert answer.status_code == 400
    assert "You have 1 schedules, the limit." in parse(answer.text).one("div", role="alert").words
