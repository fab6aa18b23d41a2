"""What a dataset's author writes: a ModelExport."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, ClassVar

from django.contrib.auth import get_permission_codename
from django.db.models import Model, QuerySet
from django.utils import translation
from django.utils.text import slugify
from django_filters import FilterSet

from .columns import Column, as_column, visible_columns
from .exceptions import Text
from .scope import Scope, has_permission
from .searching import Search


class ModelExport:
    """What may be exported of one model. One instance serves all requests, so it keeps no state."""

    model: ClassVar[type[Model]]
    """Set by `exports.register`."""

    name: ClassVar[str] = ""
    """A slug, the dataset's name in every door; the model's plural name unless given."""

    description: ClassVar[Text] = ""
    """One sentence for the people who choose among datasets."""

    filterset_class: ClassVar[type[FilterSet] | None] = None
    scope_field: ClassVar[str] = ""
    """The path from a row to its tenant. There is no export without one."""

    permission: ClassVar[str] = ""
    """Who may export rows of others, and who may in the admin; `<app>.export_<model>` unless given."""

    permission_for_own_rows: ClassVar[bool] = False
    """Whether users need the permission for their own rows as well."""

    sensitive: ClassVar[bool] = False
    """Whether it is exported to the networks of EXPORTS["SENSITIVE_NETWORKS"] alone."""

    columns: ClassVar[Sequence[str | Column]] = ()
    ordering: ClassVar[Sequence[str]] = ("pk",)
    """A stable order: columns that are never null and do not depend on collation, the last one unique."""

    created_field: ClassVar[str] = ""
    """The field with the moment at which a row was created, by which `since=` finds the new ones."""

    searches: ClassVar[Mapping[str, Search]] = {}
    """By the name of a filter: the rows that its values stand for, to be found by their names."""

    filename: ClassVar[str] = ""
    """What file names begin with; the name with underscores unless given."""

    max_rows: ClassVar[int | None] = None
    """A row limit of this dataset's own; None: the setting's."""

    rate: ClassVar[str | None] = None
    """A rate of this dataset's own, such as `2/d`; None: the setting's."""

    def get_name(self) -> str:
        if self.name:
            return self.name
        with translation.override(None):  # an address is the same whoever reads it
            return slugify(str(self.model._meta.verbose_name_plural))

    def get_columns(self) -> tuple[Column, ...]:
        return tuple(as_column(column) for column in self.columns)

    def get_columns_for(self, user: Any) -> tuple[Column, ...]:
        """The columns that this user sees, with a mask where they may not see behind it."""
        return visible_columns(self.get_columns(), partial(has_permission, user))

    def get_permission(self) -> str:
        """`telephony.export_calllog`, or what stands in `permission`."""
        meta = self.model._meta
        return self.permission or f"{meta.app_label}.{get_permission_codename('export', meta)}"

    def get_queryset(self) -> QuerySet[Any]:
        """The rows of all tenants, by the model's default manager; scope and filters come after."""
        return self.model._default_manager.all()

    def get_filename(self, filters: Mapping[str, Any]) -> str:
        """What this export's file name begins with; `filters` are the cleaned values given."""
        return self.filename or self.get_name().replace("-", "_")

    def clean(self, filters: Mapping[str, Any], scope: Scope) -> None:
        """A place to refuse cleaned filter values: raise ObjectNotFound or InvalidParameters."""
