"""What a request asks for, once every parameter of it is known to be valid: the stage of the 400s."""

import re
from dataclasses import dataclass
from typing import Final

from django.http import QueryDict

from .columns import Column
from .definitions import ModelExport
from .exceptions import InvalidParameters, ParameterProblem
from .filtering import ValidFilters, validate_filters
from .options import OPTION_NAMES, Options, chosen_columns

# PostgreSQL holds no NUL in text, and half a surrogate pair has no encoding: neither a filter nor the audit
# record could take one. JSON can bring the latter, and so can a request's own choice of charset.
_UNSTORABLE: Final = re.compile("[\0\ud800-\udfff]")


@dataclass(frozen=True, kw_only=True)
class ExportParameters:
    """A dataset with valid options, columns and filters. Whether this user may is not asked yet."""

    definition: ModelExport
    options: Options
    columns: tuple[Column, ...]
    filters: ValidFilters

    @classmethod
    def parse(cls, definition: ModelExport, params: QueryDict) -> "ExportParameters":
        """Raises InvalidParameters, naming each bad parameter of one kind."""
        _refuse_unstorable(params)
        options = Options.parse(params)
        filter_params = params.copy()
        for name in OPTION_NAMES:
            filter_params.pop(name, None)
        return cls(
            definition=definition,
            options=options,
            columns=chosen_columns(definition.get_columns(), options.columns),
            filters=validate_filters(definition, filter_params),
        )


def _refuse_unstorable(params: QueryDict) -> None:
    problems = [
        ParameterProblem(_UNSTORABLE.sub("\ufffd", name), "invalid_characters", "Not all of this is text.")
        for name, values in params.lists()
        if any(_UNSTORABLE.search(text) for text in (name, *values))
    ]
    if problems:
        raise InvalidParameters(problems)
