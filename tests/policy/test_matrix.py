"""Doors x roles x columns: what stands in each cell, and that naming a column that is not there is 403."""

from typing import Any

import pytest

from exports.models import ExportLog
from tests.policy.doors import DOORS, refused

HIDDEN, NOWHERE = "hidden", "nowhere"

# What each permission opens, and how the cells look with it and without.
COLUMNS = {
    "name": (None, "Ada", "Ada"),
    "salary": ("policy.see_salaries", "70000", HIDDEN),
    "phone": ("policy.see_phones", "+17655559426", "'+176***9426"),
    "email": ("exports.export_unmasked", "ada@example.com", "a***@example.com"),
    "id": ("exports.export_unmasked", NOWHERE, NOWHERE),  # depends on the row, see below
}
ROLES = {
    "tenant": [],
    "payroll": ["policy.see_salaries"],
    "caller": ["policy.see_phones"],
    "auditor": ["exports.export_unmasked"],
    "all of them": ["policy.see_salaries", "policy.see_phones", "exports.export_unmasked"],
}
DATASETS = ("contacts", "computed-contacts")


def expected(role: str, pk: int) -> tuple[list[str], list[str]]:
    """Headers and cells of the contact for somebody in this role."""
    cells = {}
    for header, (permission, plain, masked) in COLUMNS.items():
        cells[header] = plain if permission is None or permission in ROLES[role] else masked
    cells["id"] = str(pk) if "exports.export_unmasked" in ROLES[role] else f"no. {len(str(pk))} digits"
    seen = {header: cell for header, cell in cells.items() if cell != HIDDEN}
    return list(seen), list(seen.values())


@pytest.mark.parametrize("dataset", DATASETS)
@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("door", DOORS)
def test_it_works(client, contact, theirs, as_staff, allow, door, role, dataset):
    allow(as_staff, *ROLES[role])
    headers, cells = expected(role, contact.pk)
    assert DOORS[door](client, as_staff, dataset) == [headers, cells]


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("door", DOORS)
def test_a_strangers_rows_by_staff_who_may(client, contact, theirs, as_staff, allow, door, role):
    """Masks hold for the rows of others as for one's own."""
    allow(as_staff, "export_for_all_tenants", *ROLES[role])
    headers = expected(role, contact.pk)[0]
    rows = DOORS[door](client, as_staff, "contacts", tenant="*")
    assert rows[0] == headers
    phones = {row[headers.index("phone")] for row in rows[1:]}
    seen = "policy.see_phones" in ROLES[role]
    assert phones == ({"+17655559426", "+4930123456"} if seen else {"'+176***9426", "'+493***3456"})


@pytest.mark.sqlite  # what is refused is refused before a row is read
@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("door", DOORS)
def test_naming_a_column_that_one_may_not_see_is_refused(client, contact, as_staff, allow, door, role):
    allow(as_staff, *ROLES[role])
    headers, cells = expected(role, contact.pk)
    for dataset in DATASETS:
        for header in COLUMNS:
            if header in headers:
                cell = cells[headers.index(header)]
                assert DOORS[door](client, as_staff, dataset, columns=header) == [[header], [cell]]
                continue
            status = refused(client, as_staff, door, dataset, columns=header)
            assert status == (3 if door == "command" else 403)
            record = ExportLog.objects.get(outcome="denied", export_type=dataset)
            assert record.columns == [header]


@pytest.mark.sqlite
@pytest.mark.parametrize("role", ROLES)
def test_info_the_schema_and_the_form_tell_of_no_hidden_column(client, contact, user, allow, role):
    allow(user, *ROLES[role])
    headers = expected(role, contact.pk)[0]
    as_user = {"X-User-Id": user.pk}
    found = client.get("/api/exports/info", headers=as_user).json()["exports"]
    assert next(entry for entry in found if entry["name"] == "contacts")["columns"] == headers
    document = client.get("/api/schema/", headers=as_user).json()["paths"]["/api/exports/contacts"]["get"]
    assert document["description"].endswith("\n".join(["Columns:\n", *(f"- `{name}`" for name in headers)]))
    client.force_login(user)
    page = client.get("/exports/contacts/").content.decode()
    assert ("salary" in page) is ("salary" in headers)


def test_the_error_of_an_unknown_column_names_none_that_is_hidden(client, contact, user):
    answer = client.get("/api/exports/contacts?columns=nonsense", headers={"X-User-Id": user.pk})
    assert answer.status_code == 400
    assert "There are: name, phone, email, id." in answer.json()["errors"][0]["detail"]


def test_all_columns_by_name_are_all_that_one_sees(client, contact, as_staff):
    """The page sends every tick: that is the same as none chosen, and no list of columns."""
    client.force_login(as_staff)
    headers = expected("tenant", contact.pk)[0]
    address = "/exports/contacts/?columns=&" + "&".join(f"columns={header}" for header in headers)
    assert client.get(address)["Location"] == "/exports/contacts/"


def test_a_column_that_opens_later(client, contact, user, allow, django_user_model):
    """Nothing of a user's rights is kept from one request to the next."""
    assert DOORS["api"](client, user, "contacts")[0] == ["name", "phone", "email", "id"]
    allow(user, "policy.see_salaries")
    assert DOORS["api"](client, user, "contacts")[0] == ["name", "salary", "phone", "email", "id"]
    user.user_permissions.clear()
    assert DOORS["api"](client, user, "contacts")[0] == ["name", "phone", "email", "id"]


def test_the_record_tells_what_was_masked(client, contact, user, allow):
    DOORS["api"](client, user, "contacts")
    assert ExportLog.objects.get().options["masked"] == ["phone", "email", "id"]
    ExportLog.objects.all().delete()
    DOORS["api"](client, user, "contacts", columns="name")
    assert "masked" not in ExportLog.objects.get().options
    allow(user, "policy.see_phones", "export_unmasked")
    ExportLog.objects.all().delete()
    DOORS["api"](client, user, "contacts")
    assert "masked" not in ExportLog.objects.get().options


def test_asking_again_for_a_masked_export(client, contact, user):
    DOORS["web"](client, user, "contacts")
    record = ExportLog.objects.get()
    page: Any = client.get(f"/exports/history/{record.pk}/")
    assert page.context["download_url"] == "/exports/contacts/download"


@pytest.mark.parametrize("formulas", ["escape", "reject", "raw"])
def test_the_rule_of_formulas_is_for_what_the_mask_leaves(client, contact, user, allow, formulas):
    allow(user, "export_raw_formulas")
    if formulas == "reject":
        assert refused(client, user, "api", "contacts", formulas=formulas) == 409
        return
    rows = DOORS["api"](client, user, "contacts", formulas=formulas, columns="phone")
    assert rows == [["phone"], ["'+176***9426" if formulas == "escape" else "+176***9426"]]
