"""Every door of the engine, each as a function that opens it: the same export asked for in another way."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.test import Client

DATASET = "products"
FILTERS = ("supplier", "in_stock", "ids")  # `ids` is an example of docs/adding.md's
ADMIN_LIST = "/admin/shop/product/"
ADMIN_EXPORT = f"{ADMIN_LIST}export/{DATASET}/"
PAGE = f"/exports/{DATASET}/"

type Door = Callable[..., bytes]
"""door(client, user, **params): the file, under the API's own names of filters and options."""


def api(client: Client, user: Any, **params: str) -> bytes:
    client.force_login(user)
    return _file(client.get(f"/api/exports/{DATASET}", params))


def web(client: Client, user: Any, **params: str) -> bytes:
    client.force_login(user)
    return _file(client.get(f"{PAGE}download", params))


def admin(client: Client, user: Any, **params: str) -> bytes:
    """All that the list shows."""
    client.force_login(user)
    return _file(client.post(ADMIN_EXPORT, {"select_across": "1", **params}))


def command(client: Client, user: Any, **params: str) -> bytes:
    filters = [f"--filter={name}={value}" for name, value in params.items() if name in FILTERS]
    options = [f"--{name}={value}" for name, value in params.items() if name not in FILTERS]
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory) / "file"
        call_command(
            "export", DATASET, f"--user={user.pk}", f"--output={file}", *filters, *options, verbosity=0
        )
        return file.read_bytes()


def _file(response: Any) -> bytes:
    assert response.status_code == 200, response.content
    assert response.headers.get("X-Export-Id"), response.content
    return response.getvalue()


DOORS: dict[str, Door] = {"api": api, "web": web, "admin": admin, "command": command}
"""By the name that the audit record gives the door."""
