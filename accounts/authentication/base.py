"""What the authenticators share: reading a credential, and saying in a 401 what would be accepted."""

from typing import ClassVar

from rest_framework import authentication
from rest_framework.request import Request


class Authentication(authentication.BaseAuthentication):
    """An authenticator whose 401 names every scheme that is in use, not the first one's alone."""

    scheme: ClassVar[str]
    realm: ClassVar[str] = "api"
    personal: ClassVar[bool] = False
    """Whether the user themselves has signed in so, and no program with what they gave it."""

    def challenge(self) -> str:
        """This scheme's part of WWW-Authenticate."""
        return f'{self.scheme} realm="{self.realm}"'

    def authenticate_header(self, request: Request) -> str:
        """WWW-Authenticate, a challenge for each scheme (RFC 9110, section 11.6.1).

        REST framework asks the first authenticator alone.
        """
        used = [other for other in request.authenticators or () if isinstance(other, Authentication)]
        challenges: dict[str, str] = {}
        for other in used or [self]:
            # Of two that share a scheme the longer one says more.
            challenges[other.scheme] = max(challenges.get(other.scheme, ""), other.challenge(), key=len)
        return ", ".join(challenges.values())


def authorization(request: Request, scheme: str) -> str | None:
    """What the Authorization header holds for this scheme, in any case (RFC 9110, section 11.1).

    None where there is none, or one of another scheme.
    """
    given, _, credentials = request.headers.get("Authorization", "").strip().partition(" ")
    return credentials.strip() if given.lower() == scheme.lower() else None
