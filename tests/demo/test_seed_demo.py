"""`manage.py seed_demo`."""

import io

import pytest
from django.core.management import CommandError, call_command

from accounts.models import User
from exports.contrib.netscan.models import Host
from exports.contrib.telephony.models import CallLog

pytestmark = pytest.mark.django_db


def seed_demo(*arguments: str) -> str:
    out, err = io.StringIO(), io.StringIO()
    call_command("seed_demo", *arguments, stdout=out, stderr=err)
    assert err.getvalue() == ""  # progress is for a terminal
    return out.getvalue()


def test_it_works():
    output = seed_demo("--user", "user-123", "--calls", "30", "--hosts", "5", "--seed", "7")
    assert output == "Made the user user-123.\nAdded 30 calls, 5 hosts to user-123.\n"
    assert CallLog.objects.filter(user_id="user-123").count() == 30
    assert Host.objects.filter(user_id="user-123").count() == 5


def test_an_existing_user_stays_as_it_is(user):
    before = user.password
    assert "Made" not in seed_demo("--user", user.pk, "--calls", "1")
    user.refresh_from_db()
    assert user.password == before


def test_a_new_user_has_a_known_password_in_debug_only(settings):
    settings.DEBUG = True
    seed_demo("--user", "known")
    settings.DEBUG = False
    seed_demo("--user", "unknown")
    assert User.objects.get(pk="known").check_password("known")
    assert not User.objects.get(pk="unknown").has_usable_password()


def test_no_kinds_says_that_nothing_was_asked_for(user):
    assert "Nothing added" in seed_demo("--user", user.pk)
    assert not CallLog.objects.exists()


@pytest.mark.parametrize("kind", ["calls", "agents", "phone-numbers", "events", "hosts"])
def test_negative_numbers_are_refused_before_anything_is_made(kind):
    with pytest.raises(CommandError, match=f"--{kind} must not be negative"):
        seed_demo("--user", "user-123", f"--{kind}", "-1")
    assert not User.objects.exists()


@pytest.mark.parametrize("user_id", ["", "x" * 37, "a b", "a/b", "a\nb"])
def test_an_id_that_no_user_can_have(user_id):
    with pytest.raises(CommandError, match="cannot be a user's id"):
        seed_demo("--user", user_id, "--calls", "1")
    assert not User.objects.exists()


def test_rows_deleted_in_part_need_another_seed(transactional_db):
    seed_demo("--user", "user-123", "--calls", "10")
    seed_demo("--user", "user-123", "--calls", "10")
    first = CallLog.objects.order_by("started_at")[:10]
    CallLog.objects.filter(pk__in=[call.pk for call in first]).delete()
    kept = CallLog.objects.count()
    with pytest.raises(CommandError, match="another --seed"):
        seed_demo("--user", "user-123", "--calls", "10")
    assert CallLog.objects.count() == kept
    seed_demo("--user", "user-123", "--calls", "10", "--seed", "2")
