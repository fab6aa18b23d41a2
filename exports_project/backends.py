"""Django's settings of a database, from its URL."""

from typing import Any

import environ

from exports_project.environment import database_problems
from exports_project.variables import require_none

POOL_SECONDS = 10
"""For how long a request waits for a connection of a pool that has none free; then it is answered 503."""


def database(url: str, variable: str = "DATABASE_URL") -> dict[str, Any]:
    """One entry of DATABASES from the URL in `variable`. Raises ImproperlyConfigured, never with the URL."""
    require_none(database_problems(url, variable))
    configured: dict[str, Any] = environ.Env.db_url_config(url)
    options = configured.setdefault("OPTIONS", {})
    if configured["ENGINE"] == "django.db.backends.sqlite3":
        # WAL lets an export read its snapshot while others write; a writer waits for another instead of
        # failing. Transactions stay DEFERRED (Django's default): IMMEDIATE would give every export the lock.
        options.setdefault("init_command", "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;")
        options.setdefault("timeout", 20)
    else:
        # Not kept between requests: each of a server's many threads would hold one for ever, and PostgreSQL
        # has about a hundred. With few threads `?conn_max_age=60` in the URL saves milliseconds; these are
        # tested before use.
        configured.setdefault("CONN_MAX_AGE", 0)
        configured.setdefault("CONN_HEALTH_CHECKS", True)
        # A database that does not answer is reported by the health check instead of hanging it.
        options.setdefault("connect_timeout", 5)
        if size := options.pop("pool_size", None):
            # Made when they are needed: a process that asks nothing of the database holds no connection.
            options["pool"] = {"min_size": 0, "max_size": size, "timeout": POOL_SECONDS}
    # A transaction of the request would end before an export's body is streamed: the stream opens its own.
    configured["ATOMIC_REQUESTS"] = False
    return configured
