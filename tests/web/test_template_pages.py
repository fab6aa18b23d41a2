"""The pages of templates: what each of them says, whether it can be run, and what is done with it."""

import pytest

from exports.models import ExportJob, ExportSchedule, ExportTemplate
from tests.web.forms import fields_of
from tests.web.html import Element, parse
from tests.web.saved_rows import TEMPLATES, make_schedule, make_template

# A page is the same on every database.
pytestmark = [pytest.mark.sqlite, pytest.mark.django_db]


def path_of(template: ExportTemplate, action: str = "") -> str:
    return f"{TEMPLATES}{template.pk}/{action}"


@pytest.fixture
def post(client, user):
    def post(path, fields=None, visitor=user):
        client.force_login(visitor)
        return client.post(path, fields or {})

    return post


def buttons(page: Element) -> set[str]:
    return {button.words for button in page.one("main").all("button")}


def broken(template: ExportTemplate) -> ExportTemplate:
    """As if the declaration of its dataset had changed."""
    template.parameters = {"outcome": ["gone"], "campaign": ["7"]}
    template.save()
    return template


def test_it_works(read, post, user):
    template = make_template(
        user, parameters="outcome=busy&start_date=last 7 days&columns=id,outcome&format=jsonl"
    )
    [link] = [found for found in read(TEMPLATES).all("a") if found.words == "Busy"]
    page = read(link["href"])
    assert page.one("h1").words == "Busy"
    facts = page.facts()
    assert facts["Dataset"] == "calls"
    assert facts["Outcome"] == "Busy"
    assert facts["From"] == "last 7 days"
    assert facts["Columns"] == "id, outcome"
    assert facts["Format"] == "JSON Lines"
    assert facts["Your schedules"] == "none"
    answer = post(path_of(template, "run"))
    job = ExportJob.objects.get()
    assert (answer.status_code, answer["Location"]) == (303, f"/exports/jobs/{job.pk}/")
    assert job.template == template
    assert read(f"/exports/jobs/{job.pk}/").links()["Busy"] == path_of(template)


def test_without_parameters(read, user):
    assert read(path_of(make_template(user, parameters=""))).facts()["Parameters"] == "none"


def test_there_are_none(read):
    assert "There are no templates yet." in read(TEMPLATES).words


def test_what_its_run_is_refused_for_is_told(post, user, settings):
    settings.EXPORTS = settings.EXPORTS | {"RATE": "1/d"}
    template = make_template(user)
    assert post(path_of(template, "run")).status_code == 303
    ExportJob.objects.update(status="failed")
    answer = post(path_of(template, "run"))
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) >= 1
    page = parse(answer.text)
    assert "Too many exports" in page.one("div", role="alert").words
    assert page.one("h1").words == "Busy"


class TestBroken:
    def test_it_works(self, read, post, user):
        template = broken(make_template(user))
        make_template(user, "Whole")
        marked = [cell.words for cell in read(TEMPLATES).all("th", scope="row")]
        assert marked == ["Busy cannot be run", "Whole"]
        page = read(path_of(template))
        note = page.one("div", class_="exports-note exports-note-error").words
        assert "cannot be run as it is" in note
        assert "campaign: There is no such filter." in note
        assert page.facts()["campaign"] == "7"
        assert {"Run now"} & buttons(page) == set()
        assert "Schedule it" not in page.links()
        answer = post(path_of(template, "run"))
        assert answer.status_code == 400
        assert "campaign" in parse(answer.text).one("div", role="alert").words
        assert ExportJob.objects.count() == 0
        # The choice is open to be put right.
        assert read(page.links()["Open the choice"], status=400).one("h1").words == "calls"

    def test_its_dataset_is_gone(self, read, user):
        template = make_template(user)
        template.dataset = "gone"
        template.save()
        page = read(path_of(template))
        assert "There is no export of this name." in page.words
        assert "Open the choice" not in page.links()
        assert page.facts()["outcome"] == "busy"

    def test_it_can_be_deleted(self, post, user):
        post(path_of(broken(make_template(user)), "delete"))
        assert ExportTemplate.objects.count() == 0


class TestNameAndSharing:
    def test_it_works(self, read, post, user, stranger):
        template = make_template(user)
        fields = fields_of(read(path_of(template)).one("form", class_="exports-form"))
        assert (fields["name"], fields["shared_with"]) == ("Busy", "")
        answer = post(
            path_of(template), fields | {"name": "Busy calls", "shared_with": f" {stranger.pk}\r\n\r\n"}
        )
        assert (answer.status_code, answer["Location"]) == (303, path_of(template))
        template.refresh_from_db()
        assert (template.name, template.parameters) == ("Busy calls", {"outcome": ["busy"]})
        assert [share.user for share in template.shares.all()] == [stranger.pk]
        page = read(path_of(template))
        assert fields_of(page.one("form", class_="exports-form"))["shared_with"] == stranger.pk
        assert stranger.pk in read(TEMPLATES).words

    @pytest.mark.parametrize(
        ("fields", "label", "text"),
        [
            ({"name": "", "shared_with": ""}, "Name", "This field is required."),
            ({"name": "Other", "shared_with": ""}, "Name", "You have a template of this name already."),
            ({"name": "Busy", "shared_with": "a\tb"}, "Shared with", "Give the ids of users."),
        ],
    )
    def test_a_mistake(self, post, user, fields, label, text):
        make_template(user, "Other")
        template = make_template(user)
        answer = post(path_of(template), fields)
        assert answer.status_code == 400
        page = parse(answer.text)
        alert = page.one("div", role="alert")
        assert alert.words.endswith(f"{label}: {text}")
        assert page.one("h1").words == "Busy"  # as it is
        shown = fields_of(page.one("form", class_="exports-form"))
        assert {name: shown[name] for name in fields} == fields


class TestShared:
    def test_it_works(self, read, post, user, stranger):
        template = make_template(stranger, shared=[user])
        page = read(TEMPLATES)
        assert "1 template that is shared with you" in page.words
        page = read(page.links()["Busy"])
        assert page.facts()["Shared by"] == stranger.pk
        assert buttons(page) >= {"Run now"}
        assert "Delete the template" not in buttons(page)
        assert page.all("form", class_="exports-form") == []
        post(path_of(template, "run"))
        assert ExportJob.objects.get().user == user.pk

    def test_it_is_not_changed(self, post, user, stranger):
        template = make_template(stranger, shared=[user])
        assert post(path_of(template), {"name": "Mine", "shared_with": ""}).status_code == 404
        assert post(path_of(template, "delete")).status_code == 404
        template.refresh_from_db()
        assert (template.name, template.shares.count()) == ("Busy", 1)

    def test_with_whom_else_is_not_told(self, read, user, stranger):
        from tests.conftest import make_user

        other = make_user("user-789")
        template = make_template(stranger, shared=[user, other])
        assert other.pk not in read(TEMPLATES).text + read(path_of(template)).text


class TestLeft:
    def test_it_works(self, read, post, user, stranger):
        template = make_template(stranger, shared=[user])
        make_schedule(user, template)
        page = read(path_of(template))
        assert "1 schedule of yours uses it, and fails from then on." in page.words
        form = page.one("details", class_="exports-details").one("form")
        answer = post(form["action"])
        assert (answer.status_code, answer["Location"]) == (303, TEMPLATES)
        assert template.shares.count() == 0
        assert "There are no templates yet." in read(TEMPLATES).words
        assert post(form["action"]).status_code == 404

    def test_others_keep_it(self, post, user, stranger):
        from tests.conftest import make_user

        other = make_user("user-789")
        template = make_template(stranger, shared=[user, other])
        post(path_of(template, "leave"))
        assert [share.user for share in template.shares.all()] == [other.pk]

    def test_ones_own_is_not_left(self, read, post, user, stranger):
        template = make_template(user, shared=[stranger])
        assert "Take the template off my list" not in buttons(read(path_of(template)))
        assert post(path_of(template, "leave")).status_code == 404
        assert template.shares.count() == 1


def test_a_list_has_pages(read, user, stranger):
    """First all of one's own, whatever those of others are called."""
    for number in range(26):
        make_template(user, f"Mine {number:02}")
    make_template(stranger, "A", shared=[user])
    first, second = read(TEMPLATES), read(TEMPLATES, {"page": 2})
    names = [cell.words for page in (first, second) for cell in page.all("th", scope="row")]
    assert names == [*(f"Mine {number:02}" for number in range(26)), "A"]
    assert len(first.all("th", scope="row")) == 25
    assert [caption.words for caption in second.all("caption")] == [
        "26 templates of yours",
        "1 template that is shared with you",
    ]
    assert first.links()["Next"] == "?page=2"
    assert second.links()["Previous"] == "?page=1"
    read(TEMPLATES, {"page": 3}, status=404)


def test_before_it_is_deleted_its_schedules_are_told(read, post, user, stranger):
    template = make_template(user, shared=[stranger])
    make_schedule(user, template)
    make_schedule(stranger, template)
    page = read(path_of(template))
    assert page.facts()["Your schedules"] == "1"
    assert "1 schedule of yours uses it" in page.words
    assert "schedules of others may use it" in page.words
    answer = post(path_of(template, "delete"))
    assert (answer.status_code, answer["Location"]) == (303, TEMPLATES)
    assert list(ExportSchedule.objects.values_list("template", flat=True)) == [None, None]
