"""JSON bodies, read with less trust than REST framework's parser has."""

from collections.abc import Mapping
from json import JSONDecodeError
from typing import IO, Any

from django.utils.translation import gettext as _
from rest_framework import exceptions, parsers


class JSONParser(parsers.JSONParser):
    """REST framework's, in the language of the request.

    A body nested deeper than Python can follow is a mistake of the client's: 400.
    """

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        try:
            return super().parse(stream, media_type, parser_context)
        except exceptions.ParseError as error:
            raise exceptions.ParseError(_mistake(error.__context__)) from error
        except RecursionError as error:
            raise exceptions.ParseError(_("JSON parse error: nested too deeply.")) from error


def _mistake(cause: BaseException | None) -> str:
    """What is wrong with a body that REST framework could not read, because of `cause`."""
    if isinstance(cause, JSONDecodeError):
        text = _("JSON parse error in line {line}, column {column}.")
        return text.format(line=cause.lineno, column=cause.colno)
    if isinstance(cause, UnicodeDecodeError):
        return _("JSON parse error: this is not UTF-8.")
    return _("JSON parse error: a number is out of range.")  # NaN, Infinity, thousands of digits
