"""`export_<model>`: made for each model with an export, asked for where rows of others are on the table."""

import pytest
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.http import QueryDict

from exports import engine
from exports.caller import Caller
from exports.exceptions import NotPermitted
from exports.models import ExportLog
from exports.registry import registry
from tests.engine.models import Customer, Order

EXPORT = "exports.export"


@pytest.fixture
def permission(db) -> Permission:
    content_type = ContentType.objects.get_for_model(Order)
    return Permission.objects.get(codename="export_order", content_type=content_type)


def test_it_is_made_for_models_with_an_export_and_for_no_others(permission):
    assert permission.name == "Can export order"
    assert registry.get("orders").get_permission() == "engine.export_order"
    names = Permission.objects.filter(codename__startswith="export_", content_type__app_label="telephony")
    assert sorted(names.values_list("codename", flat=True)) == [
        *("export_agentconfig", "export_calllog", "export_livekitevent", "export_phonenumbermapping"),
    ]
    assert not Permission.objects.filter(
        codename="export_customer", content_type=ContentType.objects.get_for_model(Customer)
    ).exists()


def test_it_is_made_once_and_again_where_it_is_gone(permission):
    call_command("migrate", verbosity=0)
    assert Permission.objects.filter(codename="export_order").count() == 1
    permission.delete()
    call_command("migrate", verbosity=0)
    assert Permission.objects.filter(codename="export_order").count() == 1


def test_its_name_is_in_one_language(permission, settings):
    permission.delete()
    settings.LANGUAGE_CODE = "de"
    call_command("migrate", verbosity=0)
    assert Permission.objects.get(codename="export_order").name == "Can export order"


@pytest.fixture
def ask(user):
    def call(door, query: str = "", use=engine.start):
        found = use("orders", Caller(user=user, door=door), QueryDict(query))
        return b"".join(found) if use is engine.start else found

    return call


@pytest.mark.parametrize("door", [ExportLog.Door.API, ExportLog.Door.WEB, ExportLog.Door.COMMAND])
def test_own_rows_need_none(ask, door):
    assert ask(door)


@pytest.mark.parametrize("use", [engine.start, engine.preview])
@pytest.mark.parametrize("query", ["", "statuss=paid"])
def test_the_admin_asks_for_it_before_anything_else_is_looked_at(ask, user, use, query):
    with pytest.raises(NotPermitted):
        ask(ExportLog.Door.ADMIN, query, use)
    record = ExportLog.objects.get()
    assert (record.outcome, record.door, record.export_type) == ("denied", "admin", "orders")
    assert (record.user, record.tenant) == (user.pk, user.pk)


def test_with_it_the_admin_exports(ask, user, permission):
    user.user_permissions.add(permission)
    assert ask(ExportLog.Door.ADMIN)
