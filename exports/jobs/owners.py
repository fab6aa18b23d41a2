"""The users behind jobs, as they are now: whoever was disabled or removed a moment ago must not be missed."""

from typing import Any

from django.contrib.auth import get_user_model
from django.db import router
from django.utils.translation import gettext_lazy as _

from ..exceptions import NotPermitted
from ..models import ExportJob


def find_owner(key: str) -> Any:
    """The user with this primary key, on the database that is written; None where there is none."""
    model = get_user_model()
    try:
        return model._default_manager.using(router.db_for_write(model)).filter(pk=key).first()
    except (ValueError, TypeError):  # no value of the key's type
        return None


def owner_of(job: ExportJob) -> Any:
    """The user who has asked for the job. Raises NotPermitted where they may not sign in any more."""
    return owner_by_key(job.user)


def owner_by_key(key: str) -> Any:
    """The active user with this primary key. Raises NotPermitted where there is none."""
    user = find_owner(key)
    if user is None or not user.is_active:
        raise NotPermitted(_("The user who asked for this may not sign in any more."))
    return user
