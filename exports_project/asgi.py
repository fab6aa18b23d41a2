"""The project as an ASGI application: what uvicorn serves."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "exports_project.settings")
django.setup(set_prefix=False)

# Models can be imported now.
from django.db import connections  # noqa: E402

from exports import upkeep  # noqa: E402
from exports_project.operations.lifespan import Application  # noqa: E402

# Each request has a thread of its own here, and a connection that is kept for it serves no other: after 18
# requests there were 12 that nobody used. A pool (`?pool_size=`) is shared by all threads.
for database in connections.settings.values():
    database["CONN_MAX_AGE"] = 0

application = Application()
upkeep.start_sweeping()
