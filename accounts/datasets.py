"""The names of the datasets that an API key may be limited to. The accounts know none themselves."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string


def dataset_names(user: Any = None) -> Sequence[str]:
    """What the function says that the setting API_KEY_DATASETS names: of all, or of this user's."""
    names: Sequence[str] = import_string(settings.API_KEY_DATASETS)(user)
    return names
