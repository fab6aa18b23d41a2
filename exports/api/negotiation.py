"""Which format a client gets. `format=` is the engine's parameter and none of DRF's."""

from collections.abc import Iterable, Mapping

from django.http import QueryDict
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from ..encoders import media_types
from ..exceptions import InvalidParameters, ParameterError, UnsupportedMediaType


class ErrorsOnlyNegotiation(BaseContentNegotiation):
    """A download picks its format by itself; the renderer, always the first, is for errors."""

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        renderer = next(iter(renderers))
        return renderer, renderer.media_type or ""


def negotiated(request: Request, url_filters: Mapping[str, object]) -> QueryDict:
    """The request's parameters with those of the path, and `format` as given, else by Accept.

    Raises UnsupportedMediaType where Accept names nothing that there is, and InvalidParameters where
    the query repeats what the path says.
    """
    params: QueryDict = request.query_params.copy()
    for name, value in url_filters.items():
        if name in params:
            raise InvalidParameters([ParameterError(name, "repeated", "The path says this already.")])
        params[name] = str(value)
    if "format" not in params:
        params["format"] = _by_accept(request)
    return params


def _by_accept(request: Request) -> str:
    offered = media_types()
    preferred = request._request.get_preferred_type(list(offered))
    if preferred is None:
        raise UnsupportedMediaType(f"There are: {', '.join(offered)}.")
    return offered[str(preferred)]
