"""What a request asks for, once every parameter of it is known to be valid: the stage of the 400s."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from .choosing import chosen_columns
from .columns import Column
from .definitions import ModelExport
from .exceptions import InvalidParameters, ParameterProblem
from .filtering import ValidFilters, validate_filters
from .incremental import Window, window
from .options import OPTION_NAMES, Options

# PostgreSQL holds no NUL in text, and half a surrogate pair has no encoding: neither a filter nor the audit
# record could take one. JSON can bring the latter, and so can a request's own choice of charset.
_UNSTORABLE: Final = re.compile("[\0\ud800-\udfff]")


@dataclass(frozen=True, kw_only=True)
class Selection:
    """Rows that a door has chosen beforehand, such as the admin's changelist; scope and filters still apply.

    `rows` is any queryset of the definition's model; with `ordered` the file is in its order. `description`
    is for the audit record: what was chosen, and how.
    """

    rows: QuerySet[Any]
    ordered: bool = False
    description: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class ExportParameters:
    """A dataset with valid options, columns and filters. Whether this user may is not asked yet."""

    definition: ModelExport
    options: Options
    chosen: Mapping[str, Column]
    """The columns by their headers in the file, in its order."""

    filters: ValidFilters
    window: Window | None = None
    """When the rows were created that are asked for; None where the dataset does not know."""

    selection: Selection | None = None

    @property
    def columns(self) -> tuple[Column, ...]:
        return tuple(self.chosen.values())

    @classmethod
    def parse(
        cls,
        definition: ModelExport,
        params: QueryDict,
        user: Any,
        selection: Selection | None = None,
        *,
        of_rows: bool = True,
    ) -> "ExportParameters":
        """Raises InvalidParameters, naming each bad parameter of one kind.

        Where it is not `of_rows`, but of the columns alone, no filter is required.

        It tells `user` of no column that they may not see; columns that they name all the same are among
        `columns`.
        """
        _refuse_unstorable(params)
        options = Options.parse(params)
        filter_params = params.copy()
        for name in OPTION_NAMES:
            filter_params.pop(name, None)
        return cls(
            definition=definition,
            options=options,
            chosen=chosen_columns(
                definition.get_columns(), definition.get_columns_for(user), options.columns
            ),
            window=window(options.since, definition.created_field),
            filters=validate_filters(definition, filter_params, options.zone, all_required=of_rows),
            selection=selection,
        )


def _refuse_unstorable(params: QueryDict) -> None:
    problems = [
        ParameterProblem(_UNSTORABLE.sub("\ufffd", name), "invalid_characters", _("Not all of this is text."))
        for name, values in params.lists()
        if any(_UNSTORABLE.search(text) for text in (name, *values))
    ]
    if problems:
        raise InvalidParameters(problems)
