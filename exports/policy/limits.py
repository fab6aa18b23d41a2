"""How often a user may export a dataset, and how many rows: by plan, by dataset, by setting."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..conf import export_settings
from ..definitions import ModelExport
from ..exceptions import PlanUnknown
from ..rate import Rate
from .terms import terms_of


@dataclass(frozen=True, kw_only=True)
class Limits:
    """No rate, and None of rows: no limit."""

    rates: tuple[Rate, ...]
    max_rows: int | None


def limits_for(definition: ModelExport, user: Any) -> Limits:
    """What the user's plan says of this dataset counts alone.

    Else what the plan says of all datasets and what the dataset says itself, both; the settings where neither
    says anything. Raises PlanUnknown.
    """
    settings = export_settings()
    plan = _plan(user)
    for_dataset = plan.get("DATASETS", {}).get(definition.get_name(), {})
    rates = _said("RATE", for_dataset, plan, definition.rate, settings.rate)
    max_rows = _said("MAX_ROWS", for_dataset, plan, definition.max_rows, settings.max_rows)
    return Limits(rates=tuple(dict.fromkeys(map(Rate.parse, rates))), max_rows=min(max_rows, default=None))


def _plan(user: Any) -> Mapping[str, Any]:
    name = terms_of(user).plan
    if not name:
        return {}
    try:
        return export_settings().plans[name]
    except KeyError:
        raise PlanUnknown from None


def _said(
    key: str, for_dataset: Mapping[str, Any], plan: Mapping[str, Any], own: Any, default: Any
) -> list[Any]:
    """The limits that count; none of them is None, which limits nothing."""
    if key in for_dataset:
        said = [for_dataset[key]]
    elif key in plan or own is not None:
        said = [plan.get(key), own]
    else:
        said = [default]
    return [limit for limit in dict.fromkeys(said) if limit is not None]
