"""Addresses of signing in and of API keys. They take no trailing slash."""

from django.apps import apps
from django.urls import URLPattern, path

from accounts.api import api_keys, sessions
from accounts.authentication import APIKeyAuthentication, JWTAuthentication, in_use

urlpatterns: list[URLPattern] = [
    path("login", sessions.LoginView.as_view(), name="api-login"),
    path("logout", sessions.LogoutView.as_view(), name="api-logout"),
]

# No address gives a credential that no other takes.
if in_use(JWTAuthentication):
    urlpatterns += [
        path("token", sessions.TokenView.as_view(), name="api-token"),
        path("token/refresh", sessions.TokenRefreshView.as_view(), name="api-token-refresh"),
        path("token/revoke", sessions.TokenRevokeView.as_view(), name="api-token-revoke"),
    ]

if in_use(APIKeyAuthentication):
    urlpatterns += [
        path("api-keys", api_keys.APIKeyListView.as_view(), name="api-keys"),
        path("api-keys/<uuid:pk>", api_keys.APIKeyView.as_view(), name="api-key"),
    ]

if apps.is_installed("oauth2_provider"):
    from accounts.api.oauth2 import RevokeTokenView, TokenView

    # Of django-oauth-toolkit these two alone: there are no consent pages, because no client acts for others.
    urlpatterns += [
        path("oauth2/token", TokenView.as_view(), name="oauth2-token"),
        path("oauth2/revoke", RevokeTokenView.as_view(), name="oauth2-revoke"),
    ]
