"""Streaming, tenant-scoped, audited exports for Django.

The public names are imported on first use, so that `import exports` works before the apps are ready.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from . import filters as filters
    from . import masks as masks
    from .admin import ExportActionMixin, OwnRowsMixin
    from .columns import Column
    from .definitions import ModelExport
    from .exceptions import ExportError, InvalidParameters, NotPermitted, ObjectNotFound, ParameterProblem
    from .formulas import escape_formula, unescape_formula
    from .policy.terms import Terms
    from .registry import register
    from .scope import Scope
    from .searching import Search

__all__ = [
    "Column",
    "ExportActionMixin",
    "ExportError",
    "InvalidParameters",
    "ModelExport",
    "NotPermitted",
    "ObjectNotFound",
    "OwnRowsMixin",
    "ParameterProblem",
    "Scope",
    "Search",
    "Terms",
    "escape_formula",
    "register",
    "unescape_formula",
]

_HOMES = {
    "Column": "columns",
    "ExportActionMixin": "admin",
    "ExportError": "exceptions",
    "InvalidParameters": "exceptions",
    "ModelExport": "definitions",
    "NotPermitted": "exceptions",
    "ObjectNotFound": "exceptions",
    "OwnRowsMixin": "admin",
    "ParameterProblem": "exceptions",
    "Scope": "scope",
    "Search": "searching",
    "Terms": "policy.terms",
    "escape_formula": "formulas",
    "register": "registry",
    "unescape_formula": "formulas",
}


# Modules that declarations use by their names: `exports.masks.phone_number`.
_MODULES = ("filters", "masks")


def __getattr__(name: str) -> object:
    if name in _MODULES:
        return import_module(f"{__name__}.{name}")
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
