"""The pages around the file: what they show of a dataset of somebody else's, and to whom."""

import pytest
from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.auth.models import Permission

import exports
from exports.models import ExportLog
from tests.shop.doors import ADMIN_EXPORT, ADMIN_LIST, DATASET, DOORS, PAGE
from tests.shop.models import Product

# A page is the same on every database.
pytestmark = [pytest.mark.sqlite, pytest.mark.django_db]


def text(response, status: int = 200) -> str:
    assert response.status_code == status, response.content
    return response.content.decode()


def chosen(products, **fields) -> dict[str, object]:
    """What the list posts when these rows are ticked and the export is picked."""
    return {"action": f"export_{DATASET}", ACTION_CHECKBOX_NAME: [row.pk for row in products], **fields}


@pytest.fixture
def loaf(ada, stock):
    """One of ada's; beside it there is cake, and a loaf that was deleted."""
    stock(ada, "Cake")
    stock(ada, "Stale loaf", deleted=True)
    return stock(ada, "Loaf")[0]


def test_the_admins_action_works(client, ada, loaf):
    client.force_login(ada)
    page = text(client.post(ADMIN_LIST, chosen([loaf])))
    assert "At ada&#x27;s: Loaf" in page
    assert "Cake" not in page
    assert f'action="{ADMIN_EXPORT}"' in page
    answer = client.post(ADMIN_EXPORT, {ACTION_CHECKBOX_NAME: loaf.pk, "columns": "name"})
    assert answer.getvalue() == b"name\r\nLoaf\r\n"
    assert ExportLog.objects.get().options["selection"]["ids"] == [str(loaf.pk)]


def test_all_across_pages_is_what_the_list_shows(client, ada, loaf, stock):
    client.force_login(ada)
    fields = {"select_across": "1", "columns": "name"}
    assert client.post(f"{ADMIN_EXPORT}?q=oa", fields).getvalue() == b"name\r\nLoaf\r\n"
    assert client.post(f"{ADMIN_EXPORT}?o=-1", fields | {"_order": "list"}).getvalue() == (
        b"name\r\nLoaf\r\nCake\r\n"
    )


def test_the_page_works(client, ada, loaf):
    client.force_login(ada)
    assert DATASET in text(client.get("/exports/"))
    page = text(client.get(PAGE, {"columns": "label"}))
    assert "At ada&#x27;s: Loaf" in page
    assert "At ada&#x27;s: Cake" in page
    assert "Stale" not in page
    assert "/api/exports/products?columns=label" in page


@pytest.mark.parametrize("key", ["8", "ada"])
def test_a_stranger_sees_nothing_on_any_page(client, loaf, make_owner, key):
    """Nor does one whose key is the name that the shop knows its owner by.

    The admin's list is the app's own affair: it shows staff all products.
    """
    client.force_login(make_owner(key, "grace"))
    pages = [
        client.post(ADMIN_LIST, chosen([loaf], select_across="0"), follow=True),
        client.post(ADMIN_LIST, chosen([loaf], select_across="1"), follow=True),
        client.post(ADMIN_EXPORT, {ACTION_CHECKBOX_NAME: loaf.pk, "_preview": "1"}),
        client.get("/exports/"),
        client.get(PAGE),
    ]
    for page in pages:
        assert "Loaf" not in text(page)
        assert "At ada" not in text(page)
    file = client.post(ADMIN_EXPORT, {ACTION_CHECKBOX_NAME: loaf.pk, "columns": "name"})
    assert file.getvalue() == b"name\r\n"


@pytest.mark.parametrize("key", ["8", "ada"])
def test_a_list_of_own_rows(rf, ada, loaf, make_owner, key):
    """The mixin for lists follows the relation to the tenant, and compares keys."""

    class OwnProducts(exports.OwnRowsMixin, admin.ModelAdmin):
        tenant_field = "shop__owner"

    request, products = rf.get(ADMIN_LIST), OwnProducts(Product, admin.site)
    request.user = ada
    assert loaf in products.get_queryset(request)
    request.user = make_owner(key, "grace")
    assert not products.get_queryset(request)


@pytest.mark.parametrize("door", DOORS)
def test_a_stranger_sees_no_record(client, ada, grace, loaf, door):
    DOORS[door](client, ada)
    record = ExportLog.objects.get()
    client.force_login(grace)
    grace.user_permissions.add(Permission.objects.get(codename="view_exportlog"))
    assert client.get("/api/exports/logs").json()["count"] == 0
    assert client.get(f"/api/exports/logs/{record.pk}").status_code == 404
    assert str(record.pk) not in text(client.get("/exports/history/"))
    assert client.get(f"/exports/history/{record.pk}/").status_code == 404
    assert str(record.pk) not in text(client.get("/admin/exports/exportlog/"))
    assert client.get(f"/admin/exports/exportlog/{record.pk}/change/", follow=True).redirect_chain


def test_staff_without_the_permission_are_not_offered_the_action(client, ada, loaf):
    ada.user_permissions.remove(Permission.objects.get(codename="export_product"))
    client.force_login(ada)
    assert f'value="export_{DATASET}"' not in text(client.get(ADMIN_LIST))
    assert "Loaf" in text(client.get(ADMIN_LIST))
    for answer in (
        client.post(ADMIN_LIST, chosen([loaf])),
        client.post(ADMIN_EXPORT, {"select_across": "1"}),
    ):
        assert "Loaf" not in text(answer, 403)
    records = ExportLog.objects.values_list("door", "outcome", "user", "export_type")
    assert list(records) == [("admin", "denied", "7", DATASET)] * 2
