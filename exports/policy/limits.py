"""How often a user may export a dataset, and how many rows: by plan, by dataset, by setting."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ..conf import export_settings
from ..definitions import ModelExport
from ..exceptions import PlanUnknown
from ..rate import Rate
from .terms import terms_of


@dataclass(frozen=True, kw_only=True)
class Limits:
    """None: no limit."""

    rate: Rate | None
    max_rows: int | None


def limits_for(definition: ModelExport, user: Any) -> Limits:
    """What the user's plan says of this dataset counts alone.

    Else the stricter of what the plan says of all datasets and what the dataset says itself; the settings
    where neither says anything. Raises PlanUnknown.
    """
    settings = export_settings()
    plan = _plan(user)
    for_dataset = plan.get("DATASETS", {}).get(definition.get_name(), {})
    rate = _chosen("RATE", for_dataset, plan, definition.rate, settings.rate, _per_second)
    max_rows = _chosen("MAX_ROWS", for_dataset, plan, definition.max_rows, settings.max_rows, float)
    return Limits(rate=None if rate is None else Rate.parse(rate), max_rows=max_rows)


def _plan(user: Any) -> Mapping[str, Any]:
    name = terms_of(user).plan
    if not name:
        return {}
    try:
        return export_settings().plans[name]
    except KeyError:
        raise PlanUnknown from None


def _chosen(
    key: str,
    for_dataset: Mapping[str, Any],
    plan: Mapping[str, Any],
    own: Any,
    default: Any,
    size: Callable[[Any], float],
) -> Any:
    if key in for_dataset:
        return for_dataset[key]
    said = [plan[key]] if key in plan else []
    said += [] if own is None else [own]
    return min(said, key=lambda limit: float("inf") if limit is None else size(limit)) if said else default


def _per_second(rate: str) -> float:
    return Rate.parse(rate).per_second
