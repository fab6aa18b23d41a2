"""The project's settings, with a transaction around each request."""

from exports_project.settings import *  # noqa: F403
from exports_project.settings import DATABASES

DATABASES["default"]["ATOMIC_REQUESTS"] = True
