"""One's own API keys: to make, to list and to revoke."""

from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import status
from rest_framework.generics import GenericAPIView, ListCreateAPIView, RetrieveDestroyAPIView
from rest_framework.pagination import PageNumberPagination
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.serializers import (
    UNAVAILABLE,
    UNREAD,
    APIKeySerializer,
    NewAPIKeySerializer,
    RefusalSerializer,
)
from accounts.models import APIKey, User
from accounts.permissions import SignedInPersonally


class APIKeyPagination(PageNumberPagination):
    """Pages of 50."""

    page_size = 50


class _OwnKeys(GenericAPIView[APIKey]):
    """What the views share: the caller's keys; nobody else's exist."""

    permission_classes = (SignedInPersonally,)
    serializer_class = APIKeySerializer

    def finalize_response(self, *args: Any, **kwargs: Any) -> Response:
        response = super().finalize_response(*args, **kwargs)
        response["Cache-Control"] = "private, no-store"
        return response

    def get_queryset(self) -> QuerySet[APIKey]:
        return APIKey.objects.of(self.request.user)


@extend_schema_view(
    get=extend_schema(
        operation_id="apiKeys",
        tags=["auth"],
        summary="One's own API keys",
        responses={200: APIKeySerializer(many=True)} | UNAVAILABLE,
    )
)
class APIKeyListView(_OwnKeys, ListCreateAPIView[APIKey]):
    """One's own API keys, newest first, those that were revoked among them."""

    pagination_class = APIKeyPagination

    @extend_schema(
        operation_id="apiKeyCreate",
        tags=["auth"],
        summary="Make an API key",
        request=APIKeySerializer,
        # The 400 by hand: the schema would call the first entry of a list `networks.INDEX`, not `networks.0`.
        responses={201: NewAPIKeySerializer, 400: RefusalSerializer} | UNREAD,
    )
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Make a key. The answer holds its text, which is shown this once."""
        wanted = self.get_serializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        assert isinstance(request.user, User)  # noqa: S101 - the permission has seen to it
        key, text = APIKey.objects.issue(user=request.user, **wanted.validated_data)
        key.key = text  # type: ignore[attr-defined]  # for this answer alone
        return Response(
            NewAPIKeySerializer(key).data,
            status=status.HTTP_201_CREATED,
            headers={"Location": reverse("api-key", args=[key.pk])},
        )


@extend_schema_view(
    get=extend_schema(
        operation_id="apiKey",
        tags=["auth"],
        summary="One API key",
        responses={200: APIKeySerializer} | UNAVAILABLE,
    )
)
class APIKeyView(_OwnKeys, RetrieveDestroyAPIView[APIKey]):
    """One of one's own API keys."""

    @extend_schema(
        operation_id="apiKeyRevoke",
        tags=["auth"],
        summary="Revoke an API key",
        responses={204: None} | UNAVAILABLE,
    )
    def delete(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Revoke the key: its next request is refused. It stays in the list."""
        self.get_object().revoke()
        return Response(status=status.HTTP_204_NO_CONTENT)
