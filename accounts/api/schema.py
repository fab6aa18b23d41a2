"""The credentials, as the OpenAPI document names them."""

from typing import Any

from django.apps import apps
from django.conf import settings
from django.urls import reverse
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema

from accounts.authentication.development import DEVELOPMENT_HEADER


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


class JWTScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """The access token."""

    target_class = "accounts.authentication.JWTAuthentication"
    name = "jwt"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        return {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": "The `access` of POST /api/auth/token.",
        }


class APIKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """The API key."""

    target_class = "accounts.authentication.APIKeyAuthentication"
    name = "apiKey"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        return {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "`Api-Key <key>`, with a key of POST /api/auth/api-keys.",
        }


class NextAuthScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """The cookie of Auth.js; in the document only where it is in use."""

    target_class = "accounts.authentication.NextAuthAuthentication"
    name = "nextAuth"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        return {
            "type": "apiKey",
            "in": "cookie",
            "name": "__Secure-authjs.session-token",
            "description": "Also without __Secure-, and next-auth.session-token of NextAuth.js 4.",
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


if apps.is_installed("oauth2_provider"):  # else its models cannot be imported

    class OAuth2Scheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
        """The token of django-oauth-toolkit."""

        target_class = "accounts.authentication.OAuth2Authentication"
        name = "oauth2"

        def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
            scopes = settings.OAUTH2_PROVIDER["SCOPES"]
            return {
                "type": "oauth2",
                "flows": {"clientCredentials": {"tokenUrl": reverse("oauth2-token"), "scopes": scopes}},
                "description": "The client acts for the user who owns it.",
            }

        def get_security_requirement(self, auto_schema: AutoSchema) -> dict[str, list[str]]:
            return {self.name: list(settings.OAUTH2_PROVIDER["SCOPES"])}
