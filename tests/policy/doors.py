"""Every door that shows or hands out rows: what each gives a user of a dataset, as headers and cells."""

import csv
import io
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.test import Client

from tests.web.html import parse

type Table = list[list[str]]
"""A header row, and rows of cells."""


def api(client: Client, user: Any, dataset: str, **params: str) -> Table:
    return _file(client.get(f"/api/exports/{dataset}", params, headers={"X-User-Id": user.pk}))


def web(client: Client, user: Any, dataset: str, **params: str) -> Table:
    client.force_login(user)
    return _file(client.get(f"/exports/{dataset}/download", params))


def web_preview(client: Client, user: Any, dataset: str, **params: str) -> Table:
    client.force_login(user)
    return _page(client.get(f"/exports/{dataset}/", params))


def admin(client: Client, user: Any, dataset: str, **params: str) -> Table:
    return _file(_admin(client, user, dataset, **params))


def admin_preview(client: Client, user: Any, dataset: str, **params: str) -> Table:
    return _page(_admin(client, user, dataset, _preview="1", **params))


def command(client: Client, user: Any, dataset: str, **params: str) -> Table:
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory) / "file"
        options = [f"--{name}={value}" for name, value in params.items()]
        call_command("export", dataset, f"--user={user.pk}", f"--output={file}", *options, verbosity=0)
        return _read(file.read_bytes())


DOORS: dict[str, Callable[..., Table]] = {
    "api": api,
    "web": web,
    "web preview": web_preview,
    "admin": admin,
    "admin preview": admin_preview,
    "command": command,
}


def refused(client: Client, user: Any, door: str, dataset: str, **params: str) -> int:
    """The status of what the door of this name answers; the command's exit code where it is one."""
    if door == "command":
        try:
            command(client, user, dataset, **params)
        except BaseException as error:
            return getattr(error, "returncode", 0)
        return 0
    if door == "api":
        return client.get(f"/api/exports/{dataset}", params, headers={"X-User-Id": user.pk}).status_code
    client.force_login(user)
    if door.startswith("web"):
        page = "" if door == "web preview" else "download"
        return client.get(f"/exports/{dataset}/{page}", params).status_code
    shown = {"_preview": "1"} if door == "admin preview" else {}
    return _admin(client, user, dataset, **shown, **params).status_code


def _admin(client: Client, user: Any, dataset: str, **params: str) -> Any:
    client.force_login(user)
    return client.post(f"/admin/policy/contact/export/{dataset}/", {"select_across": "1", **params})


def _file(response: Any) -> Table:
    assert response.status_code == 200, response.content
    assert response.headers.get("X-Export-Id"), response.content
    return _read(response.getvalue())


def _read(body: bytes) -> Table:
    return list(csv.reader(io.StringIO(body.decode(), newline="")))


def _page(response: Any) -> Table:
    assert response.status_code == 200, response.content
    # The preview's table, among those of the admin's navigation.
    region = parse(response.content.decode()).one("div", role="region")
    rows = region.one("table").all("tr")
    return [[cell.text.strip() for cell in row.all("th") + row.all("td")] for row in rows]
