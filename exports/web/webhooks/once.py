"""Forms whose answer shows a secret: one that is sent again, as by a reload of that page, makes nothing."""

from typing import Any
from uuid import UUID, uuid4

from django.core.signing import BadSignature, Signer

FIELD = "once"


def new_key(user: Any) -> str:
    """For the form: the primary key of what it will make, signed. Another user's form takes none of it."""
    return _signer(user).sign(str(uuid4()))


def key_of(text: str, user: Any) -> UUID:
    """The key that a form has brought; a new one where it has brought none that was made here."""
    try:
        return UUID(_signer(user).unsign(text))
    except (BadSignature, ValueError):
        return uuid4()


def _signer(user: Any) -> Signer:
    return Signer(salt=f"exports.web.once.{user.pk}")
