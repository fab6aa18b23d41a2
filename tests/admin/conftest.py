"""What the tests of the admin share: staff of different rights."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission


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
