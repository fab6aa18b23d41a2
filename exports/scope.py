"""Whose rows an export may hold. There is no default of "everybody's": no scope is a refusal."""

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db.models import ForeignKey, Model, QuerySet
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

from .conf import export_settings
from .exceptions import NotPermitted

ALL_TENANTS = "*"
"""What `tenant=` says, and the audit record shows, for the rows of every tenant."""

FOR_OTHER_TENANT = "exports.export_for_other_tenant"
FOR_ALL_TENANTS = "exports.export_for_all_tenants"


@dataclass(frozen=True)
class Scope:
    """One tenant by its primary key as text, or, said outright, all of them."""

    tenant: str
    all_tenants: bool = False

    def __post_init__(self) -> None:
        if not self.tenant:
            raise NotPermitted(_("No tenant is known for this user."))

    def filter[M: Model](self, queryset: QuerySet[M], scope_field: str) -> QuerySet[M]:
        """The rows of `queryset` that belong to the tenant; none where its id could be nobody's."""
        if self.all_tenants:
            return queryset
        try:
            return queryset.filter(**{_tenant_key(queryset.model, scope_field): self.tenant})
        except (ValueError, ValidationError):  # no value of the key's type
            return queryset.none()


def _tenant_key(model: Any, scope_field: str) -> str:
    """The path to the tenant's primary key.

    A foreign key with `to_field` holds something else of the tenant's: compared with that, one user whose
    name is another one's key would be given the other's rows.
    """
    field: Any = None
    try:
        for name in scope_field.split("__"):
            field = model._meta.pk if name == "pk" else model._meta.get_field(name)
            model = field.related_model
    except (AttributeError, FieldDoesNotExist):  # a transform, or an annotation of the definition's queryset
        return scope_field
    refers_elsewhere = isinstance(field, ForeignKey) and not field.target_field.primary_key
    return f"{scope_field}__pk" if refers_elsewhere else scope_field


def has_permission(user: Any, name: str) -> bool:
    """Whether the user has this permission; a user model without PermissionsMixin, or nobody, has none."""
    return bool(getattr(user, "has_perm", lambda _: False)(name))


def own_rows(user: Any, requested: str | None) -> Scope:
    """The default resolver: a user's own rows; another's or everybody's with the permission for it.

    Raises NotPermitted otherwise.
    """
    own = str(user.pk)
    if requested is None or requested == own:
        return Scope(own)
    if requested == ALL_TENANTS and has_permission(user, FOR_ALL_TENANTS):
        return Scope(ALL_TENANTS, all_tenants=True)
    if requested != ALL_TENANTS and has_permission(user, FOR_OTHER_TENANT):
        return Scope(requested)
    raise NotPermitted(_("You may not export the rows of another tenant."), attr="tenant")


def own_scope(user: Any) -> Scope | None:
    """The scope of who names no tenant; None for who has no rows at all."""
    try:
        return resolve_scope(user, None)
    except NotPermitted:
        return None


def resolve_scope(user: Any, requested: str | None) -> Scope:
    """The scope by the resolver that the settings name. Raises NotPermitted when it names none."""
    scope = import_string(export_settings().scope_resolver)(user, requested)
    if not isinstance(scope, Scope):
        raise NotPermitted(_("The scope resolver names no tenant."))
    return scope


def widest_scope(user: Any) -> Scope | None:
    """All tenants for who may export them, else the user's own; None for who has no rows at all."""
    try:
        return resolve_scope(user, ALL_TENANTS)
    except NotPermitted:
        return own_scope(user)
