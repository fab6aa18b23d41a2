"""What a database holds, by Django's own reading of it, and the files that these rows should make.

Nothing of the engine is used: this is the second opinion about what it writes.
"""

import json
import re
from typing import Any

from tests.servers import manage

DUMP = """
import json, sys
from django.apps import apps
models = [*apps.get_app_config("telephony").get_models(), *apps.get_app_config("netscan").get_models()]
rows = {model.__name__: list(model.objects.order_by("pk").values()) for model in models}
json.dump(rows, sys.stdout, default=lambda value: getattr(value, "isoformat", value.__str__)())
"""
Row = dict[str, Any]
Rows = dict[str, list[Row]]
# C0 but tab, LF and CR; and DEL.
CONTROLS = dict.fromkeys([*range(9), 11, 12, *range(14, 32), 127])
HOST_STATUS = {True: "Up", False: "Down", None: "Unknown"}
TELEPHONY = {
    "calls": ("CallLog", "started_at"),
    "agents": ("AgentConfig", "created_at"),
    "phone-numbers": ("PhoneNumberMapping", "created_at"),
    "events": ("LiveKitEvent", "timestamp"),
}


def stored(database_url: str) -> Rows:
    """All rows of all datasets' models, by the model's name: times in ISO 8601, other objects as text."""
    done = manage(database_url, "shell", "--no-imports", "--command", DUMP)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def of_user(rows: Rows, user: str) -> Rows:
    return {name: [row for row in found if row["user_id"] == user] for name, found in rows.items()}


def expected(dataset: str, rows: Rows, header: list[str], scan_id: int | None = None) -> list[list[Any]]:
    """The lines of the whole dataset, as values, from one user's rows."""
    match dataset:
        case "scans":
            return [
                scan_line(row) for row in rows["Port"] if (row["scan_id"], row["state"]) == (scan_id, "open")
            ]
        case "alerts":
            networks = {row["id"]: row["name"] for row in rows["Network"]}
            alerts = sorted(rows["Alert"], key=lambda row: (row["created_at"], row["id"]))
            return [alert_line(row, networks) for row in alerts]
        case "hosts":
            return [host_line(row, rows["Port"]) for row in rows["Host"]]
    model, moment = TELEPHONY[dataset]
    # As text: at one second, "+" of the zone stands before "." of the microseconds.
    ordered = sorted(rows[model], key=lambda row: (row[moment], row["id"]))
    return [[row[snake_case(name)] for name in header] for row in ordered]


def snake_case(name: str) -> str:
    return re.sub("[A-Z]", lambda capital: f"_{capital[0].lower()}", name)


def scan_line(row: Row) -> list[Any]:
    return [row[name] for name in ("ip", "port", "protocol", "service", "first_seen", "last_seen")]


def alert_line(row: Row, networks: dict[int, str]) -> list[Any]:
    status = "Acknowledged" if row["acknowledged"] else "Open"
    network = networks.get(row["network_id"])
    return [row["alert_type"], row["ip"], row["port"], network, status, row["created_at"]]


def host_line(row: Row, ports: list[Row]) -> list[Any]:
    mine = [port for port in ports if (port["host_id"], port["state"]) == (row["id"], "open")]
    latest = row["latest_scan_id"]
    counted = [port for port in mine if latest is None or port["scan_id"] == latest]
    status = HOST_STATUS[row["is_pingable"]]
    seen = [row["first_seen"], row["last_seen"]]
    return [row["ip"], row["hostname"], status, row["os_guess"], *seen, len(counted)]


def without_controls(text: str) -> str:
    return text.translate(CONTROLS)


def cell(value: Any) -> str:
    """How a value that is no document stands in a file."""
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else without_controls(str(value))


def stands_for(text: str, value: Any) -> bool:
    """Whether this cell, its escape undone, is that value; of JSON the meaning counts."""
    if isinstance(value, dict):
        return json.loads(text) == json.loads(without_controls(json.dumps(value, ensure_ascii=False)))
    return text == cell(value)
