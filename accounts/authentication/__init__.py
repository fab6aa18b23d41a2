"""Ways for a request to prove who it comes from. The settings list which are used, and in which order.

An authenticator answers None where its credential is absent, so that the next one is asked; where it is
present and wrong, the request is refused with 401, whatever else it carries.

OAuth2Authentication and NextAuthAuthentication need packages of the extras `oauth` and `nextauth`: they are
imported when the settings list them.
"""

from importlib import import_module
from typing import Any

from rest_framework.authentication import BaseAuthentication
from rest_framework.settings import api_settings

from .api_key import APIKeyAuthentication
from .development import DevelopmentHeaderAuthentication
from .jwt import JWTAuthentication
from .session import SessionAuthentication

_LAZY = {"NextAuthAuthentication": "nextauth", "OAuth2Authentication": "oauth2"}

__all__ = [
    "APIKeyAuthentication",
    "DevelopmentHeaderAuthentication",
    "JWTAuthentication",
    "NextAuthAuthentication",
    "OAuth2Authentication",
    "SessionAuthentication",
    "in_use",
]


def in_use(kind: type[BaseAuthentication]) -> bool:
    """Whether the settings list this class, or one made of it."""
    # Classes, once REST framework has read the paths.
    listed: Any = api_settings.DEFAULT_AUTHENTICATION_CLASSES
    return any(issubclass(other, kind) for other in listed)


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        return getattr(import_module(f".{_LAZY[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
