"""`/exports/`: the datasets with their rows and last exports; open jobs, recent exports, templates."""

import pytest
from django.utils import timezone

from exports.models import ExportJob, ExportLog, ExportTemplate
from exports.registry import registry
from tests.api import rows
from tests.api.rows import DATASETS
from tests.web.html import parse
from tests.web.job_rows import finished_job, make_job, running_job
from tests.web.saved_rows import make_template

pytestmark = pytest.mark.django_db


@pytest.fixture
def cards(read):
    def cards(**options):
        page = read("/exports/", **options)
        found = page.all("li", class_="exports-dataset")
        return {card.one("h2").words: card for card in found}

    return cards


def test_it_works(cards, mine_and_theirs):
    mine = mine_and_theirs[0]
    found = cards()
    # What these ask for, the user has not (tests/policy/exports.py).
    names = [definition.get_name() for definition in registry]
    assert list(found) == [name for name in names if name not in ("secrets", "sensitive", "export-logs")]
    for dataset in DATASETS:
        card = found[dataset]
        assert card.links()[dataset] == f"/exports/{dataset}/"
        assert card.one("p").words == registry.get(dataset).description
        number = "needs a filter" if dataset == "scans" else str(len(mine.rows[dataset]))
        assert card.facts()["Your rows"] == number


def test_numbers_are_grouped_as_people_read_them(cards, user, monkeypatch):
    monkeypatch.setattr("exports.web.home.parts.row_count", lambda *args, **options: 1_234_567)
    assert cards()["calls"].facts()["Your rows"] == "1,234,567"


def test_no_more_are_counted_than_a_preview_counts(cards, user, monkeypatch):
    rows.calls(user, 3)
    monkeypatch.setattr("exports.web.home.parts.MOST_COUNTED", 2)
    assert cards()["calls"].facts()["Your rows"] == "2 or more"


def test_the_last_export_of_each(cards, export, user):
    rows.calls(user, 2)
    assert cards()["calls"].facts()["Last export"] == "none yet"
    export("calls", outcome="busy")
    export("calls")
    export("agents")
    newest = ExportLog.objects.filter(export_type="calls").latest("timestamp")
    card = cards()["calls"]
    assert card.facts()["Last export"].endswith("UTC succeeded 2 rows")
    [address] = [address for words, address in card.links().items() if words != "calls"]
    assert address == f"/exports/history/{newest.pk}/"
    assert cards()["agents"].facts()["Last export"].endswith("succeeded 0 rows")


def test_a_refused_one_is_no_export(cards, visit, export, user):
    export("calls")
    visit("/exports/calls/download", {"formulas": "raw"})
    assert "succeeded" in cards()["calls"].facts()["Last export"]


def test_empty_states_say_what_to_do(cards, read, monkeypatch):
    assert cards()["calls"].facts()["Your rows"] == "none yet"
    assert "No rows are stored for you yet." in read("/exports/").words
    monkeypatch.setattr("exports.web.home.parts.registry", [])
    assert "nothing to export yet" in read("/exports/").words


def test_a_stranger_sees_nothing_of_it(cards, export, stranger, user):
    rows.filled(user, "mine")
    export("calls")
    for dataset, card in cards(visitor=stranger).items():
        facts = card.facts()
        assert facts["Last export"] == "none yet", dataset
        assert facts["Your rows"] in ("none yet", "needs a filter"), dataset


def test_one_query_a_dataset_and_some_for_what_is_above_them(queries, export, mine_and_theirs, user):
    registered = [name for name in names() if name not in ("scans", "secrets", "sensitive", "export-logs")]
    for number in range(3):
        found = queries("/exports/")
        # of no more rows than a preview counts, each a subquery
        assert sum(name.endswith("subquery") for name in found) == len(registered)
        # whether one was lost with its process, the last one of each dataset, and the recent ones
        assert found.count("SELECT exports_exportlog") == 3
        assert found.count("SELECT exports_exportjob") == 1
        assert found.count("SELECT exports_exporttemplate") == 1
        # of the user and of their groups
        assert found.count("SELECT auth_permission") == 2
        registered = [
            name for name in names() if name not in ("scans", "secrets", "sensitive", "export-logs")
        ]
        assert len(found) == len(registered) + 7
        export("calls")
        make_job(user, number)
        make_template(user, f"Template {number}")


def names() -> list[str]:
    return [definition.get_name() for definition in registry]


class TestRecent:
    """What somebody comes back for: only where there is something."""

    def test_it_works(self, read, visit, export, user):
        rows.call(user, outcome="busy")
        assert [found.words for found in read("/exports/").all("h2", id="home-recent")] == []
        export("calls", outcome="busy", columns="outcome,id")
        record = ExportLog.objects.get()
        section = read("/exports/").one("section", aria_labelledby="home-recent")
        assert "succeeded" in section.words
        assert "1 row · csv" in section.words
        assert section.links()["calls"] == f"/exports/history/{record.pk}/"
        [again] = section.all("a", class_="button")
        assert again["aria-label"] == "Download calls again"
        assert visit(again["href"]).getvalue().startswith(b"outcome,id\r\nbusy,")
        assert section.links()["All exports"] == "/exports/history/"

    def test_the_last_five_and_none_that_was_denied(self, read, visit, export, user):
        for _ in range(6):
            export("agents")
        visit("/exports/calls/download", {"formulas": "raw"})
        section = read("/exports/").one("section", aria_labelledby="home-recent")
        assert len(section.all("li")) == 5
        assert "calls" not in section.words

    def test_a_stranger_sees_none_of_them(self, read, export, user, stranger):
        export("calls")
        make_job(user)
        make_template(user)
        page = read("/exports/", visitor=stranger)
        assert page.all("section") == []
        assert page.words.count("calls") == 1


class TestJobs:
    def test_it_works(self, read, user):
        job = running_job(user)
        finished_job(user)
        section = read("/exports/").one("section", aria_labelledby="home-jobs")
        [row] = section.one("tbody").all("tr")
        assert "250 of 1,000 rows (25 %)" in row.words
        assert section.one("tbody")["hx-get"] == f"/exports/?job={job.pk}"
        assert section.links()["All jobs"] == "/exports/jobs/"

    def test_one_that_has_ended_stays_on_the_page(self, read, poll, user):
        job = running_job(user)
        path = read("/exports/").one("tbody")["hx-get"]
        assert "hx-get" in poll(path).text
        ExportJob.objects.update(status="succeeded")
        body = parse(poll(path).text).one("tbody")
        assert "hx-get" not in body.attrs
        assert body.links()["Download"] == f"/exports/jobs/{job.pk}/file"

    def test_one_that_was_deleted(self, read, poll, user):
        job = running_job(user)
        path = read("/exports/").one("tbody")["hx-get"]
        job.delete()
        assert poll(path).headers["HX-Refresh"] == "true"

    @pytest.mark.parametrize("visitor", ["stranger", None])
    def test_whose_poll_is_not_answered(self, read, poll, request, user, visitor):
        path = f"/exports/?job={running_job(user).pk}&job=nonsense"
        answer = poll(path, visitor and request.getfixturevalue(visitor))
        assert (answer.status_code, answer.headers["HX-Refresh"], answer.content) == (204, "true", b"")

    def test_without_jobs_there_are_none(self, read, user, settings):
        running_job(user)
        make_template(user)
        settings.EXPORTS = settings.EXPORTS | {"STORAGE": None}
        assert read("/exports/").all("section") == []


class TestTemplates:
    def test_it_works(self, client, read, user, stranger):
        own, shared = make_template(user), make_template(stranger, "Theirs", shared=[user])
        make_template(stranger, "Not shared")
        ExportTemplate.objects.filter(pk=own.pk).update(updated_at=timezone.now())
        section = read("/exports/").one("section", aria_labelledby="home-templates")
        assert [found.words for found in section.all("bdi")] == ["Busy", "Theirs"]
        assert section.links()["Theirs"] == f"/exports/templates/{shared.pk}/"
        form = section.all("form")[0]
        assert form["action"] == f"/exports/templates/{own.pk}/run"
        answer = client.post(form["action"])
        job = ExportJob.objects.get()
        assert answer["Location"] == f"/exports/jobs/{job.pk}/"
        assert job.parameters == {"outcome": ["busy"]}

    def test_ones_own_come_before_those_of_others(self, read, user, stranger):
        """However many are shared, and changed since."""
        for name in ("Mine", "Mine too"):
            make_template(user, name)
        for number in range(25):
            make_template(stranger, f"Theirs {number}", shared=[user])
        section = read("/exports/").one("section", aria_labelledby="home-templates")
        shown = [found.words for found in section.all("bdi")]
        assert shown == ["Mine too", "Mine", "Theirs 24", "Theirs 23", "Theirs 22"]

    def test_one_that_cannot_be_run_is_not_offered(self, read, user):
        template = make_template(user)
        ExportTemplate.objects.filter(pk=template.pk).update(parameters={"outcom": ["busy"]})
        assert read("/exports/").all("section") == []


def test_who_comes_for_the_first_time_sees_the_datasets_first(read, export, user):
    page = read("/exports/")
    assert [found.tag for found in page.below() if found.tag in ("section", "li")][-1] == "li"
    assert "You can filter it and look at its first rows before you download." in page.words
    assert page.all("h2", class_="exports-datasets-title") == []
    export("calls")
    page = read("/exports/")
    assert "Choose a dataset, or take one of your last exports again." in page.words
    assert page.one("h2", class_="exports-datasets-title").words == "Datasets"


def test_a_user_of_whom_no_tenant_is_known_is_told_so(visit, settings):
    settings.EXPORTS = {"SCOPE_RESOLVER": "tests.engine.test_declarations.nobody"}
    for path in ("/exports/", "/exports/calls/"):
        answer = visit(path)
        assert answer.status_code == 403
        assert "The scope resolver names no tenant." in answer.content.decode()
