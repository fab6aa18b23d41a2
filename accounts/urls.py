"""Addresses of signing in: the API's, which take no trailing slash, and the pages'."""

from django.contrib.auth import views as pages
from django.urls import path

from accounts import views

urlpatterns = [
    path("api/auth/login", views.LoginView.as_view(), name="api-login"),
    path("api/auth/logout", views.LogoutView.as_view(), name="api-logout"),
    path("login/", pages.LoginView.as_view(redirect_authenticated_user=True), name="login"),
    path("logout/", pages.LogoutView.as_view(), name="logout"),
    path("", views.HomeView.as_view(), name="home"),
]
