"""`Authorization: Bearer <token>`, of which there may be several kinds (RFC 6750)."""

from abc import ABC, abstractmethod
from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import exceptions
from rest_framework.request import Request

from accounts.authentication.base import Authentication, authorization
from accounts.models import User

REFUSED = _("This token is not valid, or not any more.")


class BearerAuthentication(Authentication, ABC):
    """One kind of token. A kind leaves a token of another one's shape to that other, if it is in use."""

    scheme = "Bearer"

    def __init__(self) -> None:
        self.refused = False

    @abstractmethod
    def takes(self, token: str) -> bool:
        """Whether a token has the shape of this kind."""

    @abstractmethod
    def holder(self, request: Request, token: str) -> tuple[User, Any] | None:
        """Whose token it is, and what `request.auth` becomes; None for one that is not good.

        May raise PermissionDenied for one that is good for something else.
        """

    def authenticate(self, request: Request) -> tuple[User, Any] | None:
        """401 for every token that nobody else takes and that is not good."""
        token = authorization(request, self.scheme)
        if token is None or self._is_anothers(request, token):
            return None
        found = self.holder(request, token)
        if found is None:
            self.refused = True
            raise exceptions.AuthenticationFailed(REFUSED)
        return found

    def challenge(self) -> str:
        """With the error code of RFC 6750, section 3.1, where a token was sent."""
        return f'{super().challenge()}, error="invalid_token"' if self.refused else super().challenge()

    def _is_anothers(self, request: Request, token: str) -> bool:
        kinds = [kind for kind in request.authenticators or () if isinstance(kind, BearerAuthentication)]
        return not self.takes(token) and any(kind.takes(token) for kind in kinds)
