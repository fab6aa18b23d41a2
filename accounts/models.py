"""The project's user: a Django user whose primary key is text."""

import uuid
from typing import Any

from django.contrib.auth.models import AbstractUser
from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

# What goes into a URL, a header and a comma-separated list without being mistaken for something else, and of
# which the ids of common identity providers are made: `user-123`, a UUID, `auth0|5f7c8e`.
USER_ID_PATTERN = r"\A[A-Za-z0-9][A-Za-z0-9._~@:|-]{0,35}\Z"


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

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self._state.adding:
            # Not in forms alone: ids come from commands, and SQLite keeps more text than a column allows.
            self.id = self._meta.pk.clean(self.id, self)
        super().save(*args, **kwargs)
