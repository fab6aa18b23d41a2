"""What a dataset's author writes: a ModelExport."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django.db.models import Model, QuerySet
from django.utils import translation
from django.utils.text import slugify
from django_filters import FilterSet

from .columns import Column, as_column
from .exceptions import Text
from .scope import Scope


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

    columns: ClassVar[Sequence[str | Column]] = ()
    ordering: ClassVar[Sequence[str]] = ("pk",)
    """A stable order: columns that are never null and do not depend on collation, the last one unique."""

    filename: ClassVar[str] = ""
    """What file names begin with; the name with underscores unless given."""

    max_rows: ClassVar[int | None] = None
    """A row limit of this dataset's own; None: the setting's."""

    def get_name(self) -> str:
        if self.name:
            return self.name
        with translation.override(None):  # an address is the same whoever reads it
            return slugify(str(self.model._meta.verbose_name_plural))

    def get_columns(self) -> tuple[Column, ...]:
        return tuple(as_column(column) for column in self.columns)

    def get_queryset(self) -> QuerySet[Any]:
        """The rows of all tenants, by the model's default manager; scope and filters come after."""
        return self.model._default_manager.all()

    def get_filename(self, filters: Mapping[str, Any]) -> str:
        """What this export's file name begins with; `filters` are the cleaned values given."""
        return self.filename or self.get_name().replace("-", "_")

    def clean(self, filters: Mapping[str, Any], scope: Scope) -> None:
        """A place to refuse cleaned filter values: raise ObjectNotFound or InvalidParameters."""
