"""Who may export a dataset, the rows of others, and each of its columns.

Each dataset has a permission, `<app>.export_<model>` unless its declaration names another. It is asked for in
the admin and for rows of others; for a user's own rows where the declaration says so.
"""

from collections.abc import Iterable
from typing import Any

from django.apps import AppConfig
from django.apps import apps as global_apps
from django.apps.registry import Apps
from django.contrib.auth import get_permission_codename
from django.db import DEFAULT_DB_ALIAS, router
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from ..caller import Caller
from ..columns import Column
from ..definitions import ModelExport
from ..exceptions import NotPermitted
from ..models import ExportLog
from ..registry import registry
from ..scope import Scope, has_permission, own_scope
from .addresses import require_address

GUARDED_DOORS = frozenset({ExportLog.Door.ADMIN})
"""Where rows of others are on the table. A user's own rows need no permission at the other doors."""


def require_permission(definition: ModelExport, caller: Caller) -> None:
    """Raises NotPermitted where the caller may not export anything of this dataset at this door."""
    require_address(caller, sensitive=definition.sensitive)
    if not caller.credential_allows(definition.get_name()):
        raise NotPermitted(_("This credential does not allow this dataset."))
    guarded = caller.door in GUARDED_DOORS or definition.permission_for_own_rows
    if guarded and not has_permission(caller.user, definition.get_permission()):
        raise NotPermitted


def refusal_of(definition: ModelExport, caller: Caller) -> NotPermitted | None:
    """Why the caller may not export anything of it; None where they may."""
    try:
        require_permission(definition, caller)
    except NotPermitted as refusal:
        return refusal
    return None


def permits(definition: ModelExport, caller: Caller) -> bool:
    """Whether the caller may export anything of it: what they may not is not listed for them."""
    return refusal_of(definition, caller) is None


def datasets_of_credential(caller: Caller) -> list[str] | None:
    """The datasets that the caller's credential allows; None where it limits nothing.

    Then what belongs to a dataset that is no more is theirs still, and what belongs to none.
    """
    names = [definition.get_name() for definition in registry]
    allowed = [name for name in names if caller.credential_allows(name)]
    return None if len(allowed) == len(names) else allowed


def require_permission_for_rows(definition: ModelExport, user: Any, scope: Scope) -> None:
    """Raises NotPermitted for rows of others without the dataset's permission.

    That one may act for those others at all is the scope resolver's to say.
    """
    if scope != own_scope(user) and not has_permission(user, definition.get_permission()):
        raise NotPermitted(_("You may not export the rows of others of this dataset."), attr="tenant")


def require_columns(columns: Iterable[Column], user: Any) -> None:
    """Raises NotPermitted for a column that the user may not see, and where they see none."""
    columns = tuple(columns)
    if not columns:
        raise NotPermitted(_("You may not see any column of this dataset."))
    for column in columns:
        if column.permission and not column.mask and not has_permission(user, column.permission):
            text = format_lazy(_("You may not export the column '{header}'."), header=column.header)
            raise NotPermitted(text, attr="columns")


def create_permissions(
    app_config: AppConfig, using: str = DEFAULT_DB_ALIAS, apps: Apps = global_apps, **kwargs: Any
) -> None:
    """For post_migrate: the permission of each exported model of this app, whose Meta stays as it is.

    A model all of whose exports name another permission needs none.
    """
    try:
        permissions: Any = apps.get_model("auth", "Permission")
        content_types: Any = apps.get_model("contenttypes", "ContentType")
    except LookupError:  # not installed, or not migrated yet
        return
    if not router.allow_migrate_model(using, permissions):
        return
    models = {definition.model for definition in registry if not definition.permission}
    for meta in (model._meta for model in models if model._meta.app_label == app_config.label):
        content_type, _ = content_types.objects.using(using).get_or_create(
            app_label=meta.app_label, model=meta.model_name
        )
        permissions.objects.using(using).get_or_create(
            content_type=content_type,
            codename=get_permission_codename("export", meta),
            defaults={"name": f"Can export {meta.verbose_name_raw}"},
        )
