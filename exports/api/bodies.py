"""What a JSON body says, name by name; all that is wrong with it is told together."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from rest_framework import exceptions
from rest_framework.request import Request

from ..exceptions import InvalidParameters, ParameterProblem, Text
from .parsers import Body, Number, printable

type Problems = list[ParameterProblem]

_ABSENT: Final = object()


def json_object(request: Request) -> Mapping[str, Any]:
    """The object that the body holds. Raises ParseError where it is none."""
    body = request.data
    if not isinstance(body, Body) or not isinstance(body.value, dict):
        raise exceptions.ParseError(_("The body has to be a JSON object."))
    return body.value


def optional_object(request: Request) -> Mapping[str, Any]:
    """As `json_object`, where there may be no body at all."""
    return json_object(request) if request.data else {}


def in_query(request: Request) -> Iterator[ParameterProblem]:
    """Of these nothing would come: an export of more rows than somebody wanted."""
    for name in request.query_params:
        yield ParameterProblem(name, "unknown_parameter", _("Parameters of this request stand in its body."))


def unknown(name: str, known: Sequence[str]) -> ParameterProblem:
    """What is said of a name that means nothing here."""
    text = format_lazy(_("There is no such option. There are: {names}."), names=", ".join(known))
    return ParameterProblem(printable(name), "unknown_parameter", text)


class Fields:
    """The names of a body, each read as what it has to be.

    What is wrong is collected, and something harmless is given in its place: `finish` raises.
    """

    def __init__(self, given: Mapping[str, Any], problems: Problems) -> None:
        self.given = given
        self.problems = problems

    def text(self, name: str, default: str | None = None) -> str:
        """A text; without a `default` it has to be there."""
        value = self.given.get(name, _ABSENT)
        if value is _ABSENT and default is not None:
            return default
        return value if self._is_text(name, value) else ""

    def texts(self, name: str) -> list[str]:
        """A list of texts; none where the name is not there."""
        values = self.given.get(name, [])
        if not isinstance(values, list):
            self._add(name, "null" if values is None else "invalid", _("This has to be a list of texts."))
            return []
        return [value for value in values if self._is_text(name, value)]

    def flag(self, name: str, *, default: bool = False) -> bool:
        """True or false."""
        value = self.given.get(name, default)
        if not isinstance(value, bool):
            self._add(name, "null" if value is None else "invalid", _("This has to be true or false."))
            return default
        return value

    def finish(self) -> None:
        """Raises InvalidParameters naming all that was wrong."""
        if self.problems:
            raise InvalidParameters(self.problems)

    def only(self, known: Sequence[str], unread: Sequence[str] = ()) -> None:
        """No other names than these; `unread` are what an answer has besides, and may be sent back."""
        self.problems += [unknown(name, known) for name in self.given if name not in {*known, *unread}]

    def _is_text(self, name: str, value: object) -> bool:
        if value is _ABSENT:
            self._add(name, "required", _("This has to be there."))
        elif value is None:
            self._add(name, "null", _("This may not be null."))
        elif isinstance(value, Number) or not isinstance(value, str):
            self._add(name, "invalid", _("This has to be text."))
        elif printable(value) != value or "\0" in value:
            self._add(name, "invalid_characters", _("Not all of this is text."))
        else:
            return True
        return False

    def _add(self, name: str, code: str, text: Text) -> None:
        self.problems.append(ParameterProblem(name, code, text))
