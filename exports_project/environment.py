"""What the environment may say: the rules that a production (DEBUG off) has to satisfy before it starts.

Pure functions from values to complaints, so that every rule can be tested without starting a process.
"""

import ipaddress
import re
from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import parse_qs, unquote, urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured, ValidationError

from accounts.networks import canonical_network
from exports_project.variables import is_true, split_list

# The thresholds of Django's own check security.W009; `check --deploy` must have nothing to add.
SECRET_KEY_LENGTH = 50
SECRET_KEY_UNIQUE_CHARACTERS = 5
INSECURE_PREFIX = "django-insecure-"
METRICS_TOKEN_LENGTH = 20
NEXTAUTH_SECRET_LENGTH = 32  # what `npx auth secret` and `openssl rand -base64 32` make has more

POSTGRES_SCHEMES = {"postgres", "postgresql", "psql", "pgsql"}
REDIS_SCHEMES = {"redis", "rediss", "unix"}
# Prefix lengths by IP version, of the largest private networks. Not 0: two halves are everybody too.
WIDEST_NETWORKS = {4: 8, 6: 7}
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
        if not split_list(values.get(name, "")):
            yield f"{name} is not set: {advice}."
    yield from _secret_key_problems("SECRET_KEY", values.get("SECRET_KEY", ""))
    for key in split_list(values.get("SECRET_KEY_FALLBACKS", "")):
        yield from _secret_key_problems("SECRET_KEY_FALLBACKS", key)
    yield from _host_problems(split_list(values.get("ALLOWED_HOSTS", "")))
    yield from database_problems(values.get("DATABASE_URL", ""), in_memory=False)
    yield from database_problems(
        values.get("EXPORTS_DATABASE_URL", ""), "EXPORTS_DATABASE_URL", in_memory=False
    )
    yield from redis_problems(values.get("REDIS_URL", ""))
    yield from _origin_problems(split_list(values.get("CSRF_TRUSTED_ORIGINS", "")))
    yield from proxy_problems(split_list(values.get("TRUSTED_PROXIES", "")))
    yield from metrics_problems(
        values.get("METRICS_TOKEN", "").strip(), split_list(values.get("METRICS_NETWORKS", ""))
    )
    if is_true(values.get("EXPORTS_DEV_USER_HEADER", "")):
        yield "EXPORTS_DEV_USER_HEADER is on: with it anybody can name the user they want to be; remove it."


def _secret_key_problems(name: str, key: str) -> Iterator[str]:
    """Of a key by which things are signed, or were: what one that can be guessed has signed is taken too."""
    if not key.strip():
        return
    advice = REQUIRED["SECRET_KEY"] if name == "SECRET_KEY" else "leave it out"
    if len(key) < SECRET_KEY_LENGTH or len(set(key)) < SECRET_KEY_UNIQUE_CHARACTERS:
        yield f"{name} is too easy to guess: {advice}."
    elif key.startswith(INSECURE_PREFIX):
        yield f"{name} is one made for development: {advice}."


def _host_problems(hosts: Sequence[str]) -> Iterator[str]:
    if any("*" in host for host in hosts):
        yield 'ALLOWED_HOSTS has "*", so any is taken: name each host (".example.com": all below).'
    if any("/" in host for host in hosts):
        yield 'ALLOWED_HOSTS contains a "/": write host names alone, without a scheme or path.'


def database_problems(url: str, variable: str = "DATABASE_URL", *, in_memory: bool = True) -> Iterator[str]:
    """A SQLite file is legal: safe, if small. A database `in_memory` is gone with its process."""
    if not url.strip():
        return
    try:
        parts = urlsplit(url.strip())
        scheme, name = parts.scheme, unquote(parts.path).strip("/")
        query = {name: values[0] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
        if scheme in POSTGRES_SCHEMES:
            environ.Env.db_url_config(url.strip())  # reads the port, or the ports of several hosts
    except ValueError:
        yield f"{variable} cannot be read: ports are numbers, and a password's odd characters stand as %XX."
        return
    if scheme in POSTGRES_SCHEMES:
        if not name:
            yield f"{variable} names no database: its name stands after the host, as in postgres://host/name."
        yield from _connection_problems(variable, query)
    elif scheme != "sqlite":
        yield f"{variable} is not a URL of PostgreSQL (postgres://…) or of a SQLite file (sqlite:///path)."
    elif name in {"", ":memory:"} and not in_memory:
        yield f"{variable} is a SQLite database in memory, lost at every restart: name a file or PostgreSQL."
    elif "pool_size" in query:
        yield f"{variable} asks for a pool of connections, which PostgreSQL alone has: remove pool_size."


def _connection_problems(variable: str, query: Mapping[str, str]) -> Iterator[str]:
    """Of what the URL says about connections. Four digits are more than a PostgreSQL server allows."""
    size, age = query.get("pool_size"), query.get("conn_max_age", query.get("CONN_MAX_AGE", "0"))
    if size is not None and not re.fullmatch("[1-9][0-9]{0,3}", size):
        yield f"{variable}: pool_size is the number of connections of each process, from 1 to 9999."
    if not re.fullmatch("[0-9]{1,9}|None", age):
        yield f"{variable}: conn_max_age is a number of seconds, or None for connections kept for ever."
    elif size is not None and age != "0":
        yield f"{variable} has pool_size and conn_max_age: a pool keeps connections by itself; remove one."


def redis_problems(url: str) -> Iterator[str]:
    if not url.strip():
        return
    try:
        parts = urlsplit(url.strip())
        known = parts.scheme in REDIS_SCHEMES and parts.port != 0
    except ValueError:  # of the port, or of brackets
        known = False
    if not known:
        yield "REDIS_URL is not a URL of a Redis server, such as redis://host:6379/0 (or rediss://, unix://)."


def _origin_problems(origins: Sequence[str]) -> Iterator[str]:
    for origin in origins:
        scheme, separator, host = origin.partition("://")
        if not separator or scheme != "https" or not host.strip("*."):
            yield "CSRF_TRUSTED_ORIGINS must hold https:// origins with a host, such as https://exports.example.com."
            return


def proxy_problems(proxies: Sequence[str]) -> Iterator[str]:
    """Complaints about TRUSTED_PROXIES: an entry is an address or a network, never everybody or nearly so."""
    yield from _network_problems("TRUSTED_PROXIES", proxies, "clients could forge their address")


def export_network_problems(name: str, networks: Sequence[str]) -> Iterator[str]:
    """Complaints about a list of networks that exports may be asked for from."""
    yield from _network_problems(name, networks, "that is nearly everybody")


def webhook_network_problems(networks: Sequence[str]) -> Iterator[str]:
    """Complaints about EXPORTS_WEBHOOK_NETWORKS: the part of the inside that users' webhooks may reach."""
    yield from _network_problems("EXPORTS_WEBHOOK_NETWORKS", networks, "users could reach nearly everything")


def metrics_problems(token: str, networks: Sequence[str]) -> Iterator[str]:
    """Complaints about METRICS_TOKEN, which stands in for a password, and about METRICS_NETWORKS."""
    if token and (len(token) < METRICS_TOKEN_LENGTH or not token.isascii() or len(token.split()) > 1):
        yield f"METRICS_TOKEN is no token: set it to {METRICS_TOKEN_LENGTH} random ASCII characters or more."
    yield from _network_problems("METRICS_NETWORKS", networks, "nearly anybody could read the metrics")


def nextauth_problems(secrets: Sequence[str], in_use: bool) -> Iterator[str]:
    """Complaints about NEXTAUTH_SECRET: who knows it can be any user."""
    if in_use and not secrets:
        yield "NEXTAUTH_SECRET is not set, and AUTHENTICATION_CLASSES lists NextAuthAuthentication: set it."
    if any(len(secret) < NEXTAUTH_SECRET_LENGTH for secret in secrets):
        yield (
            f"NEXTAUTH_SECRET is too easy to guess: each of its secrets has {NEXTAUTH_SECRET_LENGTH} "
            "characters or more."
        )


def _network_problems(name: str, entries: Sequence[str], danger: str) -> Iterator[str]:
    for number, entry in enumerate(entries, 1):
        try:
            # Of IPv4 addresses mapped into IPv6 it is the IPv4 network, and as wide as that.
            network = ipaddress.ip_network(canonical_network(entry))
        except ValidationError:
            yield f"{name}: entry {number} is not an IP address or a network such as 10.0.0.0/8."
            continue
        if network.prefixlen < WIDEST_NETWORKS[network.version]:
            yield f"{name}: entry {number} is too wide: {danger}."
