"""Who may do what with the accounts themselves."""

from django.utils.translation import gettext_lazy as _
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.views import APIView


class SignedInPersonally(IsAuthenticated):
    """Somebody who signed in, and no program with a credential of theirs.

    A key that may export one dataset could otherwise make itself one that may export all. A way of signing in
    counts if its class says so (`personal`).
    """

    message = _("An API key or an OAuth 2 token cannot manage API keys: sign in.")

    def has_permission(self, request: Request, view: APIView) -> bool:
        personal = getattr(request.successful_authenticator, "personal", False)
        return personal and super().has_permission(request, view)
