"""An API key for some datasets: their templates and schedules, and no webhook."""

import pytest

from exports.models import ExportJob, ExportSchedule, ExportTemplate, Webhook

# No database has a part in it.
pytestmark = [pytest.mark.sqlite, pytest.mark.django_db]

API = "/api/exports"


@pytest.fixture
def by_key(client, user):
    """`by_key(method, path, body)` with a key for `agents` alone."""
    from accounts.models import APIKey

    key = APIKey.objects.issue(user=user, name="agents", datasets=["agents"])[1]

    def by_key(method, path, body=None):
        headers = {"Authorization": f"Api-Key {key}"}
        if method == "get":
            return client.get(path, headers=headers)
        sent = "" if body is None else body
        return getattr(client, method)(path, sent, content_type="application/json", headers=headers)

    return by_key


def ids(answer) -> list[str]:
    return [each["id"] for each in answer.json()["results"]]


def test_it_works(by_key, jobs):
    made = by_key("post", f"{API}/templates", {"name": "Agents", "dataset": "agents"})
    assert made.status_code == 201
    template = made.json()
    assert ids(by_key("get", f"{API}/templates")) == [template["id"]]
    assert by_key("post", template["links"]["run"]).status_code == 202
    plan = {"template": template["id"], "rule": "0 6 * * *"}
    schedule = by_key("post", f"{API}/schedules", plan)
    assert schedule.status_code == 201
    assert ids(by_key("get", f"{API}/schedules")) == [schedule.json()["id"]]
    assert by_key("post", schedule.json()["links"]["run"]).status_code == 202
    assert by_key("patch", schedule.json()["links"]["self"], {"rule": "0 7 * * *"}).status_code == 200


def test_templates_of_other_datasets_are_not_there(by_key, keep):
    template = keep.template()
    assert ids(by_key("get", f"{API}/templates")) == []
    path = template["links"]["self"]
    doors = [("get", path), ("patch", path), ("delete", path), ("post", f"{path}/run")]
    assert [by_key(method, door, {}).status_code for method, door in doors] == [404] * 4
    assert ExportTemplate.objects.filter(pk=template["id"]).exists()


def test_templates_of_other_datasets_are_not_made(by_key, keep):
    made = by_key("post", f"{API}/templates", {"name": "Calls", "dataset": "calls"})
    assert (made.status_code, made.json()["errors"][0]["code"]) == (403, "permission_denied")
    own = keep.template("Agents", "agents")
    assert by_key("patch", own["links"]["self"], {"dataset": "calls"}).status_code == 403
    assert ExportTemplate.objects.get().dataset == "agents"


def test_schedules_of_other_datasets_are_not_there(by_key, keep):
    schedule = keep.schedule()
    assert ids(by_key("get", f"{API}/schedules")) == []
    path = schedule["links"]["self"]
    doors = [("get", ""), ("patch", ""), ("delete", ""), ("get", "/runs")]
    doors += [("post", f"/{door}") for door in ("pause", "resume", "run")]
    assert [by_key(method, path + door, {}).status_code for method, door in doors] == [404] * 7
    assert ExportSchedule.objects.get().status == "active"


def test_schedules_of_other_datasets_are_not_made(by_key, keep):
    """Nor is a schedule turned into one of another dataset."""
    calls, agents = keep.template(), keep.template("Agents", "agents")
    schedule = keep.schedule(agents)
    plan = {"template": calls["id"], "rule": "0 6 * * *"}
    for method, path in (("post", f"{API}/schedules"), ("patch", schedule["links"]["self"])):
        answer = by_key(method, path, plan)
        errors = [(each["code"], each["attr"]) for each in answer.json()["errors"]]
        assert (answer.status_code, errors) == (400, [("not_found", "template")])
    assert ExportSchedule.objects.get().template_id == ExportTemplate.objects.get(name="Agents").pk


def test_webhooks_are_told_of_all_datasets(by_key, keep):
    path = keep.webhook()["links"]["self"]
    doors = [("get", f"{API}/webhooks"), ("get", path), ("patch", path), ("delete", path)]
    doors += [("post", f"{path}/{door}") for door in ("secret", "test")]
    doors += [("get", f"{path}/deliveries")]
    for method, door in doors:
        answer = by_key(method, door, {})
        assert answer.status_code == 403, door
        assert answer.json()["errors"][0]["code"] == "permission_denied"
    new = by_key("post", f"{API}/webhooks", {"url": "https://example.com/hooks"})
    assert new.status_code == 403
    assert Webhook.objects.count() == 1


def test_a_key_for_all_datasets_is_as_its_user(client, user, keep):
    from accounts.models import APIKey

    webhook, schedule = keep.webhook(), keep.schedule()
    headers = {"Authorization": f"Api-Key {APIKey.objects.issue(user=user, name='all')[1]}"}
    for path in (webhook["links"]["self"], schedule["links"]["self"], schedule["links"]["template"]):
        assert client.get(path, headers=headers).status_code == 200


def test_what_is_left_without_a_dataset_is_there_for_a_key_for_all(client, by_key, user, jobs, keep):
    from accounts.models import APIKey

    headers = {"Authorization": f"Api-Key {APIKey.objects.issue(user=user, name='all')[1]}"}
    template, job = keep.template("Gone"), jobs.submit().json
    schedule = keep.schedule()
    ExportTemplate.objects.filter(name="Gone").update(dataset="gone")
    ExportJob.objects.update(dataset="gone")
    ExportTemplate.objects.filter(name="Calls").delete()
    for path in (template["links"]["self"], schedule["links"]["self"], job["links"]["self"]):
        assert client.get(path, headers=headers).status_code == 200, path
        assert by_key("get", path).status_code == 404, path
