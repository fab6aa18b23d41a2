"""What the page of a dataset shows: a choice, what is wrong with it, and the rows that it would give."""

from typing import Any, Final

from django.http import QueryDict
from django.utils.timezone import now

from ...caller import Caller
from ...conf import export_settings
from ...definitions import ModelExport
from ...exceptions import (
    ExportError,
    NotPermitted,
    PlanUnknown,
    RateLimited,
    RateUnknown,
    TooLargeForDownload,
)
from ...filtering import known_parameters, required_filters
from ...forms import ExportForm
from ...jobs import storage
from ...policy import rates
from ...policy.recipients import own_address
from ...preview import Preview
from ..acting import acting_by
from ..addresses import api_address, page_address
from ..polling import can_poll
from ..told import mistakes
from .presets import PRESET, preset_groups
from .search_fields import search_inputs

MAIL: Final = "mail=own"
"""In the address that a job is asked for at: its user is told of its end by mail."""


def choice_context(
    definition: ModelExport,
    caller: Caller,
    params: QueryDict,
    *,
    preview: Preview | None = None,
    error: ExportError | None = None,
) -> dict[str, Any]:
    """For the template `exports/dataset.html`; with neither preview nor error nothing is chosen yet."""
    name = definition.get_name()
    job_url = page_address("job-submit", name, QueryDict()) if storage.is_configured() else None
    form = ExportForm(
        definition,
        caller.user,
        params,
        problems=error.problems if error else (),
        searches=search_inputs(definition, caller, params),
    )
    return {
        "title": name,
        "section": "exports",
        "definition": definition,
        "page_url": page_address("dataset", name, QueryDict()),
        "download_url": page_address("download", name, QueryDict()),
        "job_url": job_url,
        "job_mail_url": f"{job_url}?{MAIL}" if job_url and own_address(caller.user) else None,
        "save_url": job_url and page_address("template-save", name, QueryDict()),
        "api_url": api_address(name, params),
        "chosen": bool(params),
        "remaining": _remaining(definition, caller),
        "form": form,
        "preview": preview,
        "error": error,
        "failed": error is not None,
        "download_limit": _download_limit(preview),
        "too_large": isinstance(error, TooLargeForDownload),
        "given": [(key, value) for key, values in params.lists() for value in values],
        "mistakes": list(mistakes(form)),
        "acting": None if isinstance(error, NotPermitted) else acting_by(caller.user, params),
        "presets": preset_groups(definition, params, now()),
        "preset_name": PRESET,
        "file_kind": _file_kind(preview),
        "unfiltered_url": page_address("dataset", name, _unfiltered(definition, params)),
        "is_live": can_poll(),
    }


def _file_kind(preview: Preview | None) -> str:
    """The format that was chosen, as people call it, and the compression."""
    if preview is None:
        return ""
    options = preview.query.options
    return ", ".join(filter(None, (options.encoder_class.label, options.compression)))


def _unfiltered(definition: ModelExport, params: QueryDict) -> QueryDict:
    """The choice without the filters that can be left out."""
    found, needed = params.copy(), required_filters(definition)
    for name in known_parameters(definition):
        if name not in needed:
            found.pop(name, None)
    return found


def _download_limit(preview: Preview | None) -> int | None:
    """How many rows a download may have, where the preview tells of more, and a job may have them."""
    limit = export_settings().max_download_rows
    if preview is None or limit is None or not storage.is_configured() or preview.limit_exceeded:
        return None
    return limit if preview.row_count > limit else None


def _remaining(definition: ModelExport, caller: Caller) -> int | None:
    """How many exports this window has left; None without a limit, or where nobody knows."""
    try:
        usage = rates.peek(definition, caller)
    except RateLimited:
        return 0
    except (RateUnknown, PlanUnknown):  # the page is of use all the same
        return None
    return None if usage is None else usage.remaining
