"""The project's settings, with a middleware that drops a response where the request asks for it."""

from exports_project.settings import *  # noqa: F403
from exports_project.settings import DATABASES, MIDDLEWARE

MIDDLEWARE = ["tests.connections.dropping.DroppingMiddleware", *MIDDLEWARE]

if pool := DATABASES["default"]["OPTIONS"].get("pool"):
    pool["timeout"] = 5  # a test waits until it is over
