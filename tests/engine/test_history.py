"""What became of exports: whose records one sees, and how to ask for the same again."""

from types import SimpleNamespace
from urllib.parse import urlencode

import pytest
from django.contrib.auth.models import Permission
from django.http import QueryDict

from exports.forms import ExportForm
from exports.history import last_exports, reachable_records, run_again
from exports.models import ExportLog
from exports.registry import registry


@pytest.fixture
def record(client, user, auth_headers):
    """record(dataset, query): the record of a download by this user."""

    def ask(query: str = "", dataset: str = "orders") -> ExportLog:
        response = client.get(f"/api/exports/{dataset}?{query}", headers=auth_headers)
        b"".join(response.streaming_content)
        return ExportLog.objects.get(pk=response["X-Export-Id"])

    return ask


def allow(user, *codenames: str):
    user.user_permissions.add(*Permission.objects.filter(codename__in=codenames))
    return type(user).objects.get(pk=user.pk)  # permissions are cached


def test_a_user_sees_their_own_and_a_stranger_sees_nothing(record, user, stranger):
    mine = record()
    assert list(reachable_records(user)) == [mine]
    assert list(reachable_records(stranger)) == []
    assert last_exports(stranger) == {}


@pytest.mark.parametrize(
    ("codenames", "seen"),
    [
        (["view_exportlog"], 0),
        (["export_for_all_tenants"], 0),
        (["view_exportlog", "export_for_other_tenant"], 0),
        (["view_exportlog", "export_for_all_tenants"], 1),
    ],
)
def test_everybody_s_records_take_both_permissions(record, stranger, codenames, seen):
    record()
    assert reachable_records(allow(stranger, *codenames)).count() == seen


def test_the_last_export_of_each_dataset(record, user):
    record()
    newest, other = record("status=paid"), record(dataset="samples")
    assert last_exports(user) == {"orders": newest, "samples": other}


@pytest.mark.parametrize(
    "query",
    [
        "",
        "status=new",
        "status=new&status=paid&number_min=3",
        "columns=status,number",
        "formulas=reject",
        "compression=zstd",
        "tenant=user-123",
    ],
)
def test_the_parameters_that_ask_for_the_same(record, user, query):
    params = run_again(record(query), user)
    assert urlencode(list(params.lists()), doseq=True).replace("%2C", ",") == query
    again = record(params.urlencode())
    assert again.sha256
    assert (
        ExportLog.objects.filter(filters=again.filters, columns=again.columns, sha256=again.sha256).count()
        == 2
    )


def test_somebody_else_s_export_is_of_their_rows(record, stranger):
    params = run_again(record("status=new"), stranger)
    assert params.dict() == {"status": "new", "tenant": "user-123"}


def test_what_no_parameters_can_say(record, user):
    found = record()
    found.options = {"selection": {"keys": ["1"]}}
    assert run_again(found, user) is None
    found.options, found.export_type = {}, "gone"
    assert run_again(found, user) is None
    assert run_again(ExportLog(export_type="orders", outcome="denied"), user) is None


def test_what_was_denied_is_no_last_export(record, client, user, auth_headers):
    done = record()
    assert client.get("/api/exports/orders?tenant=*", headers=auth_headers).status_code == 403
    assert last_exports(user) == {"orders": done}


@pytest.mark.django_db
def test_a_user_model_without_permissions_has_none():
    """No PermissionsMixin: such users see what is their own."""
    plain = SimpleNamespace(pk=7)
    assert (
        str(reachable_records(plain).query.where)
        == "(AND: Exact(Col(exports_exportlog, exports.ExportLog.user), '7'))"
    )
    assert "tenant" not in ExportForm(registry.get("orders"), plain, QueryDict()).fields
