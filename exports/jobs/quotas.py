"""How much one user may ask of the workers, and keep in the storage."""

from typing import Any

from django.db.models import Sum

from ..conf import export_settings
from ..exceptions import StorageQuotaExceeded, TooManyJobs
from ..models import ExportJob


def require_room(user: Any) -> None:
    """Raises TooManyJobs or StorageQuotaExceeded where the user may ask for no more."""
    settings, own = export_settings(), ExportJob.objects.primary().of(user)
    limit = settings.max_jobs_per_user
    if limit is not None and own.open().count() >= limit:
        raise TooManyJobs(limit)
    require_space(str(user.pk), 1)


def require_space(user: str, size: int) -> None:
    """Raises StorageQuotaExceeded where a file of so many bytes more would be too much for this user."""
    limit = export_settings().max_stored_bytes_per_user
    if limit is None:
        return
    kept = ExportJob.objects.primary().filter(user=user, status=ExportJob.Status.SUCCEEDED)
    if (kept.aggregate(sum=Sum("byte_count"))["sum"] or 0) + size > limit:
        raise StorageQuotaExceeded
