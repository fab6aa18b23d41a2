"""What the views of the REST door share."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from rest_framework.permissions import BasePermission, IsAuthenticated
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from ..exceptions import ExportError
from ..policy.addresses import require_address
from ..sinks.http import non_atomic
from .callers import caller_of
from .errors import exception_handler
from .parsers import StrictJSONParser


class FromAllowedAddress(BasePermission):
    """What the engine asks of who exports, for what tells of exports. Raises NotPermitted."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        require_address(caller_of(request))
        return True


class EngineView(APIView):
    """The engine's answers to errors, whatever the project's EXCEPTION_HANDLER is."""

    renderer_classes = (JSONRenderer,)
    permission_classes = (IsAuthenticated, FromAllowedAddress)

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        """What belongs to one caller is kept by no cache, whatever the credential was."""
        response = super().finalize_response(request, response, *args, **kwargs)
        response.headers.setdefault("Cache-Control", "private, no-store")
        return response

    def get_exception_handler(self) -> Callable[..., Any]:
        return exception_handler


class ObjectView(EngineView):
    """What the views of jobs, templates, schedules and webhooks share.

    Somebody else's object is answered as one that does not exist.
    """

    parser_classes = (StrictJSONParser,)

    @classmethod
    def as_view(cls, **initkwargs: Any) -> Any:
        """Exempt from ATOMIC_REQUESTS: what is enqueued, and told, is committed by then."""
        return non_atomic(super().as_view(**initkwargs))

    def object_id(self, not_found: type[ExportError], name: str = "pk") -> UUID:
        """The id that the path has under this name. Raises `not_found` where it is none."""
        try:
            return UUID(self.kwargs[name])
        except ValueError as error:
            raise not_found from error
