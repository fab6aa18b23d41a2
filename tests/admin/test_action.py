"""The action "Export selected …": where it is offered, the page it leads to, and the file."""

import html
import json
import re

import pytest
from django.template.loader import render_to_string

from tests.admin.door import act, changelist, columns, lines, post, records
from tests.api import rows
from tests.api.rows import HEADERS
from tests.engine.slow import counts, endless


def offered(page) -> dict[str, str]:
    form = page.context["action_form"]
    return dict(form.fields["action"].choices) if form else {}


def sent_back(page) -> list[str] | None:
    """The ids that the page's form carries; None for all of the list."""
    found = re.search(r'name="_ids" value="([^"]*)"', page.text)
    return json.loads(html.unescape(found[1])) if found else None


def test_it_works(client, staff):
    rows.calls(staff, 3)
    page = act(client, "calls")
    assert page.status_code == 200
    assert "The file will have 3 rows." in page.text
    assert "room-0" in page.text
    answer = post(client, "calls", **columns("livekitRoomName"))
    assert lines(answer) == ["room-0", "room-1", "room-2"]
    assert answer["Content-Disposition"].startswith('attachment; filename="calls_export_')
    [record] = records()
    assert str(record.pk) == answer["X-Export-Id"]
    assert (record.door, record.user, record.tenant) == ("admin", "user-123", "user-123")
    assert (record.outcome, record.row_count, record.columns) == ("succeeded", 3, ["livekitRoomName"])


def test_it_names_the_dataset(client, staff):
    page = client.get(changelist("phone-numbers"))
    assert offered(page)["export_phone-numbers"] == "Export selected phone numbers (phone-numbers)"


def test_a_model_may_have_several(client, staff, settings):
    settings.ROOT_URLCONF = "tests.admin.urls"
    page = client.get("/strangers/engine/order/")
    assert offered(page)["export_orders"] == "Export selected orders (orders)"
    assert offered(page)["export_computed-orders"] == "Export selected orders (computed-orders)"


def test_it_is_offered_with_the_models_own_permission_only(client, user, allow):
    user.is_staff = True
    user.save()
    client.force_login(user)
    rows.call(user)
    allow(user, "telephony.view_calllog", "telephony.view_agentconfig", "telephony.export_agentconfig")
    assert "export_calls" not in offered(client.get(changelist("calls")))
    assert "export_agents" in offered(client.get(changelist("agents")))
    allow(user, "telephony.export_calllog")
    assert "export_calls" in offered(client.get(changelist("calls")))


def test_it_is_not_offered_in_a_popup(client, staff):
    assert offered(client.get(changelist("calls", "_popup=1"))) == {}


def test_the_page_shows_a_preview_of_what_is_chosen_and_exports_nothing(client, staff):
    rows.calls(staff, 30)
    page = post(client, "calls", _preview="1", **columns("livekitRoomName"))
    preview = page.context["preview"]
    assert (preview.headers, len(preview.rows), preview.row_count) == (["livekitRoomName"], 20, 30)
    assert "The first 20 rows" in page.text
    assert records() == []


def test_rows_that_take_long_to_be_counted(client, staff, in_two_seconds):
    ids = [call.pk for call in rows.calls(staff, 30)]
    with endless(counts):
        page = act(client, "calls", ids=ids)
    assert "The file will have 20 rows or more: they were not counted within 2 seconds." in page.text
    assert "that you selected" not in page.text
    assert page.text.count("room-") >= 20


def test_rows_that_take_too_long_for_a_preview(client, staff, in_two_seconds):
    calls = rows.calls(staff, 2)
    with endless(lambda sql: "livekit_room_name" in sql and "LIMIT 20" in sql):
        page = act(client, "calls", ids=[call.pk for call in calls])
    assert page.status_code == 503
    assert (
        "could not be read within 2 seconds. Narrow the export with filters, or export without" in page.text
    )
    assert sent_back(page) == [str(call.pk) for call in calls]


def test_the_choice_stands_on_the_page_again(client, staff):
    call, other = rows.calls(staff, 2)
    page = post(client, "calls", "q=room", [call.pk, other.pk], _preview="1", formulas="reject")
    form = page.context["form"]
    assert form["formulas"].value() == "reject"
    assert page.context["preview"].row_count == 2
    assert sent_back(page) == [str(call.pk), str(other.pk)]
    assert 'name="select_across"' not in page.text
    assert 'action="/admin/telephony/calllog/export/calls/?q=room"' in page.text


def test_everything_across_the_pages_is_no_list_of_ids(client, staff):
    rows.calls(staff, 2)
    page = act(client, "calls")
    assert 'name="select_across" value="1"' in page.text
    assert sent_back(page) is None


def test_as_many_ticks_as_django_takes(client, staff, settings):
    """The page adds fields of its own to the ids: they are one field, or they would be too many."""
    calls = rows.calls(staff, settings.DATA_UPLOAD_MAX_NUMBER_FIELDS - 5)
    page = act(client, "calls", ids=[call.pk for call in calls])
    ids = sent_back(page)
    fields = {"_ids": json.dumps(ids), "select_across": "", **columns(*HEADERS["calls"].split(","))}
    answer = client.post(f"{changelist('calls')}export/calls/", fields)
    assert len(lines(answer)) == len(calls)


def test_fewer_rows_than_were_ticked_are_explained(client, staff, mine_and_theirs):
    mine, theirs = mine_and_theirs
    page = act(client, "calls", ids=[mine.rows["calls"][0].pk, theirs.rows["calls"][0].pk])
    assert page.context["preview"].row_count == 1
    ticked = mine.rows["scans"][0], rows.port(staff, rows.scan(staff, network=mine.network))
    page = post(client, "scans", ids=[port.pk for port in ticked], scan_id=str(mine.scan.pk), _preview="1")
    assert page.context["preview"].row_count == 1
    assert "Of the 2 rows that you selected" in page.text
    assert "or the dataset or a filter leaves them out." in page.text
    page = post(client, "scans", ids=[ticked[1].pk], scan_id=str(mine.scan.pk), _preview="1")
    assert "or the dataset or a filter leaves it out." in page.text


def test_the_trail_is_djangos_own(client, staff):
    """Its markup and its style are others in Django 5.2 than in 6.1."""
    rows.call(staff)
    page = act(client, "calls")
    plain = render_to_string("admin/base.html", {"title": page.context["title"]})
    [trail] = re.findall(r'<nav aria-label="Breadcrumbs">.*?</nav>', plain, re.DOTALL)
    assert trail in page.text


def test_scans_ask_for_their_scan(client, staff, mine_and_theirs):
    mine, _ = mine_and_theirs
    page = act(client, "scans")
    assert page.status_code == 200
    assert page.context["preview"] is None
    assert page.context["form"]["scan_id"].errors == []
    refused = post(client, "scans")
    assert refused.status_code == 400
    assert refused.context["form"]["scan_id"].errors == ["This field is required."]
    assert lines(post(client, "scans", scan_id=str(mine.scan.pk), **columns("Port"))) == ["22", "80", "443"]


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        (columns(), "columns"),
        (columns("nothing"), "columns"),
        ({"format": "doc"}, "format"),
        ({"compression": "zip"}, "compression"),
        ({"formulas": "eat"}, "formulas"),
    ],
)
def test_errors_stand_beside_their_fields(client, staff, fields, name):
    rows.call(staff)
    page = post(client, "calls", **fields)
    assert page.status_code == 400
    assert page.context["form"][name].errors
    assert "Please correct the errors below." in page.text
    assert records() == []


def test_an_unknown_parameter_is_refused_by_name(client, staff):
    rows.call(staff)
    page = post(client, "calls", outcom="busy")
    assert page.status_code == 400
    assert "outcom: There is no such filter." in page.text


def test_after_signing_in_again_the_list_opens(client, staff):
    answer = client.get("/admin/telephony/calllog/export/calls/?q=room&p=2")
    assert (answer.status_code, answer["Location"]) == (302, "/admin/telephony/calllog/?q=room")


def test_only_the_tables_own_datasets_are_at_its_address(client, staff):
    answer = client.post("/admin/telephony/calllog/export/agents/", {"select_across": "1"})
    assert answer.status_code == 404
