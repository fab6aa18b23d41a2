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


def no_terms(user: Any) -> Terms:
    """The default resolver: nobody has a plan, or networks. A user's `plan` could be something else."""
    return Terms()


def own_terms(user: Any) -> Terms:
    """A resolver for a user model with the attributes `plan` and `networks` that Terms describes."""
    return Terms(plan=user.plan, networks=user.networks)


def terms_of(user: Any) -> Terms:
    """The terms by the resolver that the settings name."""
    terms: Terms = import_string(export_settings().terms_resolver)(user)
    return terms
