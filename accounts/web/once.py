"""The form of a new key: one that is sent again, as by a reload of the page that shows it, makes no other."""

from typing import Any
from uuid import UUID, uuid4

from django.core.signing import BadSignature, Signer

FIELD = "once"


def new_id(user: Any) -> str:
    """For the form: the id of the key that it will make, signed. Another user's form takes none of it."""
    return _signer(user).sign(str(uuid4()))


def id_of(text: str, user: Any) -> UUID:
    """The id that a form has brought; a new one where it has brought none that was made here."""
    try:
        return UUID(_signer(user).unsign(text))
    except (BadSignature, ValueError):
        return uuid4()


def _signer(user: Any) -> Signer:
    return Signer(salt=f"accounts.web.once.{user.pk}")
