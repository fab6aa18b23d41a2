"""The project's settings, with the middleware of `switched` around its own."""

from exports_project.settings import *  # noqa: F403
from exports_project.settings import MIDDLEWARE

MIDDLEWARE = ["tests.middleware.switched.ChosenMiddleware", *MIDDLEWARE]
