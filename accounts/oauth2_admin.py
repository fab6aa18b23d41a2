"""Clients and tokens of OAuth 2 in the admin: django-oauth-toolkit's pages, for superusers to change."""

from typing import Any

from django.http import HttpRequest
from oauth2_provider import admin


class SuperusersMixin:
    """A client acts for its owner, whom the form names: who may change it could be anybody."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.is_superuser and super().has_add_permission(request)  # type: ignore[misc]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.is_superuser and super().has_change_permission(request, obj)  # type: ignore[misc]


class ApplicationAdmin(SuperusersMixin, admin.ApplicationAdmin):  # type: ignore[misc]
    """Clients."""


class AccessTokenAdmin(SuperusersMixin, admin.AccessTokenAdmin):  # type: ignore[misc]
    """Tokens; others with the permission may look at them."""
