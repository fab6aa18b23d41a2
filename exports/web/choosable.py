"""The templates that a form offers: all of one's own, and those of others that were changed last."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db.models import Q

from ..caller import Caller
from ..models import ExportTemplate
from ..saved.control import usable_templates

MOST_OF_OTHERS: Final = 50
"""Nobody limits how many others share with one user, and nobody looks through a longer list."""


@dataclass(frozen=True, kw_only=True)
class Choosable:
    """By name. `is_all`: none of those that others share is left out."""

    templates: list[ExportTemplate]
    is_all: bool


def choosable(caller: Caller, *, dataset: str = "", chosen: str = "") -> Choosable:
    """Those that the caller may run, of one dataset or of all; that of the id `chosen` is always there."""
    usable = usable_templates(caller)
    if dataset:
        usable = usable.filter(dataset=dataset)
    own = Q(user=str(caller.user.pk))
    others = usable.exclude(own).order_by("-updated_at", "-pk").values_list("pk", flat=True)
    newest = list(others[: MOST_OF_OTHERS + 1])
    offered = usable.filter(own | Q(pk__in=[*newest[:MOST_OF_OTHERS], *_ids(chosen)]))
    return Choosable(templates=list(offered), is_all=len(newest) <= MOST_OF_OTHERS)


def _ids(text: str) -> Iterator[UUID]:
    """The id that this is; none where it is none."""
    try:
        yield UUID(text)
    except ValueError:
        return
