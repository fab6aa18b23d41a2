"""The start page."""

from django.conf import settings
from django.contrib.auth.mixins import LoginRequiredMixin
from django.shortcuts import resolve_url
from django.views.generic import RedirectView


class HomeView(LoginRequiredMixin, RedirectView):
    """`/`: to where signing in leads."""

    def get_redirect_url(self, *args: object, **kwargs: object) -> str:
        return resolve_url(settings.LOGIN_REDIRECT_URL)
