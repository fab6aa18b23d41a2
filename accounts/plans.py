"""The names of the plans that a user may have. The accounts know none themselves."""

from collections.abc import Sequence

from django.conf import settings
from django.utils.module_loading import import_string


def plan_names() -> Sequence[str]:
    """What the function says that the setting USER_PLANS names."""
    names: Sequence[str] = import_string(settings.USER_PLANS)()
    return names
