from django import VERSION
from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _


class ExportsConfig(AppConfig):
    """Finds the `exports` module of each installed app, as the admin finds `admin`."""

    name = "exports"
    verbose_name = _("exports")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from . import checks, constraints, deployment, keeping  # noqa: F401 (they register the system checks)
        from .conf import export_settings
        from .policy.permissions import create_permissions
        from .registry import registry

        export_settings()  # a setting that can't be stops the start, and not the first download

        if export_settings().storage is not None and VERSION >= (6, 0):  # else a check says so
            from .jobs import tasks  # noqa: F401 (a queue of others, such as Celery's, must know the task)

        autodiscover_modules("exports")
        registry.move_to_end("export-logs")  # wherever the engine stands among the apps
        post_migrate.connect(create_permissions, dispatch_uid="exports.create_permissions")
