"""Which format a client gets. `format=` is the engine's parameter and none of DRF's."""

from collections.abc import Iterable, Mapping

from django.http import QueryDict
from django.http.request import MediaType
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from ..compressors import COMPRESSORS
from ..encoders import media_types
from ..encoders.dialects import DIALECTS
from ..exceptions import InvalidParameters, NotAcceptable, ParameterProblem
from ..options import DEFAULT_FORMAT


class ErrorsOnlyNegotiation(BaseContentNegotiation):
    """A download picks its format by itself; the renderer, always the first, is for errors."""

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        renderer = next(iter(renderers))
        return renderer, renderer.media_type or ""


def negotiated(request: Request, url_filters: Mapping[str, object]) -> QueryDict:
    """The request's parameters with those of the path, and `format` as given, else by Accept.

    Raises NotAcceptable where Accept names nothing that there is, and InvalidParameters where
    the query repeats what the path says.
    """
    params: QueryDict = request.query_params.copy()
    for name, value in url_filters.items():
        if name in params:
            raise InvalidParameters([ParameterProblem(name, "repeated", _("The path says this already."))])
        params[name] = str(value)
    if "format" not in params:
        params["format"] = _by_accept(request, _own_types(params))
    return params


def _own_types(params: QueryDict) -> list[str]:
    """The types that the file has by other options than `format`: its dialect's, and its compression's."""
    dialect = DIALECTS.get(params.get("dialect", ""))
    compressor = COMPRESSORS.get(params.get("compression", ""))
    return [found.media_type for found in (dialect, compressor) if found]


def _by_accept(request: Request, own_types: Iterable[str]) -> str:
    """The format that the Accept header likes best; of equals, the first that there is (RFC 9110, 12.5.1).

    One that names none, but only what the file is by other options, means the default.
    """
    offered = media_types()
    liked = {media_type: _quality(request, media_type) for media_type in offered}
    best = max(offered, key=lambda media_type: liked[media_type])
    if not liked[best]:
        if any(_quality(request, media_type) for media_type in own_types):
            return DEFAULT_FORMAT
        raise NotAcceptable(format_lazy(_("There are: {names}."), names=", ".join(offered)))
    return offered[best]


def _quality(request: Request, media_type: str) -> float:
    """How much the client likes a type, from 0 (not at all) to 1, by the most specific range that fits.

    Parameters such as `charset` or RFC 4180's `header` do not narrow it: there is one file of each type.
    """
    ranges = [MediaType(text) for text in request.headers.get("Accept", "").split(",") if text.strip()]
    main, sub = media_type.split("/")
    for wanted in ((main, sub), (main, "*"), ("*", "*")):
        fits = [float(found.quality) for found in ranges if (found.main_type, found.sub_type) == wanted]
        if fits:
            return max(fits)
    return 0 if ranges else 1
