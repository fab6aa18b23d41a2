"""Accounts with more rights than seed_demo gives, for tests over HTTP."""

import json

from tests.processes.services import seed_demo
from tests.servers import manage

PROMOTE = """
import json
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
wanted = json.loads('''JSON''')
user = get_user_model().objects.get(pk=wanted["user"])
user.is_staff, user.is_superuser = True, wanted["superuser"]
user.save()
for name in wanted["permissions"]:
    app, _, codename = name.partition(".")
    user.user_permissions.add(Permission.objects.get(content_type__app_label=app, codename=codename))
"""


def make_staff(
    database_url: str, user: str, *permissions: str, superuser: bool = False, **counts: int
) -> None:
    """A user of staff with that many invented rows and these permissions (`app.codename`)."""
    seed_demo(database_url, user, **counts)
    wanted = {"user": user, "superuser": superuser, "permissions": permissions}
    code = PROMOTE.replace("JSON", json.dumps(wanted))
    done = manage(database_url, "shell", "--no-imports", "--command", code)
    assert done.returncode == 0, done.stdout + done.stderr
