"""Which templates a form offers to somebody with whom others share more than anybody looks through."""

import datetime as dt

import pytest
from django.utils import timezone

from exports.models import ExportSchedule, ExportTemplate, TemplateShare
from exports.web.choosable import MOST_OF_OTHERS, choosable
from tests.web.forms import fields_of
from tests.web.html import Element, parse
from tests.web.saved_rows import SCHEDULES, caller_of, make_schedule, make_template

# A page is the same on every database.
pytestmark = [pytest.mark.sqlite, pytest.mark.django_db]

NEW = f"{SCHEDULES}new"
SENTENCE = f"these are the {MOST_OF_OTHERS} that were changed last"


def share(owner, reader, count: int, *, dataset: str = "calls", days: int = 0) -> list[ExportTemplate]:
    """So many, each a minute older than the one before."""
    found = [
        ExportTemplate(user=owner.pk, name=f"{dataset} {days} {number}", dataset=dataset, parameters={})
        for number in range(count)
    ]
    ExportTemplate.objects.bulk_create(found)
    TemplateShare.objects.bulk_create([TemplateShare(template=each, user=reader.pk) for each in found])
    for number, template in enumerate(found):
        moment = timezone.now() - dt.timedelta(days=days, minutes=number)
        ExportTemplate.objects.filter(pk=template.pk).update(updated_at=moment)
    return found


def offered(page: Element) -> set[str]:
    return {option["value"] for option in page.one("select", name="template").all("option")} - {""}


def ids(templates: list[ExportTemplate]) -> set[str]:
    return {str(template.pk) for template in templates}


def test_it_works(read, user, stranger):
    own = [make_template(user, f"Own {number}") for number in range(3)]
    ExportTemplate.objects.update(updated_at=timezone.now() - dt.timedelta(days=365))
    shared = share(stranger, user, MOST_OF_OTHERS)
    page = read(NEW)
    assert offered(page) == ids(own + shared)
    assert SENTENCE not in page.words
    older = share(stranger, user, 3, days=1)
    page = read(NEW)
    assert offered(page) == ids(own + shared)
    assert SENTENCE in page.words
    # Whoever comes from the page of another finds it, and can schedule it.
    page = read(NEW, {"template": str(older[2].pk)})
    assert offered(page) == ids([*own, *shared, older[2]])
    assert fields_of(page.one("form", class_="exports-form"))["template"] == str(older[2].pk)


def test_one_that_is_not_offered_can_be_scheduled(client, read, user, stranger):
    share(stranger, user, MOST_OF_OTHERS)
    [old] = share(stranger, user, 1, days=1)
    path = f"{NEW}?template={old.pk}"
    shown = fields_of(read(NEW, {"template": str(old.pk)}).one("form", class_="exports-form"))
    assert client.post(path, shown | {"timezone": "nowhere"}).status_code == 400
    answer = client.post(path, shown | {"timezone": "nowhere"})
    assert str(old.pk) in offered(parse(answer.text))
    assert client.post(path, shown).status_code == 303
    assert ExportSchedule.objects.get().template == old


def test_a_schedule_keeps_its_template(read, user, stranger):
    [old] = share(stranger, user, 1, days=1)
    schedule = make_schedule(user, old)
    share(stranger, user, MOST_OF_OTHERS)
    page = read(f"{SCHEDULES}{schedule.pk}/edit")
    assert fields_of(page.one("form", class_="exports-form"))["template"] == str(old.pk)


@pytest.mark.parametrize("chosen", ["", "x", "00000000-0000-4000-8000-000000000000", "theirs"])
def test_what_nobody_shares_is_offered_to_nobody(user, stranger, chosen):
    theirs = make_template(stranger, "Theirs")
    found = choosable(caller_of(user), chosen=str(theirs.pk) if chosen == "theirs" else chosen)
    assert (found.templates, found.is_all) == ([], True)


def test_of_one_dataset(user, stranger):
    hosts = share(stranger, user, 2, dataset="hosts", days=1)
    share(stranger, user, MOST_OF_OTHERS + 1)
    found = choosable(caller_of(user), dataset="hosts")
    assert ids(found.templates) == ids(hosts)
    assert found.is_all


def test_a_choice_is_saved_in_place_of_ones_own_alone(client, user, stranger):
    """However many are shared: own ones are all there, and no more of others' is read than a form offers."""
    own = make_template(user, "Own", "start_date=last 45 days")
    share(stranger, user, MOST_OF_OTHERS + 20)
    ExportTemplate.objects.filter(pk=own.pk).update(updated_at=timezone.now() - dt.timedelta(days=365))
    client.force_login(user)
    page = parse(client.post("/exports/calls/templates", {"outcome": "busy"}).text)
    places = {option["value"] for option in page.one("select", name="template-replaces").all("option")}
    assert places == {"", str(own.pk)}
    periods = page.one("select", name="template-dates_0").all("option")
    assert "last 45 days" in [option["value"] for option in periods]
    assert len(choosable(caller_of(user), dataset="calls").templates) == MOST_OF_OTHERS + 1
