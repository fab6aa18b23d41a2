"""What the demo prints once it answers."""

from typing import Final

from exports.contrib.netscan.models import Scan

from . import accounts, server
from .database import COUNTS

DOWNLOADS: Final = (
    ("/api/exports/calls?start_date=2024-01-01&outcome=completed", "calls_export.csv"),
    ("/api/exports/agents?is_active=true", "agents_export.csv"),
    ("/api/exports/phone-numbers", "phone_numbers_export.csv"),
    ("/api/exports/events?event=room_finished", "events_export.csv"),
    ("/api/alerts/export/csv", "alerts.csv"),
    ("/api/hosts/export/csv", "hosts.csv"),
)
INFO: Final = "/api/exports/info"


def text(port: int) -> str:
    """Addresses, accounts, and curl lines that work as they stand, a scan that is there among them."""
    base = server.base_url(port)
    first, *others = COUNTS
    names = ", ".join([first, *others])
    curl = f'curl -H "X-User-Id: {first}"'
    lines = [
        f"The demo answers at {base} (this machine only). Ctrl-C stops it; the data stay.",
        "",
        f"  Sign in      {base}/login/ as {names} or {accounts.STAFF} (staff); each password is the name",
        f"  Web pages    {base}/exports/",
        f"  Jobs         {base}/exports/jobs/ (a worker makes their files in the background)",
        f"  Schedules    {base}/exports/schedules/ (a scheduler runs them; mails are shown here)",
        f"  API pages    {base}/api/docs/",
        f"  Admin        {base}/admin/ as {accounts.STAFF}",
        "",
        "Without signing in, by the development header:",
        "",
        *(f'  {curl} "{base}{path}" -o {name}' for path, name in [*DOWNLOADS, *_scan(first)]),
        f'  {curl} "{base}{INFO}"',
    ]
    return "\n".join(lines)


def _scan(user_id: str) -> list[tuple[str, str]]:
    """The path of a finished scan of the user's, and its file's name; nothing where all were deleted."""
    scan = Scan.objects.filter(user_id=user_id, status=Scan.Status.COMPLETED).order_by("pk").first()
    return [(f"/api/scans/{scan.pk}/export/csv", f"scan_{scan.pk}.csv")] if scan else []
