"""Django's settings of background jobs: the queue, its broker, and the storage of their files.

Each raises ImproperlyConfigured, with the name of what to correct and no value, where nothing may start so.
"""

import ipaddress
import re
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit

from django.core.exceptions import ImproperlyConfigured

from exports_project.variables import Variables, require_none

DATABASE: Final = "django_tasks_db.DatabaseBackend"
CELERY: Final = "django_tasks_celery.CeleryBackend"
BROKER_SCHEMES: Final = {"redis", "rediss", "redis+socket"}
# What each extra brings that is imported here.
EXTRAS: Final = {"celery": ("celery", "django_tasks_celery"), "storage": ("boto3", "storages")}

OF_A_BUCKET: Final = {
    "location": "EXPORTS_S3_PREFIX",
    "endpoint_url": "EXPORTS_S3_ENDPOINT",
    "region_name": "EXPORTS_S3_REGION",
    "access_key": "EXPORTS_S3_ACCESS_KEY",
    "secret_key": "EXPORTS_S3_SECRET_KEY",
}

_BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{2,62}")
_PREFIX = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*/?")
_LOCATION = re.compile(r"(/[A-Za-z0-9_-][A-Za-z0-9._-]*)+/?")


def tasks(env: Variables) -> dict[str, Any]:
    """TASKS: EXPORTS_QUEUE is `database` (the default) or `celery`."""
    if env.choice("EXPORTS_QUEUE", "database", ("database", "celery")) == "database":
        return {"default": {"BACKEND": DATABASE}}
    _require_extra("celery", "EXPORTS_QUEUE=celery")
    if not broker_url(env):
        raise ImproperlyConfigured(
            "CELERY_BROKER_URL is not set, and EXPORTS_QUEUE is celery: set it to the Redis server of the "
            "queue, such as redis://host:6379/1."
        )
    return {
        "default": {"BACKEND": CELERY, "OPTIONS": {"CELERY_APP": "exports_project.celery.app"}},
    }


def broker_url(env: Variables) -> str:
    """CELERY_BROKER_URL; else the server of the cache, unless that has a name that Celery does not know."""
    given = env.text("CELERY_BROKER_URL")
    if given:
        require_none(_broker_problems(given))
        return given
    cache = env.text("REDIS_URL")
    return cache if cache.partition(":")[0] in BROKER_SCHEMES else ""


def storage(env: Variables, base: Path, *, static: Path, debug: bool) -> dict[str, Any]:
    """The entry of STORAGES for files of jobs: the bucket EXPORTS_S3_BUCKET, or the folder EXPORTS_FILES.

    `base` is where the checkout is, and `static` is STATIC_ROOT: what lies there is served to everybody.
    """
    folder, bucket = env.text("EXPORTS_FILES"), env.text("EXPORTS_S3_BUCKET")
    given = {option: value for option, name in OF_A_BUCKET.items() if (value := env.text(name))}
    require_none(_problems_of_both(folder, bucket, given))
    if not bucket:
        require_none(_folder_problems(folder, base, static))
        return {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            # Read by the service alone, and by nginx where it is in the service's group.
            "OPTIONS": {"location": folder or str(base / "export-files"), "file_permissions_mode": 0o640},
        }
    require_none(_bucket_problems(bucket, given, debug=debug))
    _require_extra("storage", "EXPORTS_S3_BUCKET")
    options = {"bucket_name": bucket, "location": "exports", "gzip": False, "client_config": _patience()}
    return {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": options | given}


def x_accel(env: Variables) -> str | None:
    """EXPORTS_X_ACCEL: nginx serves folders of its own machine, and no bucket."""
    path = env.text("EXPORTS_X_ACCEL")
    if path and not _LOCATION.fullmatch(path):
        raise ImproperlyConfigured(
            "EXPORTS_X_ACCEL is no path of an internal location of nginx's, such as /internal/exports/."
        )
    if path and env.text("EXPORTS_S3_BUCKET"):
        raise ImproperlyConfigured(
            "EXPORTS_X_ACCEL and EXPORTS_S3_BUCKET are both set: nginx can send files of EXPORTS_FILES alone."
        )
    return path or None


def _patience() -> Any:
    """How long a request, or a worker, waits for a bucket that does not answer: by itself, some minutes."""
    from botocore.config import Config

    retries = {"mode": "standard", "total_max_attempts": 3}
    return Config(connect_timeout=5, read_timeout=30, retries=retries)


def _require_extra(extra: str, what: str) -> None:
    if not all(find_spec(name) for name in EXTRAS[extra]):
        raise ImproperlyConfigured(
            f"{what} needs packages that are not installed: pip install 'django-exports[{extra}]'."
        )


def _broker_problems(url: str) -> Iterator[str]:
    parts = _parts(url)
    if parts is None or parts.scheme not in BROKER_SCHEMES:
        yield (
            "CELERY_BROKER_URL is not a URL of a Redis server, such as redis://host:6379/1 "
            "(or rediss://, redis+socket://)."
        )


def _problems_of_both(folder: str, bucket: str, given: dict[str, str]) -> Iterator[str]:
    if folder and bucket:
        yield "EXPORTS_FILES and EXPORTS_S3_BUCKET are both set: remove one of them."
    if not bucket and given:
        yield f"{OF_A_BUCKET[next(iter(given))]} is set, and EXPORTS_S3_BUCKET is not: set both, or neither."


def _folder_problems(folder: str, base: Path, static: Path) -> Iterator[str]:
    if not folder:
        return
    path = Path(folder)
    if not path.is_absolute():
        yield "EXPORTS_FILES is no absolute path: service and workers would have folders of their own."
        return
    found = path.resolve()
    public = found.is_relative_to(static) or static.is_relative_to(found)
    if public or (found.is_relative_to(base) and "static" in found.relative_to(base).parts):
        yield "EXPORTS_FILES is a folder of static files, which everybody is sent: name another."


def _bucket_problems(bucket: str, given: dict[str, str], *, debug: bool) -> Iterator[str]:
    if not _BUCKET.fullmatch(bucket):
        yield "EXPORTS_S3_BUCKET is no name of a bucket: write the name alone."
    if not _PREFIX.fullmatch(given.get("location", "exports")):
        yield "EXPORTS_S3_PREFIX is no prefix of names: write it as exports or team/exports."
    if ("access_key" in given) != ("secret_key" in given):
        yield (
            "EXPORTS_S3_ACCESS_KEY and EXPORTS_S3_SECRET_KEY go together: set both, or neither where the "
            "machine has credentials of its own."
        )
    yield from _endpoint_problems(given.get("endpoint_url", ""), debug=debug)


def _endpoint_problems(url: str, *, debug: bool) -> Iterator[str]:
    if not url:
        return
    parts = _parts(url)
    if parts is None or parts.scheme not in ("http", "https") or not parts.hostname or parts.username:
        yield "EXPORTS_S3_ENDPOINT is not the URL of a server, such as https://s3.example.com."
    elif parts.scheme == "http" and not debug and not _is_loopback(parts.hostname):
        yield "EXPORTS_S3_ENDPOINT is plain http: files and keys would cross the network readable; use https."


def _parts(url: str) -> SplitResult | None:
    """The parts of a URL; None of what is none."""
    try:
        parts = urlsplit(url)
        known = parts.port != 0
    except ValueError:  # of the port, or of brackets
        return None
    return parts if known else None


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
