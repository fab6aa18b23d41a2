import os

from django.apps import AppConfig


class SiteConfig(AppConfig):
    name = "tests.faults.site"
    label = "faults"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        if os.environ.get("FAULTS_NOBODY_LOOKS"):
            from exports import running

            # As in a process that hangs: the database's own limits are what is left.
            running.LOOK_SECONDS = 3600.0
