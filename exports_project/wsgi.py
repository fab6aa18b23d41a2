"""The project as a WSGI application: what gunicorn serves."""

import os

from django.core.wsgi import get_wsgi_application

from exports_project.requests import UTF8WSGIRequest

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "exports_project.settings")

application = get_wsgi_application()
application.request_class = UTF8WSGIRequest

# Models can be imported now.
from exports import upkeep  # noqa: E402

upkeep.start_sweeping()
