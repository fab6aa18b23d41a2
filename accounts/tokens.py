"""JSON Web Tokens (RFC 7519): a short-lived access token, and a refresh token that is good once.

simplejwt makes and verifies them, with the one algorithm, the issuer and the audience of SIMPLE_JWT. Here
they get what it lacks: tokens belong to a sign-in, which ends as a whole. Its own list of revoked tokens
keeps every refresh token in plain text, and lets two requests use one at the same time.
"""

import logging
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime

from django.utils import timezone
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken, Token

from accounts.models import TokenFamily, User

logger = logging.getLogger(__name__)

FAMILY = "sid"  # registered for the id of a session (OpenID Connect)


class TokenRefused(Exception):
    """No good token, or not any more. Why is nobody's business."""


@dataclass(frozen=True, kw_only=True)
class Pair:
    """What somebody who signs in receives: both tokens as text."""

    access: str
    refresh: str


def issue(user: User) -> Pair:
    """The tokens of a new sign-in. Sign-ins of the user that have run out are forgotten."""
    TokenFamily.objects.filter(user=user, expires_at__lte=timezone.now()).delete()
    family = TokenFamily(user=user, auth_hash=user.get_session_auth_hash())
    refresh = _refresh_token(family)
    family.refresh_id, family.expires_at = refresh["jti"], _expiry(refresh)
    family.save(force_insert=True)
    return _pair(refresh)


def rotate(text: str) -> Pair:
    """New tokens for a refresh token, which is used up by it. Raises TokenRefused.

    One that was used up before ends the whole sign-in: somebody has stolen it, or had it stolen.
    """
    old = _verified(RefreshToken, text)
    family = _family(old)
    new = _refresh_token(family)
    current = TokenFamily.objects.filter(pk=family.pk, refresh_id=old["jti"], revoked_at=None)
    # One statement, and no look before it: of two that come at the same time one wins.
    if not current.update(refresh_id=new["jti"], expires_at=_expiry(new)):
        if family.revoke():
            logger.warning("A refresh token of user %s came twice: sign-in %s ends", family.user_id, family)
        raise TokenRefused
    return _pair(new)


def revoke(text: str) -> None:
    """Ends the sign-in of a refresh token, used up or not. Raises TokenRefused for what is none."""
    _family(_verified(RefreshToken, text)).revoke()


def holder(text: str) -> tuple[User, TokenFamily]:
    """The user of an access token, and the sign-in that it came of. Raises TokenRefused."""
    family = _family(_verified(AccessToken, text))
    return family.user, family


def _refresh_token(family: TokenFamily) -> RefreshToken:
    token = RefreshToken.for_user(family.user)
    token[FAMILY] = str(family.pk)
    return token


def _pair(refresh: RefreshToken) -> Pair:
    return Pair(access=str(refresh.access_token), refresh=str(refresh))


def _expiry(token: Token) -> datetime:
    return datetime.fromtimestamp(token["exp"], UTC)


def _verified[T: Token](kind: type[T], text: str) -> T:
    try:
        return kind(text)  # type: ignore[arg-type]  # its annotation forgets that text is what it takes
    except TokenError as error:
        raise TokenRefused from error


def _family(token: Token) -> TokenFamily:
    """The living sign-in that a verified token names. Raises TokenRefused."""
    try:
        number = uuid.UUID(token.get(FAMILY))
    except (AttributeError, TypeError, ValueError) as error:
        raise TokenRefused from error
    family = TokenFamily.objects.select_related("user").filter(pk=number).first()
    if family is None or not family.is_alive or token.get("sub") != family.user_id:
        raise TokenRefused
    return family
