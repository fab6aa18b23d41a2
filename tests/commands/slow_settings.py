"""The project's settings and one app more, by which COPY is slow."""

from exports_project.settings import *  # noqa: F403
from exports_project.settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "tests.commands.slow.SlowConfig"]
