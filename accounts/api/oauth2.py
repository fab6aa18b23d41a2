"""The two addresses of OAuth 2: django-oauth-toolkit's, for whatever is sent to them."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from oauth2_provider import views


class _Forgiving:
    """A name that is no ASCII, an address that is none: django-oauth-toolkit lets them raise ValueError."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            answer: HttpResponse = super().post(request, *args, **kwargs)  # type: ignore[misc]
        except ValueError:
            answer = JsonResponse({"error": "invalid_request"}, status=400)  # RFC 6749, section 5.2
        return answer


class TokenView(_Forgiving, views.TokenView):  # type: ignore[misc]  # untyped
    """An access token for client credentials."""


class RevokeTokenView(_Forgiving, views.RevokeTokenView):  # type: ignore[misc]
    """The end of an access token (RFC 7009)."""
