"""OAuth 2 access tokens of django-oauth-toolkit (RFC 6749), for programs: client credentials alone."""

from typing import Any, ClassVar, Final

from django.utils.translation import gettext_lazy as _
from oauth2_provider.models import AbstractAccessToken
from oauth2_provider.oauth2_validators import OAuth2Validator
from oauthlib.common import Request as OAuthRequest
from rest_framework import exceptions
from rest_framework.request import Request

from accounts.authentication.bearer import BearerAuthentication
from accounts.models import User

SCOPE: Final = "exports:read"


class OAuth2Authentication(BearerAuthentication):
    """The user who owns the client that the token was given to. A token without the scope is answered 403."""

    validator: ClassVar = OAuth2Validator()

    def takes(self, token: str) -> bool:
        return "." not in token

    def holder(self, request: Request, token: str) -> tuple[User, AbstractAccessToken] | None:
        # The path alone: it is compared with what the token was made for (RFC 8707).
        asked = OAuthRequest(request.build_absolute_uri(request.path))
        if not self.validator.validate_bearer_token(token, [], asked) or asked.client is None:
            return None
        owner = asked.client.user
        if owner is None or not owner.is_active:
            return None
        if not asked.access_token.allow_scopes([SCOPE]):
            raise self._lacking_scope()
        return owner, asked.access_token

    def _lacking_scope(self) -> exceptions.PermissionDenied:
        """403, with what RFC 6750, section 3.1, wants to be said of it."""
        error = exceptions.PermissionDenied(_("This token lacks the scope exports:read."))
        challenge = f'{self.challenge()}, error="insufficient_scope", scope="{SCOPE}"'
        error.auth_header = challenge  # type: ignore[attr-defined]  # which becomes WWW-Authenticate
        return error


class OwnedClientValidator(OAuth2Validator):  # type: ignore[misc]  # untyped
    """django-oauth-toolkit's, but no client acts for nobody, or for a user who is not active."""

    def _load_application(self, client_id: str | None, request: Any) -> Any:
        # No client is called so; PostgreSQL would answer with an error that nobody expects.
        return None if "\0" in (client_id or "") else super()._load_application(client_id, request)

    def authenticate_client(self, request: Any, *args: Any, **kwargs: Any) -> bool:
        if not super().authenticate_client(request, *args, **kwargs):
            return False
        owner = request.client.user
        return owner is not None and owner.is_active
