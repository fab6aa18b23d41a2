"""System checks of background jobs: who makes their files, where they are kept, who could read them, and
where the links in mails about them lead."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import django
from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register
from django.core.exceptions import ImproperlyConfigured
from django.core.files.storage import FileSystemStorage, Storage, storages
from django.core.files.storage.handler import InvalidStorageError

from .conf import export_settings
from .jobs.storage import folder_of

_BACKENDS: Final = "django.tasks.backends."
_NO_WORKERS: Final = frozenset({"immediate.ImmediateBackend", "dummy.DummyBackend"})


@register("exports")
def check_keeping(app_configs: Sequence[AppConfig] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """An error for each key of EXPORTS that names what is not there."""
    return [*_check_database(), *_check_storage(), *_check_queue()]


@register("exports", deploy=True)
def check_kept_files(app_configs: Sequence[AppConfig] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """A warning for jobs that no worker runs, for files that everybody can read or nobody removes, and for
    mails whose links lead nowhere, or anybody may read on their way."""
    if export_settings().storage is None:
        return []
    return [*_check_workers(), *_check_readers(), *_check_expiry(), *_check_links()]


def _check_database() -> Iterator[CheckMessage]:
    alias = export_settings().database
    if alias is not None and alias not in settings.DATABASES:
        text = f"EXPORTS['DATABASE'] is {alias!r}, and DATABASES has no such entry."
        yield Error(text, hint=_there_are(settings.DATABASES), id="exports.E029")


def _check_storage() -> Iterator[CheckMessage]:
    alias = export_settings().storage
    if alias is None:
        return
    try:
        folder = folder_of(storages[alias])
    except (InvalidStorageError, ImproperlyConfigured) as error:
        text = f"EXPORTS['STORAGE'] is {alias!r}, and STORAGES has no such entry that works: {error}"
        yield Error(text, hint=_there_are(storages.backends), id="exports.E026")
        return
    if export_settings().x_accel is not None and folder is None:
        text = "EXPORTS['X_ACCEL'] is set, and EXPORTS['STORAGE'] is no folder: nginx can send no file of it."
        yield Error(text, hint="Leave X_ACCEL out.", id="exports.E030")


def _check_queue() -> Iterator[CheckMessage]:
    if export_settings().storage is None:
        return
    if django.VERSION < (6, 0):
        text = "EXPORTS['STORAGE'] is set, and this Django has no tasks: background jobs need 6.0 or newer."
        yield Error(text, hint="Leave STORAGE out.", id="exports.E027")
        return
    queue, known = export_settings().queue, settings.TASKS.get("default", {}).get("QUEUES", ["default"])
    if known and queue not in known:
        text = f"EXPORTS['QUEUE'] is {queue!r}, and TASKS['default'] has no such queue."
        yield Error(text, hint=f"Name it in QUEUES. {_there_are(known)}", id="exports.E028")


def _check_workers() -> Iterator[CheckMessage]:
    backend = str(getattr(settings, "TASKS", {}).get("default", {}).get("BACKEND", ""))
    if backend.startswith(_BACKENDS) and backend.removeprefix(_BACKENDS) in _NO_WORKERS:
        text = f"TASKS['default'] is {backend}, for development: no worker runs background jobs."
        hint = "Take one with workers, such as django_tasks_db.DatabaseBackend."
        yield Warning(text, hint=hint, id="exports.W109")


def _check_readers() -> Iterator[CheckMessage]:
    """Files of all tenants lie side by side: the engine alone may hand them out."""
    alias = export_settings().storage or ""
    with suppress(InvalidStorageError, ImproperlyConfigured):  # which is an error of its own
        if not _is_public(storages[alias]):
            return
        text = f"STORAGES[{alias!r}] serves its files to everybody, and EXPORTS['STORAGE'] names it."
        hint = "Keep them in a folder outside of MEDIA_ROOT and STATIC_ROOT, or in a private bucket."
        yield Warning(text, hint=hint, id="exports.W110")


def _check_expiry() -> Iterator[CheckMessage]:
    if export_settings().file_seconds is None:
        text = "EXPORTS['FILE_SECONDS'] sets no limit: files of jobs are kept until somebody deletes them."
        yield Warning(text, hint="Set it, for example to 7 * 24 * 3600.", id="exports.W111")


def _check_links() -> Iterator[CheckMessage]:
    """Whoever has the link in a mail can fetch the file."""
    url = export_settings().base_url
    hint = "Set it to where people reach this service, such as https://exports.example.com."
    if url is None:
        text = "EXPORTS['BASE_URL'] is not set: mails and webhooks about jobs have no links."
        yield Warning(text, hint=hint, id="exports.W112")
    elif not url.startswith("https:"):
        text = "EXPORTS['BASE_URL'] is plain http: links in mails open files, and would travel readable."
        yield Warning(text, hint=hint, id="exports.W112")


def _is_public(storage: Storage) -> bool:
    """A folder that is served as media or static files, or a bucket whose objects are public."""
    acl = getattr(storage, "default_acl", None)
    if isinstance(acl, str) and acl.startswith("public"):
        return True
    folder = folder_of(storage)
    if folder is None:
        return False
    if isinstance(storage, FileSystemStorage) and storage._location is None:  # type: ignore[attr-defined]
        return True  # MEDIA_ROOT, whatever that is
    collected: list[Any] = settings.STATICFILES_DIRS
    named = [entry[1] if isinstance(entry, tuple | list) else entry for entry in collected]
    roots = [root for root in (settings.MEDIA_ROOT, settings.STATIC_ROOT, *named) if root]
    return any(Path(folder).resolve().is_relative_to(Path(root).resolve()) for root in roots)


def _there_are(names: Mapping[str, Any] | Sequence[str]) -> str:
    return f"There are: {', '.join(sorted(names))}."
