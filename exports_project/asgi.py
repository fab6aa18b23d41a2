"""The project as an ASGI application."""

import os

from django.core.asgi import get_asgi_application

from exports_project.requests import UTF8ASGIRequest

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "exports_project.settings")

application = get_asgi_application()
application.request_class = UTF8ASGIRequest
