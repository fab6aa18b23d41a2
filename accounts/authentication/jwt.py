"""JSON Web Tokens as bearer tokens."""

from rest_framework.request import Request

from accounts import tokens
from accounts.authentication.bearer import BearerAuthentication
from accounts.models import TokenFamily, User


class JWTAuthentication(BearerAuthentication):
    """An access token of `POST /api/auth/token`, of a sign-in that lasts; `request.auth` is that sign-in."""

    personal = True

    def takes(self, token: str) -> bool:
        return token.count(".") == 2  # header, payload and signature (RFC 7515, section 7.1)

    def holder(self, request: Request, token: str) -> tuple[User, TokenFamily] | None:
        try:
            return tokens.holder(token)
        except tokens.TokenRefused:
            return None
