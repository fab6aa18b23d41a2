"""Everything the engine raises. A class's docstring is its message where nothing more exact is given.

The doors turn these into their own answers (the REST door into HTTP status codes); the engine itself
knows nothing of HTTP.
"""

from collections.abc import Sequence
from dataclasses import dataclass


class ExportError(Exception):
    """The export failed."""

    code = "export_failed"

    def __init__(self, detail: str | None = None, *, attr: str | None = None) -> None:
        self.detail = detail or (type(self).__doc__ or "").strip()
        self.attr = attr
        super().__init__(self.detail)


class AlreadyRegistered(ExportError):
    """An export with this name is registered already."""

    code = "already_registered"


class DatasetNotFound(ExportError):
    """There is no export of this name."""

    code = "not_found"


class ObjectNotFound(ExportError):
    """There is no such object."""

    code = "not_found"

    def __init__(self, attr: str) -> None:
        super().__init__(attr=attr)


@dataclass(frozen=True)
class ParameterProblem:
    """One thing wrong with one parameter: its name, a short code and a sentence for people."""

    attr: str
    code: str
    detail: str


class InvalidParameters(ExportError):
    """A parameter is unknown or not valid."""

    code = "invalid"

    def __init__(self, errors: Sequence[ParameterProblem]) -> None:
        self.errors = tuple(errors)
        super().__init__("; ".join(f"{error.attr}: {error.detail}" for error in errors))


class NotAcceptable(ExportError):
    """None of the formats that were asked for can be produced."""

    code = "not_acceptable"


class Refused(ExportError):
    """The export is refused."""

    code = "refused"
    recorded = True
    """Whether this refusal of a known user belongs in the audit record."""


class NotPermitted(Refused):
    """You do not have the permission for this export."""

    code = "permission_denied"


class RowLimitExceeded(Refused):
    """The export has more rows than the limit allows."""

    code = "row_limit_exceeded"

    def __init__(self, limit: int) -> None:
        self.limit = limit
        super().__init__(f"The export has more than {limit} rows, the limit. Narrow it with filters.")


class RateLimited(Refused):
    """Too many exports; try again later."""

    code = "throttled"

    def __init__(self, retry_after: int, *, recorded: bool = True) -> None:
        self.retry_after = retry_after
        self.recorded = recorded
        super().__init__(f"Too many exports; try again in {retry_after} seconds.")


class RateUnknown(ExportError):
    """The counter of exports does not answer; try again."""

    code = "service_unavailable"


class FormulaFound(ExportError):
    """A cell holds text that a spreadsheet would run as a formula."""

    code = "formula_found"

    def __init__(self, row: int, column: str) -> None:
        self.row = row
        self.column = column
        super().__init__(
            f"Row {row}, column {column!r}: the cell would be run as a formula by a spreadsheet."
        )
