"""The user's primary key: text of up to 36 characters."""

import uuid

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from accounts.models import User

pytestmark = pytest.mark.django_db


def test_it_works():
    user = User.objects.create_user(id="user-123", username="anna", password="secret")
    assert User.objects.get(pk="user-123") == user
    assert user.check_password("secret")


def test_the_id_is_a_uuid_by_default():
    first, second = (User.objects.create_user(username=name) for name in ("anna", "berta"))
    assert str(uuid.UUID(first.pk)) == first.pk
    assert first.pk != second.pk


@pytest.mark.parametrize("key", ["1", "user-123", "auth0|5f7c8e", "did:web:example", "a@b.example", "x" * 36])
def test_ids_of_other_systems_are_legal(key):
    User.objects.create_user(id=key, username="anna")
    assert User.objects.filter(pk=key).exists()


@pytest.mark.parametrize(
    "key",
    ["", "x" * 37, "a b", "a/b", "a,b", "*", "..", "-x", "a\n", "a\x00b", "é", "a%2fb", "a?b", 'a"b'],
)
def test_ids_that_a_url_or_a_header_cannot_hold_are_refused(key):
    with pytest.raises(ValidationError):
        User.objects.create_user(id=key, username="anna")


def test_every_way_of_making_a_user_is_checked():
    with pytest.raises(ValidationError):
        User.objects.create_superuser(id="a b", username="anna")
    with pytest.raises(ValidationError):
        User.objects.get_or_create(pk="a/b", username="anna")


def test_an_id_is_given_once():
    User.objects.create_user(id="user-123", username="anna")
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.create_user(id="user-123", username="berta")


def test_ids_differ_by_case():
    User.objects.create_user(id="user-a", username="anna")
    assert not User.objects.filter(pk="USER-A").exists()
