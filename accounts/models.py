"""The project's user, whose primary key is text, and what a user may hold: API keys, and sign-ins by JWT."""

import ipaddress
import re
import uuid
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.core.validators import RegexValidator
from django.db import models
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from rest_framework_api_key.crypto import KeyGenerator

# What goes into a URL, a header and a comma-separated list without being mistaken for something else, and of
# which the ids of common identity providers are made: `user-123`, a UUID, `auth0|5f7c8e`.
USER_ID_PATTERN = r"\A[A-Za-z0-9][A-Za-z0-9._~@:|-]{0,35}\Z"

# As the exports read it: a number, and seconds, minutes, hours or days.
RATE_PATTERN = r"\A[0-9]{1,9}/([1-9][0-9]{0,5})?[smhd]\Z"


def new_user_id() -> str:
    """A random UUID as text: the default primary key of a user."""
    return str(uuid.uuid4())


class User(AbstractUser):
    """A tenant. The key is text of up to 36 characters, because ids come from elsewhere too (`user-123`).

    A new user is saved only with a key that USER_ID_PATTERN allows; else ValidationError.
    """

    id = models.CharField(
        _("id"),
        primary_key=True,
        max_length=36,
        default=new_user_id,
        validators=[
            RegexValidator(
                USER_ID_PATTERN,
                _("Up to 36 letters, digits and . _ ~ @ : | -, of which the first is a letter or a digit."),
            )
        ],
        help_text=_("Cannot be changed later: every row of the tenant refers to it."),
    )
    plan = models.CharField(
        _("plan"),
        max_length=50,
        blank=True,
        # In the database too: processes of the version before go on making users until they are replaced.
        default="",
        db_default="",
        help_text=_("How often, and how many rows, the user may export; none: as for everybody."),
    )
    networks = models.JSONField(
        _("networks"),
        default=list,
        db_default=[],
        blank=True,
        help_text=_("Addresses and networks the user may export from; none: from anywhere."),
    )

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self._state.adding:
            # Not in forms alone: ids come from commands, and SQLite keeps more text than a column allows.
            self.id = self._meta.pk.clean(self.id, self)
        super().save(*args, **kwargs)


def active_user(user_id: object) -> User | None:
    """The user with this id, if it can be one and the user is active; None otherwise."""
    if not isinstance(user_id, str) or not re.match(USER_ID_PATTERN, user_id):
        return None
    return User.objects.filter(pk=user_id, is_active=True).first()


class APIKeyManager(models.Manager["APIKey"]):
    """Makes keys, and finds the one that a program has sent."""

    generator: ClassVar = KeyGenerator()
    pattern: ClassVar = re.compile(r"([A-Za-z0-9]{8})\.[A-Za-z0-9]{32}")
    # The hash of no key: what an unknown prefix is compared with, so that it takes as long as a known one.
    nobodys_hash: ClassVar = f"{KeyGenerator.preferred_hasher.algorithm}$${'0' * 128}"

    def issue(self, **fields: Any) -> tuple["APIKey", str]:
        """A new key, saved, and its text, which is known now and never again."""
        text, prefix, hashed_key = self.generator.generate()
        return self.create(prefix=prefix, hashed_key=hashed_key, **fields), text

    def of(self, user: Any) -> models.QuerySet["APIKey"]:
        """The keys of whoever is signed in; nobody's of an anonymous user."""
        return self.filter(user=str(user.pk))

    def prefix_of(self, text: str) -> str | None:
        """The public part of a key; None for what is no key at all."""
        match = self.pattern.fullmatch(text)
        return match[1] if match else None

    def matching(self, text: str) -> "APIKey | None":
        """The key with this text, usable or not, and its user. Hashes are compared, in constant time."""
        prefix = self.prefix_of(text)
        key = self.select_related("user").filter(prefix=prefix).first() if prefix else None
        same = self.generator.verify(text, key.hashed_key if key else self.nobodys_hash)
        return key if same else None


class APIKey(models.Model):
    """Lets a program act as its user, at the REST door. Of the key's text only a prefix and a hash are kept.

    Lists that are empty limit nothing. A key that was revoked stays so, for those who look back.
    """

    class State(models.TextChoices):
        """What a key may have come to."""

        ACTIVE = "active", pgettext_lazy("API key", "active")
        EXPIRED = "expired", pgettext_lazy("API key", "expired")
        REVOKED = "revoked", pgettext_lazy("API key", "revoked")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="api_keys", verbose_name=_("user")
    )
    name = models.CharField(_("name"), max_length=100, help_text=_("What the key is for."))
    prefix = models.CharField(_("prefix"), max_length=8, unique=True, editable=False)
    hashed_key = models.CharField(_("hash"), max_length=150, editable=False)
    datasets = models.JSONField(
        _("datasets"), default=list, blank=True, help_text=_("Which it may export; none chosen: all.")
    )
    networks = models.JSONField(
        _("networks"),
        default=list,
        blank=True,
        help_text=_("Addresses and networks it may be used from, such as 192.0.2.0/24; none: from anywhere."),
    )
    rate = models.CharField(
        _("rate"),
        max_length=20,
        blank=True,
        default="",
        db_default="",
        validators=[RegexValidator(RATE_PATTERN, _("Write it as 10/h or 5/10m: so many in so long a time."))],
        help_text=_("How often it may export each dataset, such as 5/h; none: as often as its user."),
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    expires_at = models.DateTimeField(_("expires at"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True, editable=False)
    last_used_at = models.DateTimeField(_("last used at"), null=True, blank=True, editable=False)

    objects: ClassVar[APIKeyManager] = APIKeyManager()

    # Written at most so often: a program that asks every second would write a row every second.
    USED_EVERY: ClassVar = timedelta(minutes=1)

    class Meta:
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")
        ordering: ClassVar[Sequence[str]] = ["-created_at", "pk"]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix})"

    @property
    def state(self) -> State:
        """Whether it counts now, as far as the key itself goes."""
        if self.revoked_at:
            return self.State.REVOKED
        if self.expires_at and self.expires_at <= timezone.now():
            return self.State.EXPIRED
        return self.State.ACTIVE

    def allows_dataset(self, name: str) -> bool:
        """Whether the key may export this dataset; the engine asks."""
        return not self.datasets or name in self.datasets

    def allows_address(self, address: str) -> bool:
        """Whether it may be used from there. What is no address is in no network."""
        if not self.networks:
            return True
        try:
            peer = ipaddress.ip_address(address)
        except ValueError:
            return False
        peer = getattr(peer, "ipv4_mapped", None) or peer
        return any(peer in ipaddress.ip_network(network) for network in self.networks)

    def used(self) -> None:
        """Notes that it was used now."""
        now = timezone.now()
        if self.last_used_at is None or now - self.last_used_at >= self.USED_EVERY:
            # As it was read: of many requests at the same time one writes.
            type(self).objects.filter(pk=self.pk, last_used_at=self.last_used_at).update(last_used_at=now)

    def revoke(self) -> None:
        """Ends it, for the next request on. Does nothing to one that was revoked before."""
        now = timezone.now()
        if type(self).objects.filter(pk=self.pk, revoked_at=None).update(revoked_at=now):
            self.revoked_at = now


class TokenFamily(models.Model):
    """One sign-in by JWT: every token that has come of it names it, and ends with it.

    Of its refresh tokens only the newest is good (RFC 9700, section 4.14.2). Its id is kept, and no token.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="token_families")
    refresh_id = models.CharField(max_length=32)
    # Django's, of sessions: it changes with the password, and so ends what came before.
    auth_hash = models.CharField(max_length=128)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def is_alive(self) -> bool:
        """Whether its tokens still count: not signed out, the user active, the password the same."""
        return (
            self.revoked_at is None
            and self.user.is_active
            and constant_time_compare(self.auth_hash, self.user.get_session_auth_hash())
        )

    def revoke(self) -> bool:
        """Signs out: no token of the family counts any more. False where that was done before."""
        living = type(self).objects.filter(pk=self.pk, revoked_at=None)
        return bool(living.update(revoked_at=timezone.now()))
