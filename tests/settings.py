"""The project's own settings under a fixed environment: what a developer has exported changes no test.

`tests/databases.py` gives DATABASE_URL, once for each database of the run, and TEST_FILES, a folder.
"""

import os
import tempfile
from pathlib import Path

OTHERS = (
    "ALLOWED_HOSTS",
    "AUTHENTICATION_CLASSES",
    "CELERY_BROKER_URL",
    "CELERY_BROKER_URL_FILE",
    "CSRF_TRUSTED_ORIGINS",
    "DATABASE_URL_FILE",
    "DRAIN_SECONDS",
    "EMAIL_FROM",
    "EMAIL_URL",
    "EMAIL_URL_FILE",
    "GRACEFUL_SECONDS",
    "JWT_AUDIENCE",
    "JWT_ISSUER",
    "JWT_PRIVATE_KEY_FILE",
    "LOCKOUT_FAILURES",
    "LOCKOUT_SECONDS",
    "LOG_FORMAT",
    "LOG_LEVEL",
    "NEXTAUTH_SECRET",
    "NEXTAUTH_SECRET_FILE",
    "REDIS_URL",
    "REDIS_URL_FILE",
    "SECRET_KEY_FALLBACKS",
    "SECRET_KEY_FALLBACKS_FILE",
    "SECRET_KEY_FILE",
)
for name in list(os.environ):
    if name in OTHERS or name.startswith(("EXPORTS_", "METRICS_", "SECURE_", "TRUSTED_")):
        del os.environ[name]
os.environ.update(
    ENV_FILE="",
    DEBUG="true",
    SECRET_KEY="tests-only-" + "k" * 50,
    EXPORTS_DEV_USER_HEADER="true",
    # Out of the way of every test but those of the rate, which set their own.
    EXPORTS_RATE="1000000/h",
    # Counted by queries, which many tests count.
    EXPORTS_MAX_CONCURRENT_PER_USER="0",
    # For a sensitive dataset of the tests; none of them comes from there unless it says so.
    EXPORTS_SENSITIVE_NETWORKS="203.0.113.0/24",
)
os.environ.setdefault("DATABASE_URL", "sqlite://:memory:")

from exports_project.settings import *  # noqa: E402, F403
from exports_project.settings import DATABASES, INSTALLED_APPS, STORAGES  # noqa: E402

if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # A file, not memory: threads and other processes read it too.
    DATABASES["default"]["TEST"] = {"NAME": str(Path(DATABASES["default"]["NAME"]).with_name("test.sqlite3"))}
else:
    # A thread of a test that is over keeps no connection: the database could not be dropped.
    DATABASES["default"]["CONN_MAX_AGE"] = 0

# Jobs are run by the tests themselves, and their files end with the process: tests of real workers and of
# folders have settings of their own.
TASKS = {"default": {"BACKEND": "django.tasks.backends.dummy.DummyBackend"}}
# It takes itself for a folder, where parts of files are written.
STORAGES["exports"] = {
    "BACKEND": "django.core.files.storage.InMemoryStorage",
    "OPTIONS": {
        "location": os.environ.get("TEST_FILES") or str(Path(tempfile.gettempdir(), "exports-tests"))
    },
}

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]

# The engine's tests run on models of their own (the app tests.engine): they know no calls and no hosts.
# tests.policy and tests.shop stand for apps of somebody else's.
INSTALLED_APPS = [*INSTALLED_APPS, "tests.engine", "tests.policy", "tests.shop"]
