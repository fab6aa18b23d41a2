"""What the OpenAPI document says of background jobs."""

from functools import partial
from typing import Any, Final

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse

from ..compressors import COMPRESSORS
from ..encoders import ENCODERS
from ..encoders.dialects import DIALECTS
from ..models import ExportJob
from ..options import OPTION_NAMES, Overlong
from ..registry import registry
from ..rendering import Formulas
from .operations import (
    FILTERS,
    HEADER,
    RECIPIENTS,
    TEXTS,
    answer_header,
    documented,
    id_of,
    location,
    object_of,
    refusals,
    wait,
)
from .schema import rate_answers
from .serializers import ErrorSerializer, ExportJobSerializer, NewLinkSerializer

_ID: Final = id_of("job")

_CHOICES: Final = {
    "format": list(ENCODERS),
    "compression": list(COMPRESSORS),
    "formulas": [str(choice) for choice in Formulas],
    "dialect": list(DIALECTS),
    "overlong": [str(choice) for choice in Overlong],
}

OPTIONS: Final[dict[str, Any]] = {
    **{
        name: {"type": "string"} | ({"enum": _CHOICES[name]} if name in _CHOICES else {})
        for name in OPTION_NAMES
    },
    "columns": {
        "description": "Headers in the order wanted, as a list or with commas; `header:name` renames.",
        "oneOf": [{"type": "string"}, TEXTS],
    },
}
"""The options by their names, as a body has them."""

_SUBMISSION: Final = object_of(
    {"filters": FILTERS, **OPTIONS, "recipients": RECIPIENTS},
    example={"filters": {"status": "ended"}, "columns": ["id", "status"], "format": "csv"},
)

_LINK: Final = object_of({"seconds": {"type": "integer", "minimum": 1}})

_LOCATION: Final = location("job", 202)

_described: Final = partial(documented, "jobs")


SUBMIT: Final = _described(
    "job_submit",
    "Ask for a background job",
    "An export that a worker makes. It takes what the download takes, as JSON. The same request, while its "
    "job has not ended, is given that job.",
    OpenApiParameter(
        "dataset",
        str,
        OpenApiParameter.PATH,
        # One list for all readers: what some may not so much as ask for is not in it.
        enum=[found.get_name() for found in registry if not found.permission_for_own_rows],
        description="Its name.",
    ),
    _LOCATION,
    wait(202, 429, 503),
    *rate_answers(202, 429),
    request={"application/json": _SUBMISSION},
    responses={202: ExportJobSerializer} | refusals(400, 401, 403, 404, 406, 413, 415, 429, 503),
)

LIST: Final = _described(
    "job_list",
    "The caller's own jobs, newest first",
    "Pages of jobs. A credential that is limited to datasets sees the jobs of these.",
    OpenApiParameter("status", str, enum=ExportJob.Status.values, description="Only jobs in this state."),
    responses={200: ExportJobSerializer(many=True)} | refusals(400, 401, 403, 404, 406, 503),
)

DETAIL: Final = _described(
    "job_detail",
    "One of the caller's own jobs",
    "Its state, and how far it has got.",
    _ID,
    wait(200, 503),
    responses={200: ExportJobSerializer} | refusals(401, 403, 404, 406, 503),
)

DELETE: Final = _described(
    "job_delete",
    "Remove a job that has ended, and its file",
    "The audit records stay.",
    _ID,
    wait(503),
    responses={204: None} | refusals(401, 403, 404, 406, 409, 503),
)

CANCEL: Final = _described(
    "job_cancel",
    "Cancel a job",
    "One that waits ends at once, one that runs within seconds: until then it says `cancelling`.",
    _ID,
    wait(200, 503),
    request=None,
    responses={200: ExportJobSerializer} | refusals(401, 403, 404, 406, 409, 503),
)

RETRY: Final = _described(
    "job_retry",
    "Try a job again that has no file",
    "One that has failed, was cancelled, or whose file has expired. It counts as a new request.",
    _ID,
    _LOCATION,
    wait(202, 429, 503),
    *rate_answers(202, 429),
    request=None,
    responses={202: ExportJobSerializer} | refusals(400, 401, 403, 404, 406, 409, 413, 429, 503),
)

LINK: Final = _described(
    "job_link",
    "Make a link to the file",
    "Whoever has it fetches the file in the name of who has asked for the job, until the link ends.",
    _ID,
    wait(503),
    request={"application/json": _LINK},
    responses={201: NewLinkSerializer} | refusals(400, 401, 403, 404, 406, 409, 410, 413, 415, 503),
)

_FILE_TYPE: Final = "*/*"


def _file(description: str) -> OpenApiResponse:
    return OpenApiResponse(OpenApiTypes.BINARY, description=description)


FILE: Final = _described(
    "job_file",
    "The file of a job",
    "All of it, or one range. With `link` no credential is needed.",
    _ID,
    OpenApiParameter("link", str, description="The signature of a link, in place of a credential."),
    *(
        OpenApiParameter(name, str, HEADER, description=text)
        for name, text in {
            "Range": "One range of bytes, such as `bytes=1000-`.",
            "If-Range": "The ETag, or the date, of the file of which a part is there already.",
            "If-None-Match": "The ETag of the file that is there already.",
            "If-Match": "The ETag of the file that is wanted, and of no other.",
        }.items()
    ),
    answer_header("ETag", "The SHA-256 of the whole file.", 200, 206, 304),
    answer_header("Repr-Digest", "The SHA-256 of the whole file (RFC 9530).", 200, 206),
    answer_header("Accept-Ranges", "`bytes`", 200, 206, 416),
    answer_header("Content-Range", "Which part it is, or how long the file is.", 206, 416),
    answer_header("X-Export-Id", "The id of the audit record.", 200, 206),
    answer_header("X-Export-Cursor", "What the next export takes as `since`.", 200, 206),
    wait(503),
    responses={
        (200, _FILE_TYPE): _file("The file."),
        (206, _FILE_TYPE): _file("A part of it."),
        304: OpenApiResponse(description="The file is the one that is there already."),
    }
    | dict.fromkeys((401, 403, 404, 409, 410, 412, 416, 503), ErrorSerializer),
)
