"""`OwnRowsMixin`: staff see, choose and set what is their own, unless they may see all tenants."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import ForeignKeyRawIdWidget
from django.core.exceptions import ValidationError
from django.db.models import ForeignKey, QuerySet
from django.http import HttpRequest

from ..exceptions import NotPermitted
from ..scope import ALL_TENANTS, Scope, resolve_scope

if TYPE_CHECKING:
    _Base = admin.ModelAdmin[Any]
else:  # a mixin: the ModelAdmin stands behind it
    _Base = object


def widest_scope(user: Any) -> Scope | None:
    """All tenants for who may export them, else the user's own; None for who has no rows at all."""
    for tenant in (ALL_TENANTS, None):
        try:
            return resolve_scope(user, tenant)
        except NotPermitted:
            continue
    return None


class OwnRowsMixin(_Base):
    """Limits a ModelAdmin to the rows that its user may export; stands before ModelAdmin among the bases."""

    tenant_field = "user"
    """The path from a row to its tenant."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request)
        scope = widest_scope(request.user)
        return scope.filter(rows, self.tenant_field) if scope else rows.none()

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """The row; what it refers to of another tenant's is as good as none, for nobody to read its name."""
        row = super().get_object(request, object_id, from_field)
        for field in self.opts.concrete_fields if row else ():
            if isinstance(field, ForeignKey) and not self._is_own(field, row, request):
                # The key itself stays, and is saved as it was.
                field.set_cached_value(row, None)  # type: ignore[arg-type]
        return row

    def formfield_for_foreignkey(
        self, db_field: "ForeignKey[Any, Any]", request: HttpRequest, **kwargs: Any
    ) -> Any:
        """A choice among own rows; of tenants, among oneself."""
        if db_field.name == self.tenant_field:
            kwargs |= self._only_oneself(db_field, request)
        else:
            kwargs |= self._only_own(db_field, request)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def _only_oneself(self, db_field: "ForeignKey[Any, Any]", request: HttpRequest) -> dict[str, Any]:
        scope = widest_scope(request.user)
        if scope and scope.all_tenants:
            return {}
        users = db_field.remote_field.model._default_manager
        tenants = users.filter(pk=scope.tenant) if scope else users.none()
        return {"queryset": tenants, "widget": forms.Select(), "empty_label": None}

    def _only_own(self, db_field: "ForeignKey[Any, Any]", request: HttpRequest) -> dict[str, Any]:
        rows = self._own_choices(db_field, request)
        if rows is None:
            return {}
        if db_field.name not in self.raw_id_fields:
            return {"queryset": rows}
        widget = OwnRawIdWidget(db_field.remote_field, self.admin_site)
        widget.rows = rows
        return {"queryset": rows, "widget": widget}

    def _own_choices(self, db_field: "ForeignKey[Any, Any]", request: HttpRequest) -> QuerySet[Any] | None:
        """What a foreign key may refer to; None where its model's admin limits nothing."""
        related = self.admin_site._registry.get(db_field.remote_field.model)
        return related.get_queryset(request) if isinstance(related, OwnRowsMixin) else None

    def _is_own(self, db_field: "ForeignKey[Any, Any]", row: Any, request: HttpRequest) -> bool:
        rows, key = self._own_choices(db_field, request), getattr(row, db_field.attname)
        return rows is None or key is None or _holds(rows, db_field.target_field.name, key)


def _holds(rows: QuerySet[Any], name: str, value: Any) -> bool:
    """Whether one of the rows has this value, which may be none of the field's at all."""
    try:
        return rows.filter(**{name: value}).exists()
    except (ValueError, OverflowError, ValidationError):
        return False


class OwnRawIdWidget(ForeignKeyRawIdWidget):
    """Django's names the object of any id that stands in the field, or in the page's address."""

    rows: QuerySet[Any]

    def label_and_url_for_value(self, value: Any) -> tuple[str, str]:
        known = _holds(self.rows, self.rel.get_related_field().name, value)
        return super().label_and_url_for_value(value) if known else ("", "")
