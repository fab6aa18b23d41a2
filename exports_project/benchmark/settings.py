"""The project's settings as its processes have them while they are measured.

Read in a development environment (`environment`), because the header that signs a client in needs one. Then
DEBUG is switched off: with it on, Django keeps the text of every statement, which no production does.
"""

from exports_project.settings import *  # noqa: F403
from exports_project.settings import EXPORTS, INSTALLED_APPS, LOGGING

DEBUG = False

INSTALLED_APPS = [*INSTALLED_APPS, "exports_project.benchmark"]

# A run asks a hundred times for the same. Other limits are the service's: their price is part of the time.
EXPORTS = {**EXPORTS, "RATE": None}

# Servers announce that they start and stop, in the middle of the figures.
LOGGING["handlers"]["stderr"]["level"] = "WARNING"
