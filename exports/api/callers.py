"""Who asks at the REST door."""

from rest_framework.request import Request

from ..caller import Caller, Credential
from ..models import ExportLog
from ..policy.addresses import http_caller


def caller_of(request: Request) -> Caller:
    """The user whom REST framework has authenticated, and set on Django's request too."""
    credential = request.auth if isinstance(request.auth, Credential) else None
    return http_caller(request._request, ExportLog.Door.API, credential)
