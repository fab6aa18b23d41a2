"""What the tests of the admin share: staff of different rights."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Permission

from tests.api import rows


@pytest.fixture
def allow() -> Callable[..., None]:
    """allow(user, "telephony.view_calllog", …)"""

    def allow(user: Any, *permissions: str) -> None:
        for permission in permissions:
            app_label, _, codename = permission.partition(".")
            found = Permission.objects.get(content_type__app_label=app_label, codename=codename)
            user.user_permissions.add(found)

    return allow


@pytest.fixture
def staff(user, client) -> Any:
    """user-123 as staff who may see and export all tables, but of their own rows."""
    user.is_staff = True
    user.save()
    tables = Permission.objects.exclude(content_type__app_label__in=["exports", "auth", "accounts"])
    user.user_permissions.add(*tables)
    client.force_login(user)
    return user


@pytest.fixture
def everybodys(staff, allow) -> Any:
    """The same, who may export all tenants."""
    allow(staff, "exports.export_for_all_tenants", "exports.view_exportlog")
    return staff


@pytest.fixture
def mine_and_theirs(user, stranger) -> tuple[rows.Tenant, rows.Tenant]:
    return rows.tenants(user, stranger)
