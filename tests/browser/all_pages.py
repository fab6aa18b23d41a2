"""Every page of the service, with as much on it as may be: what is looked at in each way that people look."""

from dataclasses import dataclass
from typing import Any, Final

from django.urls import reverse

from accounts.models import APIKey
from exports.models import ExportLog
from tests.api import rows
from tests.browser.saved_pages import LONG, saved_pages
from tests.conftest import make_user
from tests.web.job_rows import failed_job, finished_job, make_job, running_job

CHOICE: Final = "outcome=completed&start_date=2020-01-01"


@dataclass(frozen=True, kw_only=True)
class Seen:
    """A page: its address, the status it answers with, and who looks; None is a visitor."""

    path: str
    user: Any
    status: int = 200


def all_pages(owner: Any, stranger: Any) -> dict[str, Seen]:
    """Pages by name, with rows of the owner's on them: for the owner, for visitors, and for a superuser."""
    owner.email = owner.email or "user@example.com"
    owner.save()
    rows.tenants(owner, stranger)
    rows.calls(owner, 3, outcome="completed")
    paths = {**_pages_of_engine(owner), **saved_pages(owner, stranger), **_pages_of_jobs(owner)}
    found = {name: Seen(path=path, user=owner) for name, path in paths.items()}
    found["errors"] = Seen(
        path="/exports/calls/?start_date=someday&outcome=maybe&size=9", user=owner, status=400
    )
    found["nothing there"] = Seen(path="/exports/nothing/", user=owner, status=404)
    found["login"] = Seen(path="/login/?next=/exports/", user=None)
    found["unsubscribing"] = Seen(path=paths["unsubscribing"], user=None)
    return found | _pages_of_staff(owner)


def _pages_of_engine(owner: Any) -> dict[str, str]:
    key, _text = APIKey.objects.issue(user=owner, name=LONG, datasets=["calls"], networks=["192.0.2.0/24"])
    make_record(owner, row_count=2, byte_count=600, sha256="0" * 64)
    record = make_record(owner, row_count=3, byte_count=900, sha256="f" * 64)  # compared with the one before
    failed = make_record(owner, outcome="failed", error="y" * 200)
    denied = make_record(owner, outcome="denied", error="You do not have the permission for this export.")
    return {
        "index": "/exports/",
        "dataset": f"/exports/calls/?{CHOICE}",
        "dataset that asks": "/exports/scans/",
        "dataset without rows": "/exports/events/?room_name=nowhere",
        "history": "/exports/history/",
        "history without rows": "/exports/history/?outcome=cancelled",
        "record": f"/exports/history/{record.pk}/",
        "record of a failure": f"/exports/history/{failed.pk}/",
        "record of a refusal": f"/exports/history/{denied.pk}/",
        "api keys": reverse("api-keys-page"),
        "revoking": reverse("api-key-revoke-page", args=[key.pk]),
    }


def _pages_of_jobs(owner: Any) -> dict[str, str]:
    made = {
        "job that waits": make_job(owner, 1),
        "job": running_job(owner, number=2),
        "job that is done": finished_job(owner, number=3),
        "job that failed": failed_job(owner, number=4, error="y" * 200),
        "job that is gone": failed_job(owner, number=5, status="expired", error="", error_code=""),
    }
    paths = {name: reverse("exports-web:job", args=[job.pk]) for name, job in made.items()}
    return {"jobs": "/exports/jobs/", "jobs without rows": "/exports/jobs/?status=cancelled", **paths}


def _pages_of_staff(owner: Any) -> dict[str, Seen]:
    staff = make_user("staff-1")
    staff.is_staff = staff.is_superuser = True
    staff.save()
    paths = {
        "usage": reverse("exports-web:usage"),
        "usage without rows": f"{reverse('exports-web:usage')}?start_date=2001-01-01&end_date=2001-01-31",
        "history of everybody": "/exports/history/?q=completed&user=nobody",
        "acting at home": f"/exports/?tenant={owner.pk}",
        "acting": f"/exports/calls/?{CHOICE}&tenant={owner.pk}",
        "acting for all": "/exports/calls/?tenant=*",
        "another's record": reverse("exports-web:record", args=[_newest_record(owner).pk]),
    }
    return {name: Seen(path=path, user=staff) for name, path in paths.items()}


def _newest_record(owner: Any) -> ExportLog:
    return ExportLog.objects.filter(user=owner.pk, outcome="succeeded").latest("timestamp")


def make_record(owner: Any, **fields: Any) -> ExportLog:
    """A record of an export that has ended."""
    defaults = {
        "user": owner.pk,
        "tenant": owner.pk,
        "export_type": "calls",
        "format": "csv",
        "door": ExportLog.Door.WEB,
        "outcome": ExportLog.Outcome.SUCCEEDED,
        "filters": {"outcome": "completed", "start_date": "2020-01-01"},
    }
    return ExportLog.objects.create(**defaults | fields)
