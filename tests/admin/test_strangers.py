"""Staff who may not export all tenants see nothing of another one: no row, name, number or file."""

from typing import Any

import pytest

from exports.contrib.netscan.models import Scan
from tests.admin.door import TABLES, act, changelist, lines, post
from tests.api import rows
from tests.api.rows import DATASETS

ALL_TABLES = [*TABLES.values(), "netscan/network", "netscan/scan"]


def page(client: Any, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return answer.text


def test_it_works(client, staff, mine_and_theirs):
    listed = page(client, changelist("agents"))
    assert "mine" in listed
    assert "theirs" not in listed


@pytest.mark.parametrize("table", ALL_TABLES)
def test_the_lists(client, staff, mine_and_theirs, table):
    for query in ("", "q=theirs", "all=", "_facets=True", "_popup=1"):
        listed = client.get(changelist(table, query))
        assert {row.user_id for row in listed.context["cl"].queryset} <= {"user-123"}
        text = listed.text.replace("q=theirs", "").replace("q%3Dtheirs", "").replace('value="theirs"', "")
        assert "theirs" not in text
        assert "user-456" not in text


@pytest.mark.parametrize("table", ALL_TABLES)
def test_a_filter_by_the_other_tenant_finds_nothing(client, staff, mine_and_theirs, table):
    listed = client.get(changelist(table, "user__id__exact=user-456"))
    assert listed.context["cl"].result_count == 0


@pytest.mark.parametrize("dataset", DATASETS)
@pytest.mark.parametrize("view", ["change", "delete", "history"])
def test_the_pages_of_their_rows(client, staff, mine_and_theirs, dataset, view):
    _, theirs = mine_and_theirs
    answer = client.get(f"{changelist(dataset)}{theirs.rows[dataset][0].pk}/{view}/", follow=True)
    assert "theirs" not in answer.text
    assert answer.redirect_chain == [("/admin/", 302)]


@pytest.mark.parametrize("dataset", DATASETS)
def test_the_count_and_the_preview_and_the_file(client, staff, mine_and_theirs, dataset):
    mine, theirs = mine_and_theirs
    ids = [row.pk for tenant in (mine, theirs) for row in tenant.rows[dataset]]
    fields = {"scan_id": str(mine.scan.pk)} if dataset == "scans" else {}
    for chosen in (None, ids):
        shown = post(client, dataset, ids=chosen, _preview="1", **fields)
        assert shown.context["preview"].row_count == len(mine.rows[dataset])
        assert "theirs" not in shown.text
        file = "\n".join(lines(post(client, dataset, ids=chosen, **fields)))
        assert "mine" in file or dataset in ("alerts", "hosts")
        assert "theirs" not in file


@pytest.mark.parametrize("dataset", [name for name in DATASETS if name != "scans"])
def test_with_the_permission_all_of_it(client, everybodys, mine_and_theirs, dataset):
    mine, theirs = mine_and_theirs
    both = len(mine.rows[dataset]) + len(theirs.rows[dataset])
    opened = act(client, dataset)
    assert opened.context["form"]["tenant"].value() == "*"
    assert opened.context["preview"].row_count == both
    assert len(lines(post(client, dataset, tenant="*"))) == both
    assert len(lines(post(client, dataset))) == len(mine.rows[dataset])
    assert len(client.get(changelist(dataset)).context["cl"].queryset) == both


@pytest.mark.parametrize("dataset", DATASETS)
def test_a_list_that_shows_everybodys_exports_ones_own(client, staff, mine_and_theirs, monkeypatch, dataset):
    """A ModelAdmin that limits nothing: the engine does."""
    from exports import OwnRowsMixin

    monkeypatch.setattr(OwnRowsMixin, "get_queryset", lambda self, request: self.model.objects.all())
    mine, _ = mine_and_theirs
    assert len(client.get(changelist(dataset)).context["cl"].queryset) > len(mine.rows[dataset])
    fields = {"scan_id": str(mine.scan.pk)} if dataset == "scans" else {}
    assert len(lines(post(client, dataset, **fields))) == len(mine.rows[dataset])


# --- Rows that refer to another tenant's --------------------------------------------------------------------


@pytest.fixture
def entangled(staff, stranger) -> dict[str, Any]:
    """Rows of mine that lead to rows of theirs, by their tables."""
    agent = rows.agent(stranger, name="theirs")
    network = rows.network(stranger, name="theirs")
    scan = rows.scan(stranger, network=network)
    host = rows.host(stranger, network, hostname="theirs", ip="203.0.113.9")
    return {
        "telephony/calllog": rows.call(staff, agent=agent),
        "telephony/phonenumbermapping": rows.phone_number(staff, agent_config=agent),
        "netscan/scan": rows.scan(staff, network=network),
        "netscan/host": rows.host(staff, network, latest_scan=scan),
        "netscan/port": rows.port(staff, scan, host=host),
        "netscan/alert": rows.alert(staff, network=network, host=host),
    }


def assert_nothing_of_theirs(text: str) -> None:
    for theirs in ("theirs", "203.0.113.9"):
        assert theirs not in text


@pytest.mark.parametrize(
    "table",
    [
        *("telephony/calllog", "telephony/phonenumbermapping"),
        *("netscan/scan", "netscan/host", "netscan/port", "netscan/alert"),
    ],
)
@pytest.mark.parametrize("may", ["change", "view"])
def test_the_name_of_theirs_is_not_shown(client, staff, entangled, table, may):
    if may == "view":
        staff.user_permissions.remove(*staff.user_permissions.filter(codename__startswith="change_"))
    row = entangled[table]
    assert_nothing_of_theirs(page(client, changelist(table)))
    assert_nothing_of_theirs(page(client, f"{changelist(table)}{row.pk}/change/"))


def test_an_id_in_the_address_is_not_named(client, staff, mine_and_theirs):
    mine, theirs = mine_and_theirs
    path = "/admin/netscan/scan/add/?network="
    assert "mine first" in page(client, f"{path}{mine.network.pk}")
    for value in (theirs.network.pk, "nothing", 10**30):
        assert "theirs" not in page(client, f"{path}{value}")


def new_scan(network: Any, user: Any) -> dict[str, Any]:
    return {
        "user": user.pk,
        "network": network.pk,
        "started_at_0": "2024-01-15",
        "started_at_1": "12:00",
        "status": "completed",
    }


def test_a_row_is_added_for_oneself_only(client, staff, mine_and_theirs):
    mine, theirs = mine_and_theirs
    Scan.objects.all().delete()
    add = "/admin/netscan/scan/add/"
    form = client.get(add).context["adminform"].form
    assert [value for value, _ in form.fields["user"].choices] == ["user-123"]
    for network, user in ((theirs.network, mine.user), (mine.network, theirs.user)):
        refused = client.post(add, new_scan(network, user))
        assert refused.status_code == 200
        assert refused.context["adminform"].form.errors
    assert not Scan.objects.exists()
    assert client.post(add, new_scan(mine.network, mine.user)).status_code == 302
    assert Scan.objects.get().user_id == "user-123"


def test_who_may_export_all_tenants_may_choose_among_them(client, everybodys, mine_and_theirs):
    _, theirs = mine_and_theirs
    Scan.objects.all().delete()
    assert client.post("/admin/netscan/scan/add/", new_scan(theirs.network, theirs.user)).status_code == 302
    assert Scan.objects.get().user_id == "user-456"
