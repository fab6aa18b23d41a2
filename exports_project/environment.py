"""What the environment may say: the rules that a production (DEBUG off) has to satisfy before it starts.

Pure functions from values to complaints, so that every rule can be tested without starting a process.
"""

import ipaddress
from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import unquote, urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

# The thresholds of Django's own check security.W009; `check --deploy` must have nothing to add.
SECRET_KEY_LENGTH = 50
SECRET_KEY_UNIQUE_CHARACTERS = 5
INSECURE_PREFIX = "django-insecure-"

DATABASE_SCHEMES = {"sqlite", "postgres", "postgresql", "psql", "pgsql"}
REDIS_SCHEMES = {"redis", "rediss", "unix"}
REQUIRED = {
    "SECRET_KEY": f"set it to a random text of {SECRET_KEY_LENGTH} characters or more, known to nobody else",
    "ALLOWED_HOSTS": "set it to the host names that clients use, separated by commas",
    "DATABASE_URL": "set it to the database, such as postgres://user:password@host:5432/name",
    "REDIS_URL": "set it to the Redis server that all processes share, such as redis://host:6379/0",
}


def require_safe_production(values: Mapping[str, str]) -> None:
    """Refuse to start on a missing or dangerous value.

    Takes the environment as text. Raises ImproperlyConfigured with one line for every problem, so that one
    attempt shows all that has to be put right. Values never stand in the message: they may be secrets.
    """
    problems = list(production_problems(values))
    if problems:
        lines = "".join(f"\n  {problem}" for problem in problems)
        raise ImproperlyConfigured(
            f"This configuration is not safe for production (DEBUG is off), so nothing was started:{lines}"
        )


def production_problems(values: Mapping[str, str]) -> Iterator[str]:
    """Every problem, each beginning with the variable's name and saying what to do."""
    for name, advice in REQUIRED.items():
        if not values.get(name, "").strip():
            yield f"{name} is not set: {advice}."
    yield from _secret_key_problems(values.get("SECRET_KEY", ""))
    yield from _host_problems(split_list(values.get("ALLOWED_HOSTS", "")))
    yield from _database_problems(values.get("DATABASE_URL", ""))
    yield from _redis_problems(values.get("REDIS_URL", ""))
    yield from _origin_problems(split_list(values.get("CSRF_TRUSTED_ORIGINS", "")))
    yield from proxy_problems(split_list(values.get("TRUSTED_PROXIES", "")))
    if is_true(values.get("EXPORTS_DEV_USER_HEADER", "")):
        yield "EXPORTS_DEV_USER_HEADER is on: with it anybody can name the user they want to be; remove it."


def split_list(text: str) -> list[str]:
    """The entries of a comma-separated list, trimmed, empty ones dropped."""
    return [entry.strip() for entry in text.split(",") if entry.strip()]


def is_true(text: str) -> bool:
    """Whether a text switches something on. What is not plainly yes is no: the safe side of every switch."""
    return text.strip().lower() in environ.Env.BOOLEAN_TRUE_STRINGS


def _secret_key_problems(key: str) -> Iterator[str]:
    if not key.strip():
        return
    if len(key) < SECRET_KEY_LENGTH or len(set(key)) < SECRET_KEY_UNIQUE_CHARACTERS:
        yield f"SECRET_KEY is too easy to guess: {REQUIRED['SECRET_KEY']}."
    elif key.startswith(INSECURE_PREFIX):
        yield f"SECRET_KEY is one made for development: {REQUIRED['SECRET_KEY']}."


def _host_problems(hosts: Sequence[str]) -> Iterator[str]:
    if any("*" in host for host in hosts):
        yield 'ALLOWED_HOSTS has "*", so any is taken: name each host (".example.com": all below).'
    if any("/" in host for host in hosts):
        yield 'ALLOWED_HOSTS contains a "/": write host names alone, without a scheme or path.'


def _database_problems(url: str) -> Iterator[str]:
    """A SQLite file is legal: safe, if small. A database in memory is gone with the process that made it."""
    if not url.strip():
        return
    parts = _split_url(url)
    if parts is None or parts[0] not in DATABASE_SCHEMES:
        yield "DATABASE_URL is not a URL of PostgreSQL (postgres://…) or of a SQLite file (sqlite:///path)."
    elif parts[0] == "sqlite" and unquote(parts[1]).strip("/") in {"", ":memory:"}:
        yield "DATABASE_URL is a SQLite database in memory, lost at every restart: name a file or PostgreSQL."


def _redis_problems(url: str) -> Iterator[str]:
    if not url.strip():
        return
    parts = _split_url(url)
    if parts is None or parts[0] not in REDIS_SCHEMES:
        yield "REDIS_URL is not a URL of a Redis server (redis://, rediss:// or unix://)."


def _origin_problems(origins: Sequence[str]) -> Iterator[str]:
    for origin in origins:
        scheme, separator, host = origin.partition("://")
        if not separator or scheme != "https" or not host.strip("*."):
            yield "CSRF_TRUSTED_ORIGINS must hold https:// origins with a host, such as https://exports.example.com."
            return


def proxy_problems(proxies: Sequence[str]) -> Iterator[str]:
    """Complaints about TRUSTED_PROXIES: an entry is an address or a network, never everybody."""
    for proxy in proxies:
        try:
            everybody = ipaddress.ip_network(proxy).prefixlen == 0
        except ValueError:
            yield f"TRUSTED_PROXIES: {proxy!r} is not an IP address or a network such as 10.0.0.0/8."
            continue
        if everybody:
            yield f"TRUSTED_PROXIES: {proxy} is everybody. Clients could forge addresses: name the proxies."


def _split_url(url: str) -> tuple[str, str] | None:
    """Scheme, and what follows the host or is the path (SQLite's file); None where it cannot be read."""
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return None
    return parts.scheme, parts.netloc + parts.path


def mailer(url: str) -> dict[str, object]:
    """One entry of Django's MAILERS from an EMAIL_URL such as `smtp+tls://user:password@host:587`.

    Raises ImproperlyConfigured where the scheme is unknown.
    """
    parts = environ.Env.email_url_config(url)
    names = {
        "EMAIL_HOST": "host",
        "EMAIL_PORT": "port",
        "EMAIL_HOST_USER": "username",
        "EMAIL_HOST_PASSWORD": "password",
        "EMAIL_USE_TLS": "use_tls",
        "EMAIL_USE_SSL": "use_ssl",
    }
    backend = parts["EMAIL_BACKEND"]
    if not backend.endswith("smtp.EmailBackend"):
        return {"BACKEND": backend}
    return {"BACKEND": backend, "OPTIONS": {new: parts[old] for old, new in names.items() if parts.get(old)}}
