"""The project's settings and one app more, whose rows stop where a test wants them to."""

from exports_project.settings import *  # noqa: F403
from exports_project.settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "tests.faults.site"]
