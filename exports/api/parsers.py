"""JSON bodies, of which nothing is lost: neither a name that comes twice, nor how a number is spelled."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import IO, Any

from django.conf import settings
from django.utils.translation import gettext as _
from rest_framework import exceptions, parsers

from ..exceptions import InvalidParameters, ParameterProblem


class Number(str):
    """A number as it is spelled."""

    __slots__ = ()


@dataclass(frozen=True)
class Body:
    """What a body says. Where there was no body at all, REST framework has something else."""

    value: object


class StrictJSONParser(parsers.BaseParser):
    """Raises ParseError for what is no JSON in UTF-8, and InvalidParameters for a name that is repeated."""

    media_type = "application/json"

    def parse(  # type: ignore[override]  # as REST framework's own JSONParser, it gives whatever there is
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Body:
        try:
            # Django's own reading of it refuses one that is too large (DATA_UPLOAD_MAX_MEMORY_SIZE).
            text = ((parser_context or {})["request"]._request.body).decode()
            return Body(
                json.loads(
                    text,
                    object_pairs_hook=_object,
                    parse_int=Number,
                    parse_float=Number,
                    parse_constant=_no_number,
                )
            )
        except json.JSONDecodeError as error:
            told = _("JSON parse error in line {line}, column {column}.")
            raise exceptions.ParseError(told.format(line=error.lineno, column=error.colno)) from error
        except UnicodeDecodeError as error:
            raise exceptions.ParseError(_("JSON parse error: this is not UTF-8.")) from error
        except RecursionError as error:
            raise exceptions.ParseError(_("JSON parse error: nested too deeply.")) from error


def printable(name: str) -> str:
    """A name from JSON, which can spell half of a surrogate pair, as an answer can repeat it."""
    return name.encode(errors="replace").decode()


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    limit: int | None = settings.DATA_UPLOAD_MAX_NUMBER_FIELDS
    if limit is not None and len(pairs) > limit:  # as of a query: each may be answered with an error
        raise exceptions.ParseError(_("The request is malformed or has too many parameters."))
    repeated = [name for name, count in Counter(name for name, _value in pairs).items() if count > 1]
    if repeated:
        text = _("This may be given once only.")
        raise InvalidParameters([ParameterProblem(printable(name), "repeated", text) for name in repeated])
    return dict(pairs)


def _no_number(text: str) -> None:
    raise exceptions.ParseError(_("JSON parse error: a number is out of range."))
