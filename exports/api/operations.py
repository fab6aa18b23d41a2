"""The parts of which the OpenAPI document's operations are made."""

from typing import Any, Final, Protocol, cast

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema

from .serializers import ErrorSerializer

PATH: Final = OpenApiParameter.PATH
HEADER: Final = OpenApiParameter.HEADER

VALUE: Final[dict[str, Any]] = {"oneOf": [{"type": kind} for kind in ("string", "number", "boolean")]}

FILTERS: Final[dict[str, Any]] = {
    "type": "object",
    "description": "The dataset's filters by their names; of one that takes several values, a list.",
    "additionalProperties": {"oneOf": [*VALUE["oneOf"], {"type": "array", "items": VALUE}]},
}

TEXTS: Final[dict[str, Any]] = {"type": "array", "items": {"type": "string"}}

RECIPIENTS: Final[dict[str, Any]] = {**TEXTS, "description": "Addresses that are told of its end by mail."}

BODY_REFUSALS: Final = (400, 401, 403, 404, 406, 413, 415, 503)
"""Of a request with a body."""

REFUSALS: Final = (401, 403, 404, 406, 503)
"""Of one without."""

JOB_REFUSALS: Final = (400, 401, 403, 404, 406, 409, 413, 415, 429, 503)
"""Of one for a job."""


class Documented(Protocol):
    """A decorator of the method that answers."""

    def __call__[Method](self, method: Method, /) -> Method: ...


def documented(
    tag: str, name: str, summary: str, description: str, *params: Any, **options: Any
) -> Documented:
    """What the document says of an operation, among those with the same tag."""
    decorator = extend_schema(
        operation_id=name,
        tags=[tag],
        summary=summary,
        description=description,
        parameters=list(params),
        **options,
    )
    return cast("Documented", decorator)


def refusals(*statuses: int) -> dict[int, type[ErrorSerializer]]:
    """These statuses, as an operation of the document answers them."""
    return dict.fromkeys(statuses, ErrorSerializer)


def id_of(what: str, name: str = "id") -> OpenApiParameter:
    """An id in the path."""
    return OpenApiParameter(name, OpenApiTypes.UUID, PATH, description=f"The {what}'s id.")


def answer_header(name: str, description: str, *statuses: int) -> OpenApiParameter:
    """A header of the answers with these statuses."""
    return OpenApiParameter(name, str, HEADER, description=description, response=list(statuses))


def location(what: str, status: int) -> OpenApiParameter:
    """Where the answer leads."""
    return answer_header("Location", f"The path of the {what}.", status)


def wait(*statuses: int) -> OpenApiParameter:
    """When to ask again."""
    text = "In how many seconds to ask again; of a job, until it has ended."
    return OpenApiParameter("Retry-After", int, HEADER, description=text, response=list(statuses))


def object_of(properties: dict[str, Any], *, required: tuple[str, ...] = (), **more: Any) -> dict[str, Any]:
    """A body that has these names and no other."""
    named = {"required": list(required)} if required else {}
    return {"type": "object", "properties": properties, "additionalProperties": False, **named, **more}
