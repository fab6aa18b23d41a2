"""A template that is shared: run by others for their own rows, and changed by nobody but its user."""

import pytest

from exports.models import ExportTemplate, TemplateShare
from exports.registry import registry
from tests.api import rows
from tests.api.strangers import assert_hidden
from tests.api.test_templates import DOORS, TEMPLATES

# Whether it may, and who is told, is decided in Python; how it is claimed has tests on each database.
pytestmark = [pytest.mark.sqlite, pytest.mark.django_db]

CHANGING = [door for door in DOORS if door[0] in ("put", "patch")]


@pytest.fixture
def shared(keep, user, stranger):
    """What the stranger shares with user-123, and with somebody else."""
    return keep.template("Shared", shared_with=[user.pk, "user-999"], by=stranger)


@pytest.mark.django_db(transaction=True)  # it runs a job
def test_it_works(jobs, get, shared, user, stranger):
    rows.calls(user, 1)
    rows.calls(stranger, 2)
    path = shared["links"]["self"]
    seen = get(path).json
    assert seen == shared | {"is_own": False, "shared_with": None}
    assert get(TEMPLATES).json["results"] == [seen]
    run = jobs.ask(seen["links"]["run"])
    assert run.status == 202
    jobs.work()
    job = get(run.headers["Location"]).json
    assert (job["rows_done"], job["template"]) == (1, shared["id"])
    assert get(run.headers["Location"], user=stranger).status == 404
    assert b"user-999" not in get(TEMPLATES).body


def test_others_change_nothing(jobs, shared, user):
    """As if it did not exist, although they see it."""
    before = [ExportTemplate.objects.values().get(), *TemplateShare.objects.values()]
    assert_hidden(jobs.ask, f"{TEMPLATES}/", shared["id"], CHANGING)
    assert [ExportTemplate.objects.values().get(), *TemplateShare.objects.values()] == before


def test_who_it_is_shared_with_no_more_sees_nothing(jobs, get, shared, stranger):
    body = {"shared_with": ["user-999"]}
    assert jobs.ask(shared["links"]["self"], body, method="patch", user=stranger).status == 200
    assert_hidden(jobs.ask, f"{TEMPLATES}/", shared["id"], DOORS)
    assert get(TEMPLATES).json["count"] == 0


def test_whoever_it_is_shared_with_may_leave_it(jobs, get, shared, user, stranger):
    path = shared["links"]["self"]
    jobs.ask(path, {"shared_with": [user.pk, "user-999"]}, method="patch", user=stranger)
    left = jobs.ask(path, method="delete")
    assert (left.status, left.body) == (204, b"")
    assert get(TEMPLATES).json["count"] == 0
    assert_hidden(jobs.ask, f"{TEMPLATES}/", shared["id"], DOORS)
    assert get(path, user=stranger).json["shared_with"] == ["user-999"]


def test_its_user_deletes_it_for_all(jobs, get, shared, stranger):
    assert jobs.ask(shared["links"]["self"], method="delete", user=stranger).status == 204
    assert not ExportTemplate.objects.exists()
    assert get(TEMPLATES).json["count"] == 0


def test_whether_a_user_exists_is_not_told(jobs, keep, stranger):
    told = [
        jobs.ask(TEMPLATES, {"name": key, "dataset": "calls", "shared_with": [key]})
        for key in (stranger.pk, "user-999")
    ]
    assert [answer.status for answer in told] == [201, 201]
    assert [answer.json["shared_with"] for answer in told] == [[stranger.pk], ["user-999"]]


def test_with_oneself_it_is_not_shared(keep, user):
    assert keep.template(shared_with=[user.pk, "user-456", "user-456"])["shared_with"] == ["user-456"]


def test_the_rights_are_those_of_who_runs_it(jobs, get, keep, user, stranger, allow):
    """What the user of a template may, is no matter."""
    allow(stranger, "export_for_all_tenants", registry.get("calls").get_permission())
    template = keep.template(tenant="*", shared_with=[user.pk], by=stranger)
    seen = get(template["links"]["self"]).json
    assert [(each["code"], each["attr"]) for each in seen["problems"]] == [("permission_denied", "tenant")]
    run = jobs.ask(f"{template['links']['self']}/run")
    assert (run.status, run.errors) == (403, [("permission_denied", "tenant")])
