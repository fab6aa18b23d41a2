"""A request for a job: its JSON body as the parameters that a download takes, and the header Prefer."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from rest_framework.request import Request

from ..exceptions import InvalidParameters, ParameterProblem
from ..jobs.storage import is_configured
from ..options import OPTION_NAMES
from .bodies import Fields, Problems, in_query, json_object, optional_object, unknown
from .parsers import Number, printable

FILTERS: Final = "filters"
RECIPIENTS: Final = "recipients"

_ELEMENT: Final = re.compile(r'(?:[^",]|"(?:[^"\\]|\\.)*"?)+')
"""One preference of a list; a comma in a quoted string parts none."""

_MAX_SECONDS: Final = 10**9
"""More than any link is valid for."""

_ONLY_SECONDS: Final = _("There is no such option. There is: seconds.")


def prefers_async(request: Request) -> bool:
    """Whether the client would rather have a job than wait, and there are jobs here."""
    elements = _ELEMENT.findall(request.headers.get("Prefer", ""))
    return any(_is_async(element) for element in elements) and is_configured()


def _is_async(preference: str) -> bool:
    """Whether it is `respond-async`: an empty value is none, and parameters change nothing (RFC 7240, 2)."""
    name, _equals, value = preference.partition(";")[0].partition("=")
    return name.strip(" \t").lower() == "respond-async" and value.strip(" \t") in ("", '""')


@dataclass(frozen=True, kw_only=True)
class Submission:
    """What a request for a job says: the parameters of a download, and who is told of its end."""

    params: QueryDict
    recipients: list[str]


def submission_of(request: Request) -> Submission:
    """Raises ParseError for what is no JSON object, and InvalidParameters naming each that is not right."""
    given, problems = dict(json_object(request)), list(in_query(request))
    recipients = Fields(given, problems).texts(RECIPIENTS)
    given.pop(RECIPIENTS, None)
    params = parameters_in(given, problems, (FILTERS, *OPTION_NAMES, RECIPIENTS))
    if problems:
        raise InvalidParameters(problems)
    return Submission(params=params, recipients=recipients)


def recipients_of(request: Request) -> list[str]:
    """The recipients alone, of a request that may have no body. Raises as `submission_of` does."""
    fields = Fields(optional_object(request), list(in_query(request)))
    fields.only([RECIPIENTS])
    recipients = fields.texts(RECIPIENTS)
    fields.finish()
    return recipients


def parameters_in(given: Mapping[str, Any], problems: Problems, known: Sequence[str]) -> QueryDict:
    """The filters and options among what a body says; `known` are all the names that it may have.

    What is wrong is added to `problems`.
    """
    params = QueryDict(mutable=True)
    for name, value in given.items():
        if name == FILTERS:
            _add_filters(params, value, problems)
        elif name not in OPTION_NAMES:
            problems.append(unknown(name, known))
        elif name == "columns" and isinstance(value, list):
            _add(params, name, [",".join(_headers(name, value, problems))], problems)
        else:
            _add(params, name, [value], problems)
    return params


def seconds_of(request: Request) -> int:
    """For how long a link is to be valid, if the body says so. Raises as `submission_of` does."""
    given = dict(optional_object(request))
    problems, seconds = list(in_query(request)), given.pop("seconds", Number(_MAX_SECONDS))
    problems += [ParameterProblem(printable(name), "unknown_parameter", _ONLY_SECONDS) for name in given]
    if not (isinstance(seconds, Number) and re.fullmatch("[1-9][0-9]*", seconds)):
        problems.append(
            ParameterProblem("seconds", "invalid", _("This has to be a whole number above zero."))
        )
    if problems:
        raise InvalidParameters(problems)
    return int(seconds) if len(seconds) < len(str(_MAX_SECONDS)) else _MAX_SECONDS


def _add_filters(params: QueryDict, filters: object, problems: Problems) -> None:
    if not isinstance(filters, dict):
        problems.append(ParameterProblem(FILTERS, "invalid", _("This has to be an object.")))
        return
    for name, value in filters.items():
        if name in OPTION_NAMES:
            text = _("This is an option, and stands beside the filters.")
            problems.append(ParameterProblem(name, "unknown_parameter", text))
        else:
            _add(params, name, value if isinstance(value, list) else [value], problems)


def _add(params: QueryDict, name: str, values: list[Any], problems: Problems) -> None:
    texts = [_text(value) for value in values]
    if not values:
        problems.append(ParameterProblem(printable(name), "blank", _("This may not be empty.")))
    elif None in values:
        problems.append(ParameterProblem(printable(name), "null", _("This may not be null.")))
    elif None in texts:
        problems.append(ParameterProblem(printable(name), "invalid", _("This has to be text.")))
    else:
        params.setlist(name, [text for text in texts if text is not None])


def _text(value: object) -> str | None:
    """A value as a query string would have it; None of what none could have."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, str) else None


def _headers(name: str, values: list[Any], problems: Problems) -> Iterator[str]:
    """Of a list of columns each; a comma would make two of one."""
    for value in values:
        if isinstance(value, str) and not isinstance(value, Number) and "," not in value:
            yield value
        else:
            text = _("Each has to be the header of one column.")
            problems.append(ParameterProblem(name, "invalid", text))
