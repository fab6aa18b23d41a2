"""Runs in the service under test (`manage.py shell`): fills its database, all users in one process."""

from base64 import b64encode
from collections.abc import Mapping
from random import Random
from typing import Any

from django.contrib.auth.models import Permission
from django.core.management import call_command
from django.db import connection

from accounts.models import User
from exports.contrib.telephony.models import CallLog


def fill(users: Mapping[str, Mapping[str, Any]]) -> None:
    """See tests.processes.services.fill."""
    for user, wanted in users.items():
        counts = dict(wanted)
        copies, permissions = counts.pop("copies", 0), counts.pop("permissions", None)
        noise = counts.pop("noise", 0)
        call_command("seed_demo", user=user, seed=1, **counts)
        if copies:
            _copy_calls(user, copies)
        if noise:
            _make_noise(user, noise)
        if permissions is not None:
            _promote(user, permissions)


def _copy_calls(user: str, copies: int) -> None:
    # Inside the database: a tenth of the time that as many invented calls would take.
    new_id = "gen_random_uuid()" if connection.vendor == "postgresql" else "lower(hex(randomblob(16)))"
    others = ", ".join(f.column for f in CallLog._meta.concrete_fields if not f.primary_key)
    table = CallLog._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} (id, {others})"
            " WITH RECURSIVE copies(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM copies WHERE n < %s)"
            f" SELECT {new_id}, {others} FROM {table}, copies WHERE user_id = %s",
            (copies, user),
        )


def _make_noise(user: str, calls: int) -> None:
    """Calls that nothing compresses to less than three quarters."""
    random = Random(1)
    CallLog.objects.bulk_create(
        CallLog(user_id=user, recording_url=b64encode(random.randbytes(1_500)).decode()) for _ in range(calls)
    )


def _promote(user: str, permissions: list[str]) -> None:
    staff = User.objects.get(pk=user)
    staff.is_staff, staff.is_superuser = True, permissions == ["*"]
    staff.save()
    for name in permissions if not staff.is_superuser else ():
        app, _, codename = name.partition(".")
        staff.user_permissions.add(Permission.objects.get(content_type__app_label=app, codename=codename))
