"""Signing in with a name and a password, and out again: by session cookie or by JSON Web Token."""

from contextlib import suppress
from typing import Any

from django.contrib.auth import authenticate, login, logout
from django.contrib.auth.signals import user_logged_in
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiResponse, extend_schema
from drf_standardized_errors.openapi_serializers import ErrorResponse401Serializer, ErrorResponse403Serializer
from rest_framework import exceptions, permissions, status
from rest_framework.parsers import FormParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import tokens
from accounts.api.parsers import JSONParser
from accounts.api.serializers import (
    UNREAD,
    CredentialsSerializer,
    RefreshSerializer,
    SignedInSerializer,
    TokensSerializer,
)
from accounts.authentication import JWTAuthentication, SessionAuthentication, in_use
from accounts.authentication.base import Authentication
from accounts.authentication.bearer import REFUSED
from accounts.models import TokenFamily, User


class OpenView(APIView):
    """For those who have nothing yet to prove who they are. JSON alone, and never kept by a cache.

    A page of another site cannot send JSON here without asking first, and is refused; so no CSRF token is
    needed.
    """

    authentication_classes = ()
    permission_classes = (permissions.AllowAny,)
    authenticator: type[Authentication]

    def get_authenticate_header(self, request: Request) -> str:
        """With no authenticator in use REST framework would turn the 401 into a 403."""
        return self.authenticator().challenge()

    def finalize_response(self, *args: Any, **kwargs: Any) -> Response:
        response = super().finalize_response(*args, **kwargs)
        response["Cache-Control"] = "no-store"  # RFC 6749, section 5.1
        return response


def user_by_password(request: Request) -> User:
    """Who the name and the password in the body belong to.

    401 says the same of an unknown user, a wrong password, an inactive user, and one who is locked out.
    """
    credentials = CredentialsSerializer(data=request.data)
    credentials.is_valid(raise_exception=True)
    user = authenticate(request._request, **credentials.validated_data)
    if not isinstance(user, User):
        raise exceptions.AuthenticationFailed(_("Unable to sign in with this username and password."))
    return user


class LoginView(OpenView):
    """Sign in with a name and a password; the answer sets the session cookie."""

    authenticator = SessionAuthentication

    @extend_schema(
        operation_id="login",
        request=CredentialsSerializer,
        # The 401 by hand: the schema expects one only where an authenticator is in use.
        responses={200: SignedInSerializer, 401: ErrorResponse401Serializer} | UNREAD,
        tags=["auth"],
    )
    def post(self, request: Request) -> Response:
        """Sign in and receive the session cookie."""
        user = user_by_password(request)
        login(request._request, user)
        return Response(SignedInSerializer(user).data)


class TokenView(OpenView):
    """Sign in with a name and a password; the answer holds two JSON Web Tokens."""

    authenticator = JWTAuthentication

    @extend_schema(
        operation_id="token",
        request=CredentialsSerializer,
        responses={200: TokensSerializer, 401: ErrorResponse401Serializer} | UNREAD,
        tags=["auth"],
    )
    def post(self, request: Request) -> Response:
        """Sign in and receive an access token and a refresh token."""
        user = user_by_password(request)
        user_logged_in.send(sender=type(user), request=request._request, user=user)
        return Response(TokensSerializer(tokens.issue(user)).data)


class TokenRefreshView(OpenView):
    """New tokens for a refresh token, which is good once."""

    authenticator = JWTAuthentication

    @extend_schema(
        operation_id="tokenRefresh",
        request=RefreshSerializer,
        responses={200: TokensSerializer, 401: ErrorResponse401Serializer} | UNREAD,
        tags=["auth"],
    )
    def post(self, request: Request) -> Response:
        """Receive new tokens. A refresh token that comes a second time ends the whole sign-in."""
        try:
            pair = tokens.rotate(RefreshSerializer.text(request.data))
        except tokens.TokenRefused as error:
            raise exceptions.AuthenticationFailed(REFUSED) from error
        return Response(TokensSerializer(pair).data)


class TokenRevokeView(OpenView):
    """The end of a sign-in by JSON Web Token, by its refresh token."""

    authenticator = JWTAuthentication

    @extend_schema(
        operation_id="tokenRevoke",
        request=RefreshSerializer,
        responses={204: OpenApiResponse(description="No token of that sign-in counts any more.")} | UNREAD,
        tags=["auth"],
    )
    def post(self, request: Request) -> Response:
        """Sign out. A token that is not good is no error: there is nothing left to end (RFC 7009, 2.2)."""
        with suppress(tokens.TokenRefused):
            tokens.revoke(RefreshSerializer.text(request.data))
        return Response(status=status.HTTP_204_NO_CONTENT)


class LogoutView(APIView):
    """The end of a session, or of the sign-in that a bearer token came of.

    With a session it needs the CSRF token, as every unsafe request of a session does.
    """

    authentication_classes = (
        *([JWTAuthentication] if in_use(JWTAuthentication) else []),
        SessionAuthentication,
    )
    # There is nothing to read, but a form may bring the CSRF token.
    parser_classes = (JSONParser, FormParser, MultiPartParser)

    @extend_schema(
        operation_id="logout",
        request=None,
        responses={204: None, 403: ErrorResponse403Serializer} | UNREAD,
        tags=["auth"],
    )
    def post(self, request: Request) -> Response:
        """Sign out."""
        if isinstance(request.auth, TokenFamily):
            request.auth.revoke()
        else:
            logout(request._request)
        return Response(status=status.HTTP_204_NO_CONTENT)
