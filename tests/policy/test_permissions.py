"""The permission of a dataset: the model's unless the declaration names another, for own rows if it asks."""

import pytest

from exports.models import ExportLog
from exports.registry import registry
from tests.policy.doors import DOORS, refused

REFUSED = {"command": 3}


def status(client, user, door: str, dataset: str, **params: str) -> int:
    return refused(client, user, door, dataset, **params)


@pytest.fixture
def staff_without(user, contact, theirs, allow):
    """Staff who sees the list of contacts in the admin, and may export none."""
    user.is_staff = True
    user.save()
    allow(user, "policy.view_contact")
    return user


def test_it_works():
    assert registry.get("contacts").get_permission() == "policy.export_contact"
    assert registry.get("secrets").get_permission() == "policy.take_out_secrets"


@pytest.mark.parametrize("door", DOORS)
def test_own_rows_need_it_where_the_declaration_asks(client, staff_without, allow, door):
    assert status(client, staff_without, door, "secrets") == REFUSED.get(door, 403)
    record = ExportLog.objects.get()
    assert (record.outcome, record.export_type) == ("denied", "secrets")
    allow(staff_without, "policy.export_contact")  # the model's is not the one that it names
    assert status(client, staff_without, door, "secrets") == REFUSED.get(door, 403)
    allow(staff_without, "policy.take_out_secrets")
    assert DOORS[door](client, staff_without, "secrets") == [["name"], ["Ada"]]


@pytest.mark.parametrize("door", DOORS)
def test_own_rows_need_none_else_but_in_the_admin(client, staff_without, allow, door):
    if door.startswith("admin"):
        assert status(client, staff_without, door, "contacts", columns="name") == 403
        allow(staff_without, "policy.export_contact")
    assert DOORS[door](client, staff_without, "contacts", columns="name") == [["name"], ["Ada"]]


@pytest.mark.parametrize(("tenant", "named"), [("user-456", "other_tenant"), ("*", "all_tenants")])
@pytest.mark.parametrize("door", ["api", "web", "web preview", "command"])
def test_rows_of_others_need_both(client, staff_without, allow, door, tenant, named):
    """The one that says whose rows, and the dataset's."""
    params = {"tenant": tenant, "columns": "name"}
    allow(staff_without, "policy.export_contact")
    assert status(client, staff_without, door, "contacts", **params) == REFUSED.get(door, 403)
    staff_without.user_permissions.clear()
    allow(staff_without, f"export_for_{named}")
    assert status(client, staff_without, door, "contacts", **params) == REFUSED.get(door, 403)
    records = ExportLog.objects.values_list("outcome", "user", "tenant")
    assert set(records) == {("denied", "user-123", tenant)}
    allow(staff_without, "policy.export_contact")
    rows = DOORS[door](client, staff_without, "contacts", **params)
    assert sorted(rows[1:]) == ([["Grace"]] if tenant != "*" else [["Ada"], ["Grace"]])


def test_naming_oneself_is_asking_for_own_rows(client, staff_without):
    rows = DOORS["api"](client, staff_without, "contacts", tenant="user-123", columns="name")
    assert rows == [["name"], ["Ada"]]


def test_what_one_may_not_export_is_not_listed(client, user, allow):
    def listed() -> set[str]:
        found = client.get("/api/exports/info", headers={"X-User-Id": user.pk}).json()["exports"]
        client.force_login(user)
        page = client.get("/exports/").content.decode()
        names = {entry["name"] for entry in found}
        assert {name for name in ("contacts", "secrets") if f"/exports/{name}/" in page} == names & {
            "contacts",
            "secrets",
        }
        return names

    assert "contacts" in listed()
    assert "secrets" not in listed()
    allow(user, "policy.take_out_secrets")
    assert "secrets" in listed()


@pytest.mark.parametrize("dataset", ["secrets", "sensitive"])
@pytest.mark.parametrize("page", ["", "download"])
def test_the_page_of_a_refusal_tells_nothing_of_the_dataset(client, user, contact, dataset, page):
    client.force_login(user)
    answer = client.get(f"/exports/{dataset}/{page}")
    assert answer.status_code == 403
    assert "<form" not in answer.text.replace('<form id="logout-form"', "")
    assert ExportLog.objects.get().outcome == "denied"


@pytest.mark.parametrize("method", ["head", "get"])
def test_a_user_who_sees_no_column_at_all(client, user, monkeypatch, method):
    columns = [column for column in registry.get("contacts").get_columns() if column.header == "salary"]
    monkeypatch.setattr(type(registry.get("contacts")), "columns", columns)
    answer = getattr(client, method)("/api/exports/contacts", headers={"X-User-Id": user.pk})
    assert answer.status_code == 403
