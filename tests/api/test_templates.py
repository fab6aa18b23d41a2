"""`/api/exports/templates`: kept, looked at, changed, run and removed; one's own, and what is shared."""

import pytest

from exports.api.template_bodies import NAMES, READ_ONLY
from exports.api.template_serializers import ExportTemplateSerializer
from exports.models import ExportJob, ExportLog, ExportTemplate
from exports.options import OPTION_NAMES
from tests.api import rows
from tests.api.strangers import assert_hidden, assert_no_ids, assert_signed_in_only

# Whether it may, and who is told, is decided in Python; how it is claimed has tests on each database.
pytestmark = [pytest.mark.sqlite, pytest.mark.django_db]

TEMPLATES = "/api/exports/templates"
CHOICE = {"name": "n", "dataset": "calls"}
DOORS = [
    *(("get", "", None), ("head", "", None), ("put", "", CHOICE), ("patch", "", {}), ("delete", "", None)),
    *(("post", "/run", None), ("post", "/run", {"recipients": ["x@example.com"]})),
]


@pytest.mark.django_db(transaction=True)  # it runs a job
def test_it_works(jobs, get, user):
    rows.calls(user, 2, status="ended")
    rows.call(user, status="active")
    body = {
        "name": " Ended  calls ",
        "dataset": "calls",
        "filters": {"status": "ended"},
        "columns": ["id", "cost:Price"],
        "format": "jsonl",
    }
    made = jobs.ask(TEMPLATES, body)
    assert made.status == 201, made.body
    template = made.json
    path = f"{TEMPLATES}/{template['id']}"
    assert made.headers["Location"] == path
    assert list(template) == [*ExportTemplateSerializer().fields]
    assert {name: template[name] for name in body} == body | {"name": "Ended calls"}
    assert (template["user"], template["is_own"], template["shared_with"]) == (user.pk, True, [])
    assert template["problems"] == []
    assert template["links"] == {"self": path, "run": f"{path}/run"}
    assert get(path).json == template
    assert get(TEMPLATES).json["results"] == [template]
    run = jobs.ask(f"{path}/run")
    assert (run.status, run.headers["Retry-After"]) == (202, "5")
    assert run.headers["Location"] == run.json["links"]["self"]
    assert (run.json["template"], run.json["schedule"]) == (template["id"], None)
    jobs.work()
    job = get(run.headers["Location"]).json
    assert (job["status"], job["rows_done"]) == ("succeeded", 2)
    assert get(job["links"]["file"]).body.count(b'"Price"') == 2
    assert jobs.ask(path, method="delete").status == 204
    assert get(path).status == 404
    assert get(job["links"]["self"]).json["template"] is None
    assert not ExportLog.objects.filter(outcome="denied").exists()


def test_the_names_are_those_of_the_body_and_of_the_engine():
    assert {*NAMES, *READ_ONLY} == {*ExportTemplateSerializer().fields}
    assert [name for name in NAMES if name in OPTION_NAMES] == [*OPTION_NAMES]


def test_what_is_answered_can_be_sent_back(jobs, get, keep):
    bodies = [
        {},
        {"filters": {"status": "ended", "start_date": "last month"}, "columns": "id,cost:Price", "tz": "UTC"},
        {"since": "last run", "compression": "gzip", "shared_with": ["user-456"], "dialect": "excel"},
    ]
    for number, body in enumerate(bodies):
        template = keep.template(f"Template {number}", **body)
        stored = ExportTemplate.objects.values().get(pk=template["id"])
        answer = jobs.ask(template["links"]["self"], template, method="put")
        assert answer.status == 200, answer.body
        assert answer.json | {"updated_at": ""} == template | {"updated_at": ""}
        changed = ExportTemplate.objects.values().get(pk=template["id"])
        assert changed | {"updated_at": ""} == stored | {"updated_at": ""}


def test_put_replaces_and_patch_changes(jobs, keep):
    said = {"filters": {"status": "ended"}, "format": "jsonl", "tz": "Europe/Berlin"}
    template = keep.template(**said, shared_with=["user-456"])
    path = template["links"]["self"]
    patched = jobs.ask(path, {"tz": None, "filters": {"outcome": "busy"}}, method="patch").json
    assert (patched["filters"], patched["tz"], patched["format"]) == ({"outcome": "busy"}, None, "jsonl")
    assert patched["shared_with"] == ["user-456"]
    renamed = jobs.ask(path, {"name": "Other"}, method="patch").json
    assert renamed | {"updated_at": ""} == patched | {"name": "Other", "updated_at": ""}
    put = jobs.ask(path, {"name": "Third", "dataset": "agents"}, method="put").json
    assert (put["name"], put["dataset"], put["filters"]) == ("Third", "agents", {})
    assert (put["format"], put["shared_with"]) == (None, [])


def test_a_list_has_pages_by_name_and_of_one_dataset(get, keep):
    for name, dataset in (("b", "agents"), ("c", "calls"), ("a", "calls")):
        keep.template(name, dataset)
    assert [each["name"] for each in get(TEMPLATES).json["results"]] == ["a", "b", "c"]
    page = get(TEMPLATES, {"page_size": 1, "page": 2}).json
    assert (page["count"], [each["name"] for each in page["results"]]) == (3, ["b"])
    chosen = get(TEMPLATES, {"dataset": "calls"}).json["results"]
    assert [each["name"] for each in chosen] == ["a", "c"]
    for name in ("nothing", "", "\0"):
        assert get(TEMPLATES, {"dataset": name}).json["results"] == []


def test_a_list_asks_for_all_templates_at_once(get, keep):
    for name in ("a", "b", "c"):
        keep.template(name, shared_with=["user-456"])
    assert get(TEMPLATES).queries == [
        "SELECT accounts_user",
        *["SELECT exports_exporttemplate"] * 2,
        "SELECT exports_templateshare",
    ]


def test_a_name_comes_once(jobs, keep, stranger):
    keep.template("Calls")
    again = jobs.ask(TEMPLATES, {"name": "Calls", "dataset": "agents"})
    assert (again.status, again.errors) == (400, [("unique", "name")])
    other = keep.template("Other")
    renamed = jobs.ask(other["links"]["self"], {"name": "Calls"}, method="patch")
    assert (renamed.status, renamed.errors) == (400, [("unique", "name")])
    keep.template("Calls", by=stranger)


def test_there_may_be_so_many(jobs, keep, settings):
    settings.EXPORTS = settings.EXPORTS | {"MAX_TEMPLATES_PER_USER": 1}
    keep.template("a")
    answer = jobs.ask(TEMPLATES, {"name": "b", "dataset": "calls"})
    assert (answer.status, answer.errors) == (400, [("too_many", "name")])


def test_relative_dates_are_those_of_the_run(jobs, get, keep, user, time_machine):
    rows.call(user, started_at="2026-02-03T12:00:00Z")
    rows.call(user, started_at="2026-03-03T12:00:00Z")
    last_month = {"start_date": "last month", "end_date": "last_month"}
    template = keep.template(filters=last_month)
    assert template["filters"] == last_month
    time_machine.move_to("2026-03-10T12:00:00Z", tick=False)
    parameters = jobs.ask(template["links"]["run"]).json["parameters"]
    assert parameters == {
        "start_date": ["2026-02-01T00:00:00+00:00"],
        "end_date": ["2026-02-28T23:59:59.999999+00:00"],
    }
    download = get("/api/exports/calls", {"start_date": "last month"})
    assert (download.status, download.errors) == (400, [("invalid", "start_date")])


def test_a_broken_template_says_what_is_wrong_and_keeps(jobs, get, keep):
    template = keep.template(columns=["id"])
    ExportTemplate.objects.update(parameters={"columns": ["id,gone"], "colour": ["red"]})
    wrong = [("unknown_parameter", "colour"), ("unknown_column", "columns")]
    broken = get(template["links"]["self"]).json
    assert [(each["code"], each["attr"]) for each in broken["problems"]] == wrong[1:]
    assert (broken["columns"], broken["filters"]) == (["id", "gone"], {"colour": "red"})
    assert broken["links"]["run"] is None
    run = jobs.ask(f"{template['links']['self']}/run")
    assert (run.status, run.errors) == (400, wrong[1:])
    ExportTemplate.objects.update(parameters={"columns": ["id"], "colour": ["red"]})
    run = jobs.ask(f"{template['links']['self']}/run")
    assert (run.status, run.errors) == (400, wrong[:1])
    mended = jobs.ask(template["links"]["self"], {"filters": {}, "columns": None}, method="patch")
    assert (mended.status, mended.json["problems"]) == (200, [])


def test_a_dataset_that_is_no_more(jobs, get, keep):
    template = keep.template()
    ExportTemplate.objects.update(dataset="gone")
    broken = get(template["links"]["self"]).json
    assert [(each["code"], each["attr"]) for each in broken["problems"]] == [("not_found", "dataset")]
    run = jobs.ask(f"{template['links']['self']}/run")
    assert (run.status, run.errors) == (400, [("not_found", "dataset")])
    assert jobs.ask(template["links"]["self"], method="delete").status == 204


def test_run_with_recipients(jobs, keep, user):
    user.email = "me@example.com"
    user.save()
    template = keep.template()
    run = jobs.ask(template["links"]["run"], {"recipients": ["me@example.com"]})
    assert (run.status, run.json["recipients"]) == (202, ["me@example.com"])
    for body, errors in (
        ({"recipients": ["you@example.com"]}, [("not_allowed", "recipients")]),
        ({"recipients": "me@example.com"}, [("invalid", "recipients")]),
        ({"recipient": []}, [("unknown_parameter", "recipient")]),
        ([], [("parse_error", None)]),
    ):
        refused = jobs.ask(template["links"]["run"], body)
        assert (refused.status, refused.errors) == (400, errors)
    assert ExportJob.objects.count() == 1


def test_a_run_is_refused_as_a_job_is(jobs, keep, client, settings):
    client.raise_request_exception = False
    template = keep.template()
    settings.EXPORTS = settings.EXPORTS | {"MAX_JOBS_PER_USER": 1}
    assert jobs.ask(template["links"]["run"]).status == 202
    assert jobs.ask(template["links"]["run"]).status == 202  # that one
    assert ExportJob.objects.count() == 1
    jobs.ask(template["links"]["self"], {"format": "jsonl"}, method="patch")
    more = jobs.ask(template["links"]["run"])
    assert (more.status, more.errors) == (429, [("too_many_jobs", None)])
    settings.EXPORTS = settings.EXPORTS | {"STORAGE": None}
    none = jobs.ask(template["links"]["run"])
    assert (none.status, none.errors) == (503, [("jobs_unavailable", None)])


def test_one_that_vanishes_meanwhile_is_404_and_stays_away(jobs, keep, monkeypatch):
    """Between being found and being changed."""
    template = keep.template()
    monkeypatch.setattr(
        "exports.saved.control.require_storable", lambda params: ExportTemplate.objects.all().delete()
    )
    answer = jobs.ask(template["links"]["self"], {"name": "Other"}, method="patch")
    assert (answer.status, answer.errors) == (404, [("not_found", None)])
    assert not ExportTemplate.objects.exists()


def test_a_strangers_template_and_a_missing_one_are_404_alike(jobs, keep, user, stranger):
    theirs = keep.template(by=stranger)
    before = ExportTemplate.objects.values().get()
    assert_hidden(jobs.ask, f"{TEMPLATES}/", theirs["id"], DOORS)
    assert ExportTemplate.objects.values().get() == before
    assert not ExportJob.objects.exists()


def test_what_is_no_id_is_404(jobs):
    assert_no_ids(jobs.ask, f"{TEMPLATES}/", DOORS)


def test_without_credentials_it_is_401(client):
    assert_signed_in_only(client, f"{TEMPLATES}/", DOORS)
    assert client.get(TEMPLATES).status_code == 401
    assert client.post(TEMPLATES, CHOICE, content_type="application/json").status_code == 401


def test_other_methods_are_405(jobs, keep):
    path = keep.template()["links"]["self"]
    known = {TEMPLATES: {"get", "post"}, path: {"get", "put", "patch", "delete"}, f"{path}/run": {"post"}}
    for address, methods in known.items():
        for method in {"get", "post", "put", "patch", "delete"} - methods:
            answer = jobs.ask(address, method=method)
            assert (answer.status, answer.errors) == (405, [("method_not_allowed", None)])


def test_a_trailing_slash_is_allowed(jobs, get, keep):
    path = keep.template()["links"]["self"]
    assert get(f"{path}/").status == get(f"{TEMPLATES}/").status == 200
    assert jobs.ask(f"{path}/run/").status == 202


def test_from_an_address_that_is_not_allowed(jobs, get, keep, settings):
    path = keep.template()["links"]["self"]
    settings.EXPORTS = settings.EXPORTS | {"ALLOWED_NETWORKS": ["203.0.113.0/24"]}
    for answer in (get(TEMPLATES), get(path), jobs.ask(f"{path}/run"), jobs.ask(TEMPLATES, CHOICE)):
        assert (answer.status, answer.errors) == (403, [("permission_denied", None)])


@pytest.mark.sqlite
def test_the_documentation_has_every_field():
    from tests.test_docs import names, section

    documented = names(section("docs/api.md", "## Templates"), "field of a template")
    assert documented == [*ExportTemplateSerializer().fields]
