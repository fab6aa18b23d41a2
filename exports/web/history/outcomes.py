"""What a page asks after a download: whether what it has received is the whole file."""

from uuid import UUID

from django.http import HttpRequest, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404

from ...history import reachable_records
from ...recorded import in_words
from ..signed_in import SignedInView


class RecordOutcomeView(SignedInView):
    """How an export in the user's reach goes on, or has ended; one that is out of reach does not exist."""

    def get(self, request: HttpRequest, pk: UUID) -> HttpResponseBase:
        record = get_object_or_404(reachable_records(request.user), pk=pk)
        names = ("outcome", "row_count", "byte_count", "sha256")
        told = {name: getattr(record, name) for name in names}
        return JsonResponse({**told, "error": in_words(record.error)})
