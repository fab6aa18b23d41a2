"""Addresses of the pages."""

from django.contrib.auth import views as pages
from django.urls import path

from accounts.authentication import APIKeyAuthentication, in_use
from accounts.web import api_keys, home

urlpatterns = [
    path("login/", pages.LoginView.as_view(redirect_authenticated_user=True), name="login"),
    path("logout/", pages.LogoutView.as_view(), name="logout"),
    path("", home.HomeView.as_view(), name="home"),
]

if in_use(APIKeyAuthentication):
    # Below the engine's pages, which keep the name free: no dataset is called `keys`.
    urlpatterns += [
        path("exports/keys/", api_keys.APIKeysView.as_view(), name="api-keys-page"),
        path(
            "exports/keys/<uuid:pk>/revoke/", api_keys.APIKeyRevokeView.as_view(), name="api-key-revoke-page"
        ),
    ]
