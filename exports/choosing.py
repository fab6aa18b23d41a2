"""Which columns a request asks for, in which order and under which headers."""

from collections.abc import Iterable, Mapping, Sequence

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from .columns import Column
from .exceptions import InvalidParameters, ParameterProblem, Text
from .formulas import strip_controls

MAX_HEADER_LENGTH = 255
"""Characters of a header that a request gives: what any format and any reader of it can hold."""


def chosen_columns(
    columns: Sequence[Column], visible: Sequence[Column], asked: Iterable[str] | None
) -> dict[str, Column]:
    """The columns of `asked` by their headers in the file, in its order.

    It has headers, and `header:name` for one that is to stand under another name.

    Without it, of those that are `visible` the default ones. One that is there but not visible is for a later
    stage to refuse. Raises InvalidParameters for a header that does not exist or stands twice, and for a name
    that is none.
    """
    if asked is None:
        return {column.header: column for column in visible if column.default}
    known = {column.header: column for column in (*columns, *visible)}
    chosen: dict[str, Column] = {}
    for item in asked:
        header, name = _parted(item, known)
        if header not in known:
            shown = ", ".join(column.header for column in visible)
            text = _("There is no column '{header}'. There are: {headers}.")
            raise _problem("unknown_column", format_lazy(text, header=header, headers=shown))
        if known[header] in chosen.values():
            raise _problem(
                "repeated_column", format_lazy(_("The column '{header}' stands twice."), header=header)
            )
        if name in chosen:
            raise _problem(
                "repeated_column", format_lazy(_("Two columns are named '{header}'."), header=name)
            )
        chosen[name] = known[header]
    return chosen


def _parted(item: str, known: Mapping[str, Column]) -> tuple[str, str]:
    """A header, and the name that its column is to have; a header may hold colons of its own."""
    if item in known:
        return item, item
    header, colon, name = item.partition(":")
    while colon and header not in known and ":" in name:
        more, _colon, name = name.partition(":")
        header = f"{header}:{more}"
    if not colon or header not in known:
        return item, item
    name = strip_controls(name).strip()
    if not name or len(name) > MAX_HEADER_LENGTH:
        text = _("The new name of the column '{header}' is empty, or longer than {limit} characters.")
        raise _problem("invalid_name", format_lazy(text, header=header, limit=MAX_HEADER_LENGTH))
    return header, name


def _problem(code: str, detail: Text) -> InvalidParameters:
    return InvalidParameters([ParameterProblem("columns", code, detail)])
