"""Signing in and out: JSON for programs, and the start page. The pages themselves are Django's own views."""

from django.conf import settings
from django.contrib.auth import authenticate, login, logout
from django.contrib.auth.mixins import LoginRequiredMixin
from django.shortcuts import resolve_url
from django.utils.translation import gettext_lazy as _
from django.views.generic import RedirectView
from drf_spectacular.utils import extend_schema
from drf_standardized_errors.openapi_serializers import ErrorResponse401Serializer, ErrorResponse403Serializer
from rest_framework import exceptions, permissions, status
from rest_framework.parsers import FormParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.authentication import SessionAuthentication
from accounts.parsers import JSONParser
from accounts.serializers import CredentialsSerializer, SignedInSerializer


class LoginView(APIView):
    """Sign in with a name and a password; the answer sets the session cookie.

    401 says the same of an unknown user, a wrong password and an inactive user. JSON only: a page of another
    site cannot send JSON here without asking first, and is refused; so no CSRF token is needed.
    """

    authentication_classes = ()
    permission_classes = (permissions.AllowAny,)

    def get_authenticate_header(self, request: Request) -> str:
        """With no authenticator in use REST framework would turn the 401 into a 403."""
        return SessionAuthentication().authenticate_header(request)

    @extend_schema(
        operation_id="login",
        request=CredentialsSerializer,
        # The 401 by hand: the schema expects one only where an authenticator is in use.
        responses={200: SignedInSerializer, 401: ErrorResponse401Serializer},
        tags=["auth"],
    )
    def post(self, request: Request) -> Response:
        """Sign in and receive the session cookie."""
        credentials = CredentialsSerializer(data=request.data)
        credentials.is_valid(raise_exception=True)
        user = authenticate(request._request, **credentials.validated_data)
        if user is None:
            raise exceptions.AuthenticationFailed(_("Unable to sign in with this username and password."))
        login(request._request, user)
        return Response(SignedInSerializer(user).data)


class LogoutView(APIView):
    """End the session. Needs the CSRF token, as every unsafe request of a session does."""

    authentication_classes = (SessionAuthentication,)
    # There is nothing to read, but a form may bring the CSRF token.
    parser_classes = (JSONParser, FormParser, MultiPartParser)

    @extend_schema(
        operation_id="logout",
        request=None,
        responses={204: None, 403: ErrorResponse403Serializer},
        tags=["auth"],
    )
    def post(self, request: Request) -> Response:
        """Sign out."""
        logout(request._request)
        return Response(status=status.HTTP_204_NO_CONTENT)


class HomeView(LoginRequiredMixin, RedirectView):
    """`/`: to where signing in leads."""

    def get_redirect_url(self, *args: object, **kwargs: object) -> str:
        return resolve_url(settings.LOGIN_REDIRECT_URL)
