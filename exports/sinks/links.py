"""The Link header by which a download says where its columns are described (RFC 8288)."""

from typing import Final

from django.http import QueryDict
from django.http.response import HttpResponseBase
from django.urls import NoReverseMatch, reverse

from ..parameters import ExportParameters

SCHEMA_TYPE: Final = "application/csvm+json"
"""The media type of CSVW metadata."""

MAX_LINK_LENGTH: Final = 2_048
"""Characters. A request may be longer than the headers of an answer: nginx takes 4 KiB of them all together
unless told otherwise, and answers 502 to more."""


def set_schema_link(response: HttpResponseBase, parameters: ExportParameters) -> None:
    """Links to the description of the file; not where there is no REST door, or the link would be too long.

    Of the parameters it has those that the file's columns depend on, and no filter: a value may have come in
    a body, and belongs in no address then.
    """
    try:
        path = reverse("exports-api:schema", args=[parameters.definition.get_name()])
    except NoReverseMatch:
        return
    link = f'<{_with_options(path, parameters)}>; rel="describedby"; type="{SCHEMA_TYPE}"'
    if len(link) <= MAX_LINK_LENGTH:
        response["Link"] = link


def _with_options(path: str, parameters: ExportParameters) -> str:
    options = parameters.options
    given = {
        "columns": None if options.columns is None else ",".join(options.columns),
        "dialect": options.dialect,
        "tz": options.tz,
    }
    params = QueryDict(mutable=True)
    params.update({name: value for name, value in given.items() if value is not None})
    return f"{path}?{params.urlencode(safe=',:/')}" if params else path
