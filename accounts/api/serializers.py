"""What is said, and answered, at the addresses of signing in and of API keys."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError as DjangoValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import serializers

from accounts.datasets import dataset_names
from accounts.models import APIKey, User
from accounts.networks import MOST, canonical_network
from accounts.tokens import Pair


class RefusalItemSerializer(serializers.Serializer[object]):
    """One thing that is wrong; `attr` is the field that it is wrong with, or null."""

    code = serializers.CharField()
    detail = serializers.CharField()
    attr = serializers.CharField(allow_null=True)


class RefusalSerializer(serializers.Serializer[object]):
    """The one shape of every refusal."""

    type = serializers.CharField()
    errors = RefusalItemSerializer(many=True)  # type: ignore[assignment]


# Of every request, as the document has it: the database does not answer; and of every body that is too large.
UNAVAILABLE = {503: RefusalSerializer}
UNREAD = {413: RefusalSerializer} | UNAVAILABLE


class CredentialsSerializer(serializers.Serializer[User]):
    """A name and a password, as given. Nothing is trimmed from a password."""

    username = serializers.CharField(max_length=150)
    # Longer than any password; a bound on what is hashed.
    password = serializers.CharField(max_length=4096, trim_whitespace=False, write_only=True)


class SignedInSerializer(serializers.ModelSerializer[User]):
    """Who signed in."""

    user_id = serializers.CharField(source="id")

    class Meta:
        model = User
        fields = ("user_id", "username")


class TokensSerializer(serializers.Serializer[Pair]):
    """The tokens of a sign-in: `access` for the Authorization header, `refresh` for new ones, once."""

    access = serializers.CharField(read_only=True)
    refresh = serializers.CharField(read_only=True)


class RefreshSerializer(serializers.Serializer[Any]):
    """A refresh token."""

    refresh = serializers.CharField(max_length=4096, write_only=True)

    @classmethod
    def text(cls, data: Any) -> str:
        """The token in a body. Raises ValidationError where there is none."""
        serializer = cls(data=data)
        serializer.is_valid(raise_exception=True)
        text: str = serializer.validated_data["refresh"]
        return text


def valid_network(text: str) -> None:
    """A validator of REST framework's; raises its ValidationError."""
    try:
        canonical_network(text)
    except DjangoValidationError as error:
        raise serializers.ValidationError(error.messages, code="invalid") from error


class APIKeySerializer(serializers.ModelSerializer[APIKey]):
    """An API key without its text."""

    datasets = serializers.ListField(
        child=serializers.CharField(max_length=100),
        required=False,
        allow_empty=False,
        max_length=1000,
        help_text=gettext_lazy("Left out: all."),
    )
    networks = serializers.ListField(
        child=serializers.CharField(max_length=50, validators=[valid_network]),
        required=False,
        allow_empty=False,
        max_length=MOST,
        help_text=gettext_lazy("Addresses and networks it may be used from. Left out: from anywhere."),
    )
    state = serializers.ChoiceField(choices=APIKey.State.choices, read_only=True)

    class Meta:
        model = APIKey
        fields = (
            *("id", "prefix", "name", "datasets", "networks", "rate", "state"),
            *("created_at", "expires_at", "revoked_at", "last_used_at"),
        )
        read_only_fields = ("prefix", "created_at", "revoked_at", "last_used_at")

    def validate_datasets(self, names: Sequence[str]) -> list[str]:
        known = dataset_names(self.context["request"].user)
        unknown = [name for name in names if name not in known]
        if unknown:
            text = _("There is no dataset {names}. There are: {known}.")
            listed = ", ".join(repr(name) for name in unknown)
            raise serializers.ValidationError(
                text.format(names=listed, known=", ".join(known)), code="invalid_choice"
            )
        return list(dict.fromkeys(names))

    def validate_networks(self, entries: Sequence[str]) -> list[str]:
        return list(dict.fromkeys(canonical_network(entry) for entry in entries))

    def validate_expires_at(self, moment: datetime | None) -> datetime | None:
        if moment is not None and moment <= timezone.now():
            raise serializers.ValidationError(_("This moment has passed already."), code="invalid")
        return moment


class NewAPIKeySerializer(APIKeySerializer):
    """A key that was made just now: this once with its text."""

    key = serializers.CharField(read_only=True)

    class Meta(APIKeySerializer.Meta):
        fields = (*APIKeySerializer.Meta.fields, "key")  # type: ignore[assignment]  # one longer
