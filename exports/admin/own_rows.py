"""`OwnRowsMixin`: staff see, choose, set and delete what is their own, unless they may see all tenants."""

from functools import partial
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.db.models import ForeignKey, ManyToManyField, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _

from ..scope import Scope, widest_scope
from .deletions import reached_rows
from .own_choices import (
    OwnChoiceField,
    OwnMultipleChoiceField,
    OwnRawIdWidget,
    kept_references,
    missing,
    with_kept,
)

if TYPE_CHECKING:
    _Base = admin.ModelAdmin[Any]
else:  # a mixin: the ModelAdmin stands behind it
    _Base = object

type Reference = "ForeignKey[Any, Any] | ManyToManyField[Any, Any]"

_SCOPE = "_exports_scope"


def scope_of(request: HttpRequest) -> Scope | None:
    """`widest_scope` of the request's user, found out once: a page needs it for each of its foreign keys."""
    user, scope = getattr(request, _SCOPE, (None, None))
    if user is not request.user:
        scope = widest_scope(request.user)
        setattr(request, _SCOPE, (request.user, scope))
    return scope


class OwnRowsMixin(_Base):
    """Limits a ModelAdmin to the rows that its user may export; stands before ModelAdmin among the bases."""

    tenant_field = "user"
    """The path from a row to its tenant."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request)
        scope = scope_of(request)
        return scope.filter(rows, self.tenant_field) if scope else rows.none()

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        """Not by what refers to these rows (`?hosts__id=`): that tells which rows of other tenants do."""
        names = {relation.name for relation in self.opts.related_objects}
        return lookup.split("__")[0] not in names and super().lookup_allowed(lookup, value, request)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """The row; what it refers to of another tenant's is as good as none, for nobody to read its name.

        The key itself stays, and is saved as it was.
        """
        row = super().get_object(request, object_id, from_field)
        for field in [*self.opts.concrete_fields, *self.opts.many_to_many] if row else ():
            if isinstance(field, ForeignKey | ManyToManyField):
                self._hide(field, row, request)
        return row

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """What goes with these rows. Where that is another tenant's too, it is not named, and they stay."""
        scope = scope_of(request)
        if not (scope and scope.all_tenants):
            for model, keys in reached_rows(self.model, objs).items():
                rows = self._own_rows(model, request)
                if rows is not None and missing(rows, "pk", keys):
                    return [], {}, set(), [_("Rows that you may not see")]
        return super().get_deleted_objects(objs, request)

    def formfield_for_foreignkey(
        self, db_field: "ForeignKey[Any, Any]", request: HttpRequest, **kwargs: Any
    ) -> Any:
        """A choice among own rows; of tenants, among oneself."""
        if db_field.name == self.tenant_field:
            kwargs |= self._only_oneself(db_field, request)
        else:
            kwargs |= self._only_own(db_field, request, OwnChoiceField)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_manytomany(
        self, db_field: "ManyToManyField[Any, Any]", request: HttpRequest, **kwargs: Any
    ) -> Any:
        """A choice among own rows."""
        kwargs |= self._only_own(db_field, request, OwnMultipleChoiceField)
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def _only_oneself(self, db_field: "ForeignKey[Any, Any]", request: HttpRequest) -> dict[str, Any]:
        scope = scope_of(request)
        if scope and scope.all_tenants:
            return {}
        users = db_field.remote_field.model._default_manager
        tenants = users.filter(pk=scope.tenant) if scope else users.none()
        return {"queryset": tenants, "widget": forms.Select(), "empty_label": None}

    def _only_own(self, db_field: Reference, request: HttpRequest, form_class: Any) -> dict[str, Any]:
        rows = self._own_rows(db_field.remote_field.model, request)
        if rows is None:
            return {}
        found: dict[str, Any] = {"queryset": rows}
        if isinstance(db_field, ForeignKey) and db_field.name in self.raw_id_fields:
            found["widget"] = OwnRawIdWidget(db_field.remote_field, self.admin_site)
            found["widget"].rows = rows
        if kept := kept_references(request).get(db_field):
            found["queryset"] = with_kept(rows, _key_name(db_field), kept)
            found["form_class"] = partial(form_class, unnamed=kept)
        return found

    def _own_rows(self, model: Any, request: HttpRequest) -> QuerySet[Any] | None:
        """The model's rows that the user may see; None where its admin limits nothing."""
        related = self.admin_site._registry.get(model)
        return related.get_queryset(request) if isinstance(related, OwnRowsMixin) else None

    def _hide(self, field: Reference, row: Any, request: HttpRequest) -> None:
        rows = self._own_rows(field.remote_field.model, request)
        if rows is None:
            return
        if isinstance(field, ForeignKey):
            keys = {getattr(row, field.attname)} - {None}
        else:
            keys = set(getattr(row, field.name).values_list("pk", flat=True))
        if theirs := missing(rows, _key_name(field), keys):
            kept_references(request)[field] = theirs
            if isinstance(field, ForeignKey):
                field.set_cached_value(row, None)


def _key_name(field: Reference) -> str:
    return field.target_field.name if isinstance(field, ForeignKey) else "pk"
