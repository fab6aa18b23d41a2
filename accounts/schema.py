"""The credentials, as the OpenAPI document names them."""

from django.conf import settings
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema

from accounts.authentication import DEVELOPMENT_HEADER


class SessionScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """The session cookie."""

    target_class = "accounts.authentication.SessionAuthentication"
    name = "session"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        return {
            "type": "apiKey",
            "in": "cookie",
            "name": settings.SESSION_COOKIE_NAME,
            "description": "Set by POST /api/auth/login. Unsafe methods need X-CSRFToken beside it.",
        }


class DevelopmentHeaderScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """The development header; in the document only where it is in use."""

    target_class = "accounts.authentication.DevelopmentHeaderAuthentication"
    name = "developmentHeader"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        return {
            "type": "apiKey",
            "in": "header",
            "name": DEVELOPMENT_HEADER,
            "description": "Names the user. For development only: a production refuses to start with it.",
        }
