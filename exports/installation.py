"""System checks of the project that the engine is installed in: its settings, and what wraps its views."""

from collections.abc import Iterator, Sequence
from types import CellType, MethodType
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning
from django.urls import URLPattern, get_resolver
from django.utils.module_loading import import_string

from .conf import export_settings
from .registry import registry

# What opens a snapshot, or lets a worker do so, by name: the doors stand above this module, and a project may
# lack one of them.
EXPORTING_VIEWS = frozenset(
    {
        "exports.api.base.ObjectView",
        "exports.api.views.ExportView",
        "exports.web.builder.engine_views.EngineView",
        "exports.web.own.OwnPage",
        "exports.admin.actions.ExportActionMixin.export_view",
    }
)


def check_installation() -> list[CheckMessage]:
    """What is wrong with the settings and the URLconf."""
    return [*_check_resolvers(), *_check_plans(), *_check_cursors(), *_check_atomic_requests()]


def _check_plans() -> Iterator[CheckMessage]:
    """A limit that is written for a dataset that does not exist limits nothing."""
    known = {definition.get_name() for definition in registry}
    for name, plan in export_settings().plans.items():
        for unknown in sorted(plan.get("DATASETS", {}).keys() - known):
            text = f"EXPORTS['PLANS'][{name!r}] limits {unknown!r}, and there is no such dataset."
            yield Error(text, hint=f"There are: {', '.join(sorted(known))}.", id="exports.E018")


def _check_resolvers() -> Iterator[CheckMessage]:
    settings = export_settings()
    for name in ("scope_resolver", "terms_resolver"):
        try:
            import_string(getattr(settings, name))
        except ImportError as error:
            yield Error(f"EXPORTS[{name.upper()!r}] can't be imported: {error}", id="exports.E012")


def _check_cursors() -> Iterator[CheckMessage]:
    for alias, database in settings.DATABASES.items():
        if database.get("DISABLE_SERVER_SIDE_CURSORS"):
            yield Warning(
                f"DATABASES[{alias!r}] has no server-side cursors: an export is loaded into memory whole.",
                hint="An export reads inside one transaction, where such cursors work behind pgbouncer too.",
                id="exports.W003",
            )


def _check_atomic_requests() -> Iterator[CheckMessage]:
    """A decorator that forgets what stands on the view it wraps takes its exemption away."""
    atomic = {alias for alias, database in settings.DATABASES.items() if database.get("ATOMIC_REQUESTS")}
    if not atomic or not getattr(settings, "ROOT_URLCONF", None):
        return
    for path, view in _views(get_resolver().url_patterns):
        held = atomic - getattr(view, "_non_atomic_requests", set())
        if held and any(_exports(part) for part in _parts(view)):
            yield Error(
                f"The view of {path!r} is not exempt from ATOMIC_REQUESTS of {', '.join(sorted(held))}: that "
                "transaction ends before the file is sent, and takes audit records with it.",
                hint="What wraps the view keeps its attributes by functools.wraps(), or is wrapped itself by "
                "django.db.transaction.non_atomic_requests().",
                id="exports.E015",
            )


def _views(patterns: Sequence[Any], before: str = "") -> Iterator[tuple[str, Any]]:
    """Every view of a URLconf, with its path."""
    for entry in patterns:
        path = f"{before}{entry.pattern}"
        if isinstance(entry, URLPattern):
            yield path, entry.callback
        else:
            yield from _views(entry.url_patterns, path)


def _parts(view: Any) -> Iterator[Any]:
    """A view, and what can be seen that it calls: what it wraps, holds, or has in its closure."""
    seen: dict[int, Any] = {}
    waiting = [view]
    while waiting:
        part = waiting.pop()
        if id(part) in seen:
            continue
        seen[id(part)] = part
        yield part
        if not isinstance(part, type):
            cells = [
                cell.cell_contents for cell in getattr(part, "__closure__", None) or () if cell != CellType()
            ]
            held = [*getattr(part, "__dict__", {}).values(), getattr(part, "func", None), *cells]
            waiting += [inner for inner in held if callable(inner)]


def _exports(part: Any) -> bool:
    """Whether it is the class of an exporting view, or such a method of an admin's."""
    owner, name = part, ""
    if isinstance(part, MethodType):
        owner, name = type(part.__self__), f".{part.__name__}"
    bases = owner.__mro__ if isinstance(owner, type) else ()
    return any(f"{base.__module__}.{base.__qualname__}{name}" in EXPORTING_VIEWS for base in bases)
