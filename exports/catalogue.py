"""What a user is told of a dataset before choosing anything."""

from typing import Any

from .definitions import ModelExport
from .filtering import required_filters
from .scope import resolve_scope


def row_count(definition: ModelExport, user: Any) -> int | None:
    """The number of the user's own rows; None where a filter is required: such rows are only of something."""
    if required_filters(definition):
        return None
    return resolve_scope(user, None).filter(definition.get_queryset(), definition.scope_field).count()
