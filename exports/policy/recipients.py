"""Whom a user may have exports mailed to: themselves, unless the settings or staff allow more."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from ..conf import export_settings
from ..exceptions import InvalidParameters, ParameterProblem
from ..scope import has_permission

TO_ANYBODY: Final = "exports.mail_to_anybody"
ANY_DOMAIN: Final = "*"
MAX_LENGTH: Final = 254
"""Characters of an address that can be mailed to (RFC 5321, 4.5.3.1.3, with its angle brackets)."""


def own_address(user: Any) -> str:
    """The user's own address; empty where there is none."""
    name = getattr(type(user), "get_email_field_name", lambda: "email")()
    return str(getattr(user, name, "") or "")


def may_mail_to(user: Any, address: str, approved: Sequence[str] = ()) -> bool:
    """Whether the user may have exports mailed to this address; `approved` are those staff has allowed."""
    domains = {domain.lower() for domain in export_settings().mail_domains}
    return (
        same(address, own_address(user))
        or any(same(address, other) for other in approved)
        or ANY_DOMAIN in domains
        or address.rpartition("@")[2].lower() in domains
        or has_permission(user, TO_ANYBODY)
    )


def require_allowed(user: Any, addresses: Sequence[str], approved: Sequence[str] = ()) -> None:
    """Raises InvalidParameters naming `recipients` where one is no address, or not one the user may name."""
    require_room_for(addresses)
    problems = list(_problems(user, addresses, approved))
    if problems:
        raise InvalidParameters([ParameterProblem("recipients", code, text) for code, text in problems])


def require_room_for(addresses: Sequence[str]) -> None:
    """Raises InvalidParameters naming `recipients` where these are too many."""
    limit = export_settings().max_recipients
    if len(addresses) > limit:
        text = format_lazy(_("There may be {limit} recipients at most."), limit=limit)
        raise InvalidParameters([ParameterProblem("recipients", "max_length", text)])


def same(one: str, other: str) -> bool:
    """Whether two addresses are taken for the same. No known mail service tells capitals apart."""
    return bool(one) and one.casefold() == other.casefold()


def _problems(user: Any, addresses: Sequence[str], approved: Sequence[str]) -> Iterator[tuple[str, Any]]:
    for place, address in enumerate(addresses):
        if not is_address(address):
            yield "invalid", format_lazy(_("This is no mail address: {address}."), address=address[:100])
        elif any(same(address, other) for other in addresses[:place]):
            yield "repeated", format_lazy(_("This address stands twice: {address}."), address=address)
        elif not may_mail_to(user, address, approved):
            text = _("You may have exports mailed to your own address alone, and not to {address}.")
            yield "not_allowed", format_lazy(text, address=address)


def is_address(text: str) -> bool:
    """Whether mail can be sent there: one address, without a name before it."""
    try:
        validate_email(text)
    except ValidationError:
        return False
    # Other letters count as equal to ASCII's in comparisons (a Kelvin sign to k), and to mail servers do not.
    return len(text) <= MAX_LENGTH and text.isprintable() and text.rpartition("@")[0].isascii()
