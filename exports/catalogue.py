"""What a user is told of a dataset before choosing anything."""

from typing import Any

from .conf import export_settings
from .definitions import ModelExport
from .filtering import required_filters
from .query import all_rows
from .registry import registry
from .scope import resolve_scope


def dataset_names() -> list[str]:
    """The names of all datasets there are, in the order of their registration."""
    return [definition.get_name() for definition in registry]


def plan_names() -> list[str]:
    """The names of all plans there are."""
    return list(export_settings().plans)


def row_count(definition: ModelExport, user: Any) -> int | None:
    """The number of the user's own rows; None where a filter is required: such rows are only of something."""
    if required_filters(definition):
        return None
    return resolve_scope(user, None).filter(all_rows(definition), definition.scope_field).count()
