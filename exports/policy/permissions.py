"""The permission to export a model, `<app>.export_<model>`, and the doors that ask for it."""

from typing import Any

from django.apps import AppConfig
from django.apps import apps as global_apps
from django.apps.registry import Apps
from django.contrib.auth import get_permission_codename
from django.db import DEFAULT_DB_ALIAS, router
from django.db.models import Model
from django.utils.translation import gettext_lazy as _

from ..caller import Caller
from ..definitions import ModelExport
from ..exceptions import NotPermitted
from ..models import ExportLog
from ..registry import registry
from ..scope import has_permission

GUARDED_DOORS = frozenset({ExportLog.Door.ADMIN})
"""Where rows of others are on the table. A user's own rows need no permission at the other doors."""


def export_permission(model: type[Model]) -> str:
    """`telephony.export_calllog`"""
    return f"{model._meta.app_label}.{get_permission_codename('export', model._meta)}"


def require_permission(definition: ModelExport, caller: Caller) -> None:
    """Raises NotPermitted where the credential does not allow it, or the door asks for more than one has."""
    if not caller.credential_allows(definition.get_name()):
        raise NotPermitted(_("This credential does not allow this dataset."))
    name = export_permission(definition.model)
    if caller.door in GUARDED_DOORS and not has_permission(caller.user, name):
        raise NotPermitted


def create_permissions(
    app_config: AppConfig, using: str = DEFAULT_DB_ALIAS, apps: Apps = global_apps, **kwargs: Any
) -> None:
    """For post_migrate: the permission of each exported model of this app, whose Meta stays as it is."""
    try:
        permissions: Any = apps.get_model("auth", "Permission")
        content_types: Any = apps.get_model("contenttypes", "ContentType")
    except LookupError:  # not installed, or not migrated yet
        return
    if not router.allow_migrate_model(using, permissions):
        return
    models = {definition.model for definition in registry}
    for meta in (model._meta for model in models if model._meta.app_label == app_config.label):
        content_type, _ = content_types.objects.using(using).get_or_create(
            app_label=meta.app_label, model=meta.model_name
        )
        permissions.objects.using(using).get_or_create(
            content_type=content_type,
            codename=get_permission_codename("export", meta),
            defaults={"name": f"Can export {meta.verbose_name_raw}"},
        )
