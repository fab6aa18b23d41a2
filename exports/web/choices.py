"""What the page of a dataset shows: a choice, what is wrong with it, and the rows that it would give."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict

from ..definitions import ModelExport
from ..exceptions import ExportError, RateUnknown
from ..forms import ExportForm
from ..policy import rates
from ..preview import Preview
from .addresses import api_address, page_address

SHOWN = 300
"""Characters of a cell that the preview shows; a long one would push the others off the page."""

LINE = 40
"""Characters that stand in one line: a UUID, a moment. What is longer is wrapped."""


@dataclass(frozen=True)
class Cell:
    """A cell of the preview; its text is the file's, or the beginning of it."""

    whole: str

    @property
    def text(self) -> str:
        return self.whole[:SHOWN]

    @property
    def cut(self) -> bool:
        return len(self.whole) > SHOWN

    @property
    def wraps(self) -> bool:
        return len(self.whole) > LINE or "\n" in self.whole


def choice_context(
    definition: ModelExport,
    user: Any,
    params: QueryDict,
    *,
    preview: Preview | None = None,
    error: ExportError | None = None,
) -> dict[str, Any]:
    """For the template `exports/dataset.html`; with neither preview nor error nothing is chosen yet."""
    name = definition.get_name()
    form = ExportForm(definition, user, params, problems=error.problems if error else ())
    return {
        "title": name,
        "section": "exports",
        "definition": definition,
        "page_url": page_address("dataset", name, QueryDict()),
        "download_url": page_address("download", name, QueryDict()),
        "api_url": api_address(name, params),
        "chosen": bool(params),
        "remaining": _remaining(user, name),
        "form": form,
        "preview": preview,
        "rows": [list(map(Cell, row)) for row in preview.rows] if preview else [],
        "error": error,
        "failed": error is not None,
        "mistakes": list(_mistakes(form)),
    }


def _mistakes(form: ExportForm) -> Iterator[tuple[str, str, str]]:
    """Id, label and text of each error that stands beside a field, for the list at the top of the page."""
    for field in form:
        for text in field.errors:
            # Of several inputs under one name the first: none has the name's own id.
            yield field.id_for_label or f"{field.auto_id}_0", str(field.label), str(text)


def _remaining(user: Any, dataset: str) -> int | None:
    try:
        return rates.remaining(user, dataset)
    except RateUnknown:  # the page is of use all the same
        return None
