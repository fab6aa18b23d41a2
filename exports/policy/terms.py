"""The terms on which a user exports: their plan, and from where."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.module_loading import import_string

from ..conf import export_settings


@dataclass(frozen=True, kw_only=True)
class Terms:
    """`plan` is a key of EXPORTS["PLANS"], or empty; `networks` are in CIDR notation, none: from anywhere."""

    plan: str = ""
    networks: Sequence[str] = ()


def own_terms(user: Any) -> Terms:
    """The default resolver: the attributes `plan` and `networks` of the user, where the model has them."""
    return Terms(plan=getattr(user, "plan", ""), networks=getattr(user, "networks", ()))


def terms_of(user: Any) -> Terms:
    """The terms by the resolver that the settings name."""
    terms: Terms = import_string(export_settings().terms_resolver)(user)
    return terms
