"""What a user is told of a dataset before choosing anything."""

from typing import Any

from .conf import export_settings
from .definitions import ModelExport
from .filtering import required_filters
from .query import all_rows
from .registry import registry
from .scope import Scope, has_permission, resolve_scope


def dataset_names(user: Any = None) -> list[str]:
    """The names of all datasets there are, in the order of their registration.

    With a user, of those of which they may have rows: nobody is told of others.
    """
    return [found.get_name() for found in registry if user is None or _may_have(found, user)]


def _may_have(definition: ModelExport, user: Any) -> bool:
    return not definition.permission_for_own_rows or has_permission(user, definition.get_permission())


def plan_names() -> list[str]:
    """The names of all plans there are."""
    return list(export_settings().plans)


def row_count(
    definition: ModelExport, user: Any, scope: Scope | None = None, *, most: int | None = None
) -> int | None:
    """The number of the user's own rows, or of those in `scope`; no more than `most` are counted.

    None where a filter is required: such rows are only of something.
    """
    if required_filters(definition):
        return None
    scope = scope or resolve_scope(user, None)
    rows = scope.filter(all_rows(definition), definition.scope_field)
    return (rows if most is None else rows.order_by()[:most]).count()
