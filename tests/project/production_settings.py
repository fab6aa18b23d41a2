"""The settings of a production, with static files that nobody collected and a view that fails."""

from exports_project.settings import *  # noqa: F403
from exports_project.settings import STORAGES

STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
WHITENOISE_USE_FINDERS = True
ROOT_URLCONF = "tests.project.production_urls"
