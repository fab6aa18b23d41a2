"""The audit records in the admin: to be found and read, and by nobody to be changed."""

from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.db import connection
from django.test.utils import CaptureQueriesContext

from exports.models import ExportLog
from tests.admin.door import lines, post
from tests.api import rows

LIST = "/admin/exports/exportlog/"


@pytest.fixture
def reader(staff, allow) -> Any:
    """Staff who may see audit records, and export their own rows."""
    allow(staff, "exports.view_exportlog")
    return staff


def make_record(user: Any, **fields: Any) -> ExportLog:
    defaults = {"user": user.pk, "tenant": user.pk, "export_type": "calls", "door": "api", "format": "csv"}
    return ExportLog.objects.create(**defaults | {"outcome": "succeeded"} | fields)


def found(client: Any, query: str = "") -> list[ExportLog]:
    page = client.get(LIST + (f"?{query}" if query else ""))
    assert page.status_code == 200
    return list(page.context["cl"].result_list)


def test_it_works(client, reader):
    rows.call(reader)
    lines(post(client, "calls"))
    [record] = found(client)
    page = client.get(f"{LIST}{record.pk}/change/")
    for text in ("user-123", "admin", record.sha256, "orm: values", "127.0.0.1"):
        assert text in page.text


def test_json_is_laid_out_to_be_read(client, reader):
    filters = {"room": "Grüße", "status": ["<b>", "ended"]}
    record = make_record(reader, filters=filters, columns=["id"], options={"formulas": "raw"})
    page = client.get(f"{LIST}{record.pk}/change/")
    shown = "{\n  &quot;room&quot;: &quot;Grüße&quot;,\n  &quot;status&quot;: [\n    &quot;&lt;b&gt;"
    assert f'<pre tabindex="0">{shown}' in page.text
    assert '<pre tabindex="0">{\n  &quot;formulas&quot;: &quot;raw&quot;\n}</pre>' in page.text


def test_the_search(client, everybodys, stranger):
    mine = make_record(everybodys, sha256="a" * 64)
    theirs = make_record(stranger, tenant="user-789", export_type="hosts")
    assert found(client, "q=user-123") == [mine]
    assert found(client, "q=user-789") == [theirs]
    assert found(client, "q=hosts") == [theirs]
    assert found(client, f"q={'a' * 64}") == [mine]
    assert found(client, f"q={theirs.pk}") == [theirs]
    assert found(client, f"q={str(theirs.pk)[:8]}") == []


def test_the_filters(client, everybodys):
    one = make_record(everybodys, door="web", outcome="denied")
    other = make_record(everybodys, export_type="hosts")
    assert found(client, "door__exact=web") == [one]
    assert found(client, "outcome__exact=succeeded") == [other]
    assert found(client, "export_type=hosts") == [other]
    assert found(client, "export_type__in=calls,agents") == [one]


def test_the_datasets_to_choose_from_are_looked_up_in_no_record(client, everybodys):
    with CaptureQueriesContext(connection) as captured:
        found(client)
    assert 'DISTINCT "exports_exportlog"."export_type"' not in " ".join(query["sql"] for query in captured)
    page = client.get(LIST)
    assert 'href="?export_type=hosts"' in page.text


def test_the_days(client, reader):
    record = make_record(reader)
    day = record.timestamp
    query = f"timestamp__year={day.year}&timestamp__month={day.month}&timestamp__day={day.day}"
    assert found(client, query) == [record]
    assert found(client, "timestamp__year=1999") == []


@pytest.fixture
def superuser(client, db) -> Any:
    user = get_user_model().objects.create_superuser(id="root", username="root")
    client.force_login(user)
    return user


@pytest.mark.parametrize("who", ["reader", "superuser"])
def test_nobody_writes(client, request, monkeypatch, who):
    monkeypatch.setitem(admin.site._actions, "wipe", lambda *args: None)  # which a project offers everywhere
    user = request.getfixturevalue(who)
    record = make_record(user)
    page = client.get(LIST)
    offered = [name for name, _ in page.context["action_form"].fields["action"].choices if name]
    assert offered == ["export_export-logs"]
    assert not page.context["has_add_permission"]
    shown = client.get(f"{LIST}{record.pk}/change/")
    assert 'name="_save"' not in shown.text
    assert "deletelink" not in shown.text
    for path in ("add/", f"{record.pk}/change/", f"{record.pk}/delete/"):
        assert client.post(LIST + path, {"user": "other", "post": "yes"}).status_code == 403
    forged = {"action": "delete_selected", "_selected_action": [str(record.pk)], "post": "yes"}
    client.post(LIST, forged)
    assert [(kept.pk, kept.user) for kept in ExportLog.objects.all()] == [(record.pk, user.pk)]


def test_a_stranger_sees_ones_own_records_only(client, reader, stranger):
    mine, theirs = make_record(reader), make_record(stranger, export_type="theirs", tenant="*")
    assert found(client) == [mine]
    assert found(client, f"q={theirs.pk}") == []
    page = client.get(LIST)
    assert "theirs" not in page.text
    assert "user-456" not in page.text
    answer = client.get(f"{LIST}{theirs.pk}/change/", follow=True)
    assert answer.redirect_chain == [("/admin/", 302)]


def test_who_may_export_all_tenants_sees_all(client, everybodys, stranger):
    theirs = make_record(stranger)
    assert found(client) == [theirs]


def test_without_the_permission_there_is_no_list(client, staff):
    assert client.get(LIST).status_code == 403


def test_they_are_exported_as_a_dataset(client, everybodys, stranger):
    mine = make_record(everybodys, row_count=1)
    theirs = make_record(stranger, row_count=2)
    make_record(stranger, row_count=3)
    chosen = {"action": "export_export-logs", "_selected_action": [str(mine.pk), str(theirs.pk)]}
    page = client.post(LIST, chosen)
    assert page.status_code == 200
    assert page.templates[0].name == "exports/admin/export.html"
    params = {"_selected_action": chosen["_selected_action"], "columns": "user,row_count", "tenant": "*"}
    answer = client.post(f"{LIST}export/export-logs/", params)
    assert answer.getvalue().decode().splitlines() == ["user,row_count", "user-123,1", "user-456,2"]
    assert ExportLog.objects.get(export_type="export-logs").door == "admin"
