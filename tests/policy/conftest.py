"""Two tenants with a contact each, and the roles in which somebody may ask for them."""

from typing import Any

import pytest

from tests.policy.models import Contact


@pytest.fixture
def contact(user) -> Contact:
    """The user's own."""
    return Contact.objects.create(
        owner=user, name="Ada", phone="+17655559426", email="ada@example.com", salary=70_000
    )


@pytest.fixture
def theirs(stranger) -> Contact:
    """The stranger's."""
    return Contact.objects.create(
        owner=stranger, name="Grace", phone="+4930123456", email="grace@example.org", salary=90_000
    )


@pytest.fixture
def as_staff(user, allow) -> Any:
    """The user may use the admin's doors, and export contacts there."""
    user.is_staff = True
    user.save()
    allow(user, "policy.view_contact", "policy.export_contact", "policy.take_out_secrets")
    return user


@pytest.fixture
def configure(settings):
    """configure(RATE=…): these keys of EXPORTS; the others as the tests have them."""

    def configure(**keys: object) -> None:
        settings.EXPORTS = settings.EXPORTS | keys

    return configure
