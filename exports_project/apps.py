from django.apps import AppConfig


class ProjectConfig(AppConfig):
    """Registers the project's system checks."""

    name = "exports_project"

    def ready(self) -> None:
        from . import checks  # noqa: F401 (registers them)
