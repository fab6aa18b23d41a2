"""Who may not: 403, one record that says so, and no file."""

from typing import Any

import pytest
from django.core.handlers.base import BaseHandler
from django.db import connection
from django.test import Client
from django.urls import resolve

from exports.contrib.telephony.admin import CallLogAdmin
from exports.models import ExportLog
from tests.admin.door import TABLES, act, changelist, lines, post, records
from tests.api import rows
from tests.api.rows import DATASETS

EXPORT = "/admin/telephony/calllog/export/calls/"


@pytest.fixture
def onlooker(user, client, allow) -> Any:
    """Staff who may see and change calls, and export nothing."""
    user.is_staff = True
    user.save()
    allow(user, "telephony.view_calllog", "telephony.change_calllog", "telephony.delete_calllog")
    client.force_login(user)
    return user


def assert_denied(page: Any, dataset: str = "calls") -> None:
    assert page.status_code == 403
    assert "You do not have the permission for this export." in page.text
    [record] = records()
    assert (record.door, record.outcome, record.export_type) == ("admin", "denied", dataset)
    assert (record.user, record.ip) == ("user-123", "127.0.0.1")


def test_it_works(client, onlooker):
    """A forged POST to the changelist."""
    call = rows.call(onlooker)
    assert_denied(act(client, "calls", ids=[call.pk]))


def test_a_forged_post_to_the_own_address(client, onlooker):
    rows.call(onlooker)
    assert_denied(post(client, "calls"))


def test_its_parameters_are_not_looked_at(client, onlooker):
    assert_denied(post(client, "calls", "nothing=1", ids=["nothing"], format="doc"))


@pytest.mark.parametrize("dataset", DATASETS)
def test_every_dataset(client, user, dataset):
    user.is_staff = True
    user.save()
    client.force_login(user)
    assert_denied(post(client, dataset), dataset)


@pytest.mark.parametrize("dataset", DATASETS)
def test_every_changelist(client, user, dataset):
    user.is_staff = True
    user.save()
    client.force_login(user)
    assert_denied(act(client, dataset), dataset)


def test_the_list_has_to_be_seen_too(client, onlooker, allow):
    rows.agent(onlooker)
    allow(onlooker, "telephony.export_agentconfig")
    assert_denied(post(client, "agents"), "agents")
    ExportLog.objects.all().delete()
    assert_denied(act(client, "agents"), "agents")
    allow(onlooker, "telephony.view_agentconfig")
    assert len(lines(post(client, "agents"))) == 1


@pytest.mark.parametrize("door", [act, post])
def test_the_list_has_to_have_the_action(client, staff, monkeypatch, door):
    monkeypatch.setattr(CallLogAdmin, "actions", None)
    rows.call(staff)
    assert_denied(door(client, "calls"))


@pytest.mark.parametrize("path", [changelist("calls"), EXPORT])
def test_who_is_no_staff_signs_in_first(client, user, allow, path):
    allow(user, "telephony.view_calllog", "telephony.export_calllog")
    client.force_login(user)
    answer = client.post(path, {"action": "export_calls", "select_across": "1", "_selected_action": "x"})
    assert (answer.status_code, answer["Location"].partition("?")[0]) == (302, "/admin/login/")
    assert records() == []


def test_the_token_against_forgery(staff):
    rows.call(staff)
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(staff)
    assert browser.post(EXPORT, {"select_across": "1"}).status_code == 403
    assert records() == []


@pytest.mark.parametrize(
    ("fields", "name"),
    [({"tenant": "user-456"}, "tenant"), ({"tenant": "*"}, "tenant"), ({"formulas": "raw"}, "")],
)
def test_an_option_that_one_may_not_use(client, staff, stranger, fields, name):
    rows.call(staff)
    page = post(client, "calls", **fields)
    assert page.status_code == 403
    assert "You may not export" in page.text
    [record] = records()
    assert (record.door, record.outcome) == ("admin", "denied")


def test_another_tenant_by_id(client, staff, stranger, allow):
    allow(staff, "exports.export_for_other_tenant")
    rows.call(stranger, livekit_room_name="theirs")
    page = post(client, "calls", tenant="*")
    assert page.status_code == 403
    assert page.context["form"]["tenant"].errors == ["You may not export the rows of another tenant."]
    # Of one other tenant they may; but the list holds own rows alone, so the page does not offer it.
    assert "tenant" not in act(client, "calls").context["form"].fields


def test_too_many_rows(client, staff, settings):
    settings.EXPORTS = settings.EXPORTS | {"MAX_ROWS": 2}
    rows.calls(staff, 3)
    opened = act(client, "calls")
    assert (opened.status_code, records()) == (200, [])
    assert "An export may have 2 rows." in opened.text
    page = post(client, "calls")
    assert page.status_code == 413
    assert "The export has more than 2 rows" in page.text
    assert [record.outcome for record in records()] == ["denied"]


def test_too_often(client, staff, settings):
    settings.EXPORTS = settings.EXPORTS | {"RATE": "1/h"}
    rows.call(staff)
    for _ in range(3):  # a preview counts for nothing
        assert post(client, "calls", _preview="1").status_code == 200
    assert len(lines(post(client, "calls"))) == 1
    page = post(client, "calls")
    assert page.status_code == 429
    assert 0 < int(page["Retry-After"]) <= 3600
    assert [record.outcome for record in records(outcome="denied")] == ["denied"]


def test_a_formula_that_was_to_be_refused(client, staff):
    rows.call(staff, livekit_room_name="=1+1")
    page = post(client, "calls", formulas="reject")
    assert page.status_code == 409
    assert "Row 1, column &#x27;livekitRoomName&#x27;" in page.text


def test_somebody_elses_scan(client, staff, mine_and_theirs):
    _, theirs = mine_and_theirs
    page = post(client, "scans", scan_id=str(theirs.scan.pk))
    assert page.status_code == 404
    assert page.context["form"]["scan_id"].errors == ["There is no such object."]


@pytest.mark.parametrize("dataset", DATASETS)
def test_a_download_is_no_part_of_the_requests_transaction(monkeypatch, dataset):
    monkeypatch.setitem(connection.settings_dict, "ATOMIC_REQUESTS", True)
    view = resolve(f"/admin/{TABLES[dataset]}/export/{dataset}/").func
    assert BaseHandler().make_view_atomic(view) is view


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("forge", [act, post])
def test_the_record_stays_where_requests_are_transactions(client, user, monkeypatch, forge):
    monkeypatch.setitem(connection.settings_dict, "ATOMIC_REQUESTS", True)
    user.is_staff = True
    user.save()
    client.force_login(user)
    assert forge(client, "calls").status_code == 403
    assert ExportLog.objects.get().outcome == "denied"


def test_the_headers_of_a_download(client, staff):
    rows.call(staff)
    answer = post(client, "calls")
    assert answer["Cache-Control"] == "private, no-store"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["X-Accel-Buffering"] == "no"
    assert "no-store" in post(client, "calls", _preview="1")["Cache-Control"]
