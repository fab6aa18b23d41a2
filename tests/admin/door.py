"""The admin's door as a browser opens it: the changelist's action, and the page that it leads to."""

from typing import Any

from exports.models import ExportLog

TABLES = {
    "calls": "telephony/calllog",
    "agents": "telephony/agentconfig",
    "phone-numbers": "telephony/phonenumbermapping",
    "events": "telephony/livekitevent",
    "scans": "netscan/port",
    "alerts": "netscan/alert",
    "hosts": "netscan/host",
}
"""Where each dataset's changelist is."""


def changelist(dataset: str, query: str = "", site: str = "admin") -> str:
    return f"/{site}/{TABLES.get(dataset, dataset)}/" + (f"?{query}" if query else "")


def chosen(ids: Any = None) -> dict[str, Any]:
    """The fields that carry the choice: these rows, or, without any, all of the list."""
    if ids is None:
        return {"select_across": "1"}
    return {"select_across": "0", "_selected_action": [str(key) for key in ids]}


def act(client: Any, dataset: str, query: str = "", ids: Any = None, path: str = "") -> Any:
    """The page that the action opens."""
    posted = {"action": f"export_{dataset}", "index": "0", "_selected_action": "any"} | chosen(ids)
    return client.post(path or changelist(dataset, query), posted)


def post(client: Any, dataset: str, query: str = "", ids: Any = None, path: str = "", **fields: Any) -> Any:
    """What the page's button answers."""
    list_path, _, _ = (path or changelist(dataset)).partition("?")
    address = f"{list_path}export/{dataset}/" + (f"?{query}" if query else "")
    return client.post(address, chosen(ids) | fields)


def columns(*headers: str) -> dict[str, list[str]]:
    """Ticks of these columns, after the blank field that tells no tick from a first visit."""
    return {"columns": ["", *headers]}


def lines(response: Any) -> list[str]:
    """The file's lines under its header."""
    assert response.status_code == 200, response.content
    assert response["Content-Type"] == "text/csv"
    return response.getvalue().decode().splitlines()[1:]


def records(**fields: Any) -> list[ExportLog]:
    return list(ExportLog.objects.filter(**fields))
