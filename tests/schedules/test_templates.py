"""Templates: what is kept, what it stands for now, who may run it, and what is wrong with a broken one."""

import django_filters
import pytest
import time_machine
from django.http import QueryDict

import exports
from exports.caller import Caller
from exports.exceptions import (
    InvalidParameters,
    NotPermitted,
    TemplateBroken,
    TemplateNotFound,
)
from exports.filters import ExportFilterSet
from exports.models import ExportJob, ExportLog, ExportTemplate
from exports.registry import registry
from exports.saved import control as saved
from exports.saved.resolving import relative_fields
from tests.engine.background import content
from tests.engine.models import Sample
from tests.schedules.made import (
    MORNING,
    caller,
    change_template,
    make_files,
    make_template,
    now_of,
)

# Whether it may, and who is told, is decided in Python; how it is claimed has tests on each database.
pytestmark = [pytest.mark.sqlite, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("calls")]


def limited(user, *datasets: str) -> Caller:
    """By a credential that allows these datasets alone."""
    return Caller(user=user, door=ExportLog.Door.API, credential=_Credential(datasets))


class _Credential:
    def __init__(self, datasets):
        self.datasets = datasets

    def allows_dataset(self, name):
        return name in self.datasets


def test_it_works(user):
    query = "start_date=last month&end_date=last_month&columns=id,startedAt&format=jsonl"
    with time_machine.travel(MORNING, tick=False):
        template = make_template(user, "calls", query, name="  Calls \t of last month ")
        assert (template.name, template.dataset) == ("Calls of last month", "calls")
        assert template.parameters["start_date"] == ["last month"]
        now = saved.parameters_now(template, caller(user))
        assert now["start_date"] == "2026-02-01T00:00:00+00:00"
        assert now["end_date"] == "2026-02-28T23:59:59.999999+00:00"
        assert now["columns"] == "id,startedAt"
        assert saved.problems_of(template, caller(user)) == ()
        job = saved.run(template, caller(user))
    make_files(MORNING)
    assert (now_of(job).status, job.template, job.format, job.user) == (
        "succeeded",
        template,
        "jsonl",
        user.pk,
    )


def test_days_of_its_own_zone(user):
    with time_machine.travel("2026-03-01T04:00:00Z", tick=False):
        template = make_template(user, "calls", "start_date=today&tz=America/New_York")
        now = saved.parameters_now(template, caller(user))
        assert now["start_date"] == "2026-02-28T00:00:00-05:00"


def test_which_filters_take_relative_dates():
    assert set(relative_fields("calls")) == {"start_date", "end_date"}
    assert relative_fields("nowhere") == []


def test_shared(user, stranger):
    """Whoever it is shared with has rows of their own by it, and changes nothing."""
    template = make_template(user, "calls", "columns=id", shared_with=[stranger.pk, user.pk, stranger.pk])
    assert [share.user for share in template.shares.all()] == [stranger.pk]
    assert saved.usable_template(template.pk, caller(stranger)) == template
    with pytest.raises(TemplateNotFound):
        saved.own_template(template.pk, caller(stranger))
    assert list(saved.own_templates(caller(stranger))) == []
    assert list(saved.reachable_templates(stranger)) == []
    mine, theirs = saved.run(template, caller(user)), saved.run(template, caller(stranger))
    make_files(MORNING)
    assert [len(content(now_of(job)).split()) - 1 for job in (mine, theirs)] == [3, 2]
    assert not set(content(mine).split()[1:]) & set(content(theirs).split()[1:])
    change_template(template, user, "columns=id", shared_with=[])
    with pytest.raises(TemplateNotFound):
        saved.usable_template(template.pk, caller(stranger))


def test_a_stranger(user, stranger):
    template = make_template(user, "calls")
    with pytest.raises(TemplateNotFound):
        saved.usable_template(template.pk, caller(stranger))
    assert not saved.usable_templates(caller(stranger)).exists()


def test_of_another_tenant(user, stranger):
    """That it names the rows of one tenant gives nobody the right to them."""
    with pytest.raises(NotPermitted):
        make_template(stranger, "calls", f"tenant={user.pk}")
    template = make_template(user, "calls", f"tenant={user.pk}", shared_with=[stranger.pk])
    with pytest.raises(NotPermitted):
        saved.run(template, caller(stranger))
    assert saved.problems_of(template, caller(stranger))
    assert not ExportJob.objects.exists()


@pytest.mark.parametrize(
    ("query", "attr"),
    [
        ("start_date=next month", "start_date"),
        ("start_date=last month&start_date=2026-99-99", "start_date"),
        ("since=yesterday", "since"),
        ("columns=nothing", "columns"),
        ("no_such_filter=1", "no_such_filter"),
        ("format=exe", "format"),
        ("agent_id=last month\x00", "agent_id"),
    ],
)
def test_what_is_not_kept(user, query, attr):
    with pytest.raises(InvalidParameters) as caught:
        make_template(user, "calls", query)
    assert attr in {problem.attr for problem in caught.value.errors}
    assert not ExportTemplate.objects.exists()


@pytest.mark.parametrize("name", ["", "  ", "x" * 101, "a\x00b", "a\u202eb", "\ud800"])
def test_what_is_no_name(user, name):
    with pytest.raises(InvalidParameters) as caught:
        make_template(user, "calls", name=name)
    assert [problem.attr for problem in caught.value.errors] == ["name"]


def test_a_name_once(user, stranger):
    make_template(user, "calls")
    make_template(stranger, "calls")
    with pytest.raises(InvalidParameters) as caught:
        make_template(user, "orders")
    assert [(problem.attr, problem.code) for problem in caught.value.errors] == [("name", "unique")]
    second = make_template(user, "orders", name="Other")
    with pytest.raises(InvalidParameters):
        change_template(second, user, name="All")
    assert now_of(second).name == "Other"


def test_too_many(user, settings):
    settings.EXPORTS = settings.EXPORTS | {"MAX_TEMPLATES_PER_USER": 1}
    template = make_template(user, "calls")
    with pytest.raises(InvalidParameters, match="1 templates"):
        make_template(user, "calls", name="Second")
    change_template(template, user, name="Still the first")
    with pytest.raises(InvalidParameters):
        change_template(template, user, shared_with=[str(number) for number in range(101)])


def test_by_a_credential(user):
    """One that is limited to other datasets sees none of it, and makes none."""
    make_template(user, "calls")
    choice = saved.Choice(name="Orders", dataset="orders", parameters=QueryDict())
    with pytest.raises(NotPermitted):
        saved.create(choice, limited(user, "calls"))
    for datasets, count in (((), 0), (("orders",), 0), (("calls", "orders"), 1)):
        assert saved.usable_templates(limited(user, *datasets)).count() == count
        assert saved.own_templates(limited(user, *datasets)).count() == count


@pytest.fixture
def declared(monkeypatch):
    """declared(filterset, columns): the dataset `samples` is declared so from now on; or is no more."""
    kept = dict(registry._definitions)

    def declare(filterset=None, columns=("id",)):
        found = dict(kept)
        del found["samples"]
        monkeypatch.setattr(registry, "_definitions", found)
        if filterset is not None:
            said = {"model": Sample, "filterset_class": filterset, "scope_field": "owner"}
            definition = type("SampleExport", (exports.ModelExport,), said | {"columns": list(columns)})
            found["samples"] = definition()

    return declare


class Before(ExportFilterSet):
    text = django_filters.CharFilter()
    whole = django_filters.NumberFilter()


class After(ExportFilterSet):
    whole = django_filters.NumberFilter()


def test_broken_by_a_changed_declaration(user, declared):
    """It says what is wrong, each by its name, and keeps; and is well again once that is there again."""
    declared(Before, ["id", "text"])
    template = make_template(user, "samples", "text=a&whole=1&columns=id,text")
    for filterset, columns, attr in ((After, ["id", "text"], "text"), (Before, ["id", "whole"], "columns")):
        declared(filterset, columns)
        (problem,) = saved.problems_of(template, caller(user))
        assert problem.attr == attr
        with pytest.raises(TemplateBroken) as caught:
            saved.run(template, caller(user))
        assert [problem.attr for problem in caught.value.errors] == [attr]
    assert not ExportJob.objects.exists()
    declared()
    assert [problem.attr for problem in saved.problems_of(template, caller(user))] == ["dataset"]
    with pytest.raises(TemplateBroken):
        saved.run(template, caller(user))
    change_template(
        template, user, "text=a&whole=1&columns=id,text", name="Still broken", shared_with=["user-456"]
    )
    assert (now_of(template).name, template.shares.count()) == ("Still broken", 1)
    with pytest.raises(InvalidParameters):
        change_template(template, user, "text=b")
    template.refresh_from_db()
    assert now_of(template).parameters == {"text": ["a"], "whole": ["1"], "columns": ["id,text"]}
    declared(Before, ["id", "text"])
    assert saved.problems_of(template, caller(user)) == ()
    saved.run(template, caller(user))
