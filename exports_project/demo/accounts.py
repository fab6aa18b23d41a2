"""The users of a demo."""

from typing import Final

from django.conf import settings
from django.core.exceptions import ValidationError

from accounts.models import User

STAFF: Final = "admin"


class InvalidUserId(ValueError):
    """No user can have this id; the text says why."""


def ensure_user(user_id: str, *, staff: bool = False, email: str = "") -> bool:
    """Make the user unless there is one of this id; whether it was made.

    The password is the id in DEBUG; otherwise the user cannot sign in with one. Raises InvalidUserId.
    """
    if User.objects.filter(pk=user_id).exists():
        return False
    user = User(id=user_id, username=user_id, email=email, is_staff=staff, is_superuser=staff)
    user.set_password(user_id if settings.DEBUG else None)
    try:
        user.full_clean()
    except ValidationError as error:
        raise InvalidUserId(f"{user_id!r} cannot be a user's id: {' '.join(error.messages)}") from error
    user.save(force_insert=True)
    return True
