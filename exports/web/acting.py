"""For whom a page acts, where that is not its user: staff see a banner on each such page."""

from typing import Any

from django.http import QueryDict

from ..exceptions import NotPermitted
from ..models import ExportTemplate
from ..scope import FOR_ALL_TENANTS, FOR_OTHER_TENANT, has_permission, own_scope, resolve_scope


def acting_for(user: Any, tenant: str | None) -> str | None:
    """The tenant (`*` for all) whose rows these are; None where they are the user's own, or nobody's."""
    own = own_scope(user)
    return None if not tenant or (own is not None and tenant == own.tenant) else tenant


def acting_by(user: Any, params: QueryDict) -> str | None:
    """The same of a choice, by its parameters; None too where the user may not act for that tenant."""
    try:
        return acting_for(user, resolve_scope(user, params.get("tenant")).tenant)
    except NotPermitted:
        return None


def acting_in(user: Any, template: ExportTemplate) -> str | None:
    """The same of a template, which may say for whom it is."""
    params = QueryDict(mutable=True)
    params.setlist("tenant", template.parameters.get("tenant", []))
    return acting_by(user, params)


def may_act(user: Any) -> bool:
    """Whether the user is offered to act for somebody. A scope resolver may have rules of its own."""
    return any(has_permission(user, name) for name in (FOR_OTHER_TENANT, FOR_ALL_TENANTS))
