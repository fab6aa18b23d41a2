"""The background jobs in the admin: to be found and read, and by nobody to be changed."""

from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test.utils import CaptureQueriesContext

from exports.models import ExportJob, ExportLog
from tests.web.job_rows import failed_job, finished_job, make_job, running_job

pytestmark = pytest.mark.django_db

LIST = "/admin/exports/exportjob/"


@pytest.fixture
def reader(staff, allow) -> Any:
    """Staff who may see jobs and audit records, of their own."""
    allow(staff, "exports.view_exportjob", "exports.view_exportlog")
    return staff


@pytest.fixture
def overseer(everybodys, allow) -> Any:
    """The same, who may export all tenants."""
    allow(everybodys, "exports.view_exportjob")
    return everybodys


def found(client: Any, query: str = "") -> list[ExportJob]:
    page = client.get(LIST + (f"?{query}" if query else ""))
    assert page.status_code == 200
    return list(page.context["cl"].result_list)


def test_it_works(client, reader):
    record = ExportLog.objects.create(user=reader.pk, tenant=reader.pk, export_type="calls", door="job")
    job = finished_job(reader, export_id=record.pk, parameters={"room": ["<b>"]})
    assert found(client) == [job]
    page = client.get(f"{LIST}{job.pk}/change/")
    for text in ("user-123", "succeeded", job.sha256, job.stored_as, "&quot;&lt;b&gt;&quot;"):
        assert text in page.text
    assert f'<a href="/admin/exports/exportlog/{record.pk}/change/">{record.pk}</a>' in page.text


def test_the_record_is_led_to_where_it_is_there_and_may_be_seen(client, staff, allow):
    allow(staff, "exports.view_exportjob")
    record = ExportLog.objects.create(user=staff.pk, tenant=staff.pk, export_type="calls", door="job")
    job = finished_job(staff, export_id=record.pk)
    page = client.get(f"{LIST}{job.pk}/change/")
    assert str(record.pk) in page.text
    assert "/admin/exports/exportlog/" not in page.text
    allow(staff, "exports.view_exportlog")
    path = f"/admin/exports/exportlog/{record.pk}/change/"
    assert path in client.get(f"{LIST}{job.pk}/change/").text
    record.delete()
    assert path not in client.get(f"{LIST}{job.pk}/change/").text
    assert client.get(f"{LIST}{make_job(staff).pk}/change/").status_code == 200  # it has none yet


def test_the_search(client, overseer, stranger):
    mine = finished_job(overseer)
    theirs = make_job(stranger, tenant="user-789", dataset="hosts")
    assert found(client, "q=user-123") == [mine]
    assert found(client, "q=user-789") == [theirs]
    assert found(client, "q=hosts") == [theirs]
    assert found(client, f"q={mine.sha256}") == [mine]
    assert found(client, f"q={theirs.pk}") == [theirs]
    assert found(client, f"q={str(theirs.pk)[:8]}") == []


def test_the_filters(client, overseer):
    one = running_job(overseer)
    other = failed_job(overseer, dataset="hosts")
    assert found(client, "status__exact=running") == [one]
    assert found(client, "dataset=hosts") == [other]
    day = one.created_at
    assert len(found(client, f"created_at__year={day.year}")) == 2
    assert found(client, "created_at__year=1999") == []


def test_more_jobs_are_no_more_queries(client, overseer):
    def queries() -> list[str]:
        with CaptureQueriesContext(connection) as captured:
            found(client)
        return [query["sql"] for query in captured]

    make_job(overseer)
    queries()  # fills the caches that last
    few = queries()
    for _ in range(10):
        running_job(overseer)
    many = queries()
    assert len(many) == len(few)
    assert 'DISTINCT "exports_exportjob"."dataset"' not in " ".join(many)


@pytest.fixture
def superuser(client, db) -> Any:
    user = get_user_model().objects.create_superuser(id="root", username="root")
    client.force_login(user)
    return user


@pytest.mark.parametrize("who", ["reader", "superuser"])
def test_nobody_writes(client, request, who):
    job = finished_job(request.getfixturevalue(who))
    page = client.get(LIST)
    assert page.context["action_form"] is None
    assert not page.context["has_add_permission"]
    shown = client.get(f"{LIST}{job.pk}/change/")
    assert 'name="_save"' not in shown.text
    assert "deletelink" not in shown.text
    for path in ("add/", f"{job.pk}/change/", f"{job.pk}/delete/"):
        assert client.post(LIST + path, {"status": "failed", "post": "yes"}).status_code == 403
    forged = {"action": "delete_selected", "_selected_action": [str(job.pk)], "post": "yes"}
    client.post(LIST, forged)
    assert list(ExportJob.objects.values_list("pk", "status")) == [(job.pk, "succeeded")]


def test_a_stranger_sees_ones_own_jobs_only(client, reader, stranger):
    mine, theirs = make_job(reader), make_job(stranger, dataset="theirs")
    assert found(client) == [mine]
    assert found(client, f"q={theirs.pk}") == []
    page = client.get(LIST)
    assert "theirs" not in page.text
    assert "user-456" not in page.text
    answer = client.get(f"{LIST}{theirs.pk}/change/", follow=True)
    assert answer.redirect_chain == [("/admin/", 302)]


def test_who_may_export_all_tenants_sees_all(client, overseer, stranger):
    theirs = make_job(stranger)
    assert found(client) == [theirs]
    assert client.get(f"{LIST}{theirs.pk}/change/").status_code == 200


def test_without_the_permission_there_is_no_list(client, staff):
    assert client.get(LIST).status_code == 403


def test_without_a_storage_there_are_no_jobs(client, superuser, settings):
    job = make_job(superuser)
    assert LIST in client.get("/admin/").text
    settings.EXPORTS = settings.EXPORTS | {"STORAGE": None}
    assert LIST not in client.get("/admin/").text
    assert client.get(LIST).status_code == 403
    assert client.get(f"{LIST}{job.pk}/change/").status_code == 403
