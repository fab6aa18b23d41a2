"""What is said, and answered, when somebody signs in."""

from rest_framework import serializers

from accounts.models import User


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
