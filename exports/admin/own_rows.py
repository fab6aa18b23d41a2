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


def widest_scope(user: Any) -> Scope:
    """All tenants for who may export them, else the user's own. Raises NotPermitted where there is none."""
    try:
        return resolve_scope(user, ALL_TENANTS)
    except NotPermitted:
        return resolve_scope(user, None)


class OwnRowsMixin(_Base):
    """Limits a ModelAdmin to the rows that its user may export; stands before ModelAdmin among the bases."""

    tenant_field = "user"
    """The path from a row to its tenant."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request)
        try:
            return widest_scope(request.user).filter(rows, self.tenant_field)
        except NotPermitted:
            return rows.none()

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
        if scope.all_tenants:
            return {}
        tenants = db_field.remote_field.model._default_manager.filter(pk=scope.tenant)
        return {"queryset": tenants, "widget": forms.Select(), "empty_label": None}

    def _only_own(self, db_field: "ForeignKey[Any, Any]", request: HttpRequest) -> dict[str, Any]:
        related = self.admin_site._registry.get(db_field.remote_field.model)
        if not isinstance(related, OwnRowsMixin):
            return {}
        rows = related.get_queryset(request)
        widget = OwnRawIdWidget(db_field.remote_field, self.admin_site)
        widget.rows = rows
        return {"queryset": rows} | ({"widget": widget} if db_field.name in self.raw_id_fields else {})


class OwnRawIdWidget(ForeignKeyRawIdWidget):
    """Django's names the object of any id that stands in the field, or in the page's address."""

    rows: QuerySet[Any]

    def label_and_url_for_value(self, value: Any) -> tuple[str, str]:
        try:
            known = self.rows.filter(**{self.rel.get_related_field().name: value}).exists()
        except (ValueError, OverflowError, ValidationError):
            known = False
        return super().label_and_url_for_value(value) if known else ("", "")
