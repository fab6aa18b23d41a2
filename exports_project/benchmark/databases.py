"""The databases of a run: PostgreSQL, an own throw-away server unless one is named, and a SQLite file."""

import re
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote

import psycopg
from psycopg import sql

from exports_project import backends
from exports_project.embedded_postgres import EmbeddedPostgres

from .measuring import BenchmarkError

# Of the own server. All rows fit into its memory, and nothing goes on behind the measurements: the rows are
# vacuumed once they are there.
SERVER: Final = {
    "shared_buffers": "1GB",
    "max_wal_size": "8GB",
    "checkpoint_timeout": "1h",
    "autovacuum": "off",
}
# Of every connection to the database, whoever asks. With parallel plans allowed one statement runs on several
# cores and another on one, and just-in-time compilation costs the first byte; both would make ratios lie.
SESSION: Final = {"max_parallel_workers_per_gather": "0", "jit": "off", "timezone": "UTC"}
SHOWN: Final = ("shared_buffers", "max_parallel_workers_per_gather", "jit", "timezone", "work_mem", "fsync")


@dataclass(frozen=True)
class Postgres:
    """A database on a PostgreSQL server, by its DATABASE_URL."""

    url: str

    def environment(self) -> dict[str, str]:
        """The variables by which psql, and psycopg in another process, find it."""
        given = backends.database(self.url)
        values = {
            "PGHOST": given["HOST"],
            "PGPORT": str(given["PORT"] or ""),
            "PGUSER": given["USER"],
            "PGPASSWORD": given["PASSWORD"],
            "PGDATABASE": given["NAME"],
            "PGSSLMODE": given["OPTIONS"].get("sslmode", ""),
        }
        return {name: value for name, value in values.items() if value}

    def connect(self) -> psycopg.Connection[tuple[object, ...]]:
        """A connection in autocommit, which the caller closes."""
        names = {"PGHOST": "host", "PGPORT": "port", "PGUSER": "user", "PGPASSWORD": "password"}
        names |= {"PGDATABASE": "dbname", "PGSSLMODE": "sslmode"}
        found = {names[variable]: value for variable, value in self.environment().items()}
        return psycopg.connect(psycopg.conninfo.make_conninfo(**found), autocommit=True)

    def settings(self) -> dict[str, str]:
        """Version and settings that the figures depend on, as the server tells them."""
        with self.connect() as connection:
            query = sql.SQL("SELECT {}").format(
                sql.SQL(", ").join(
                    sql.SQL("current_setting({})").format(name) for name in ("server_version", *SHOWN)
                )
            )
            row = connection.execute(query).fetchone() or ()
        return dict(zip(("server_version", *SHOWN), map(str, row), strict=True))


@contextmanager
def postgres(url: str | None) -> Iterator[Postgres]:
    """An empty database, gone afterwards: on the server at this DATABASE_URL, or on one of its own.

    Raises BenchmarkError where that server does not let us make one.
    """
    if url:
        with _database_at(url) as made:
            yield made
        return
    with EmbeddedPostgres(settings=SERVER) as server:
        found = Postgres(server.create_database("bench"))
        _set_session(found, SESSION)
        yield found


@contextmanager
def _database_at(url: str) -> Iterator[Postgres]:
    if not re.match(r"(postgres|postgresql|psql|pgsql)://", url):
        raise BenchmarkError("--database-url must be that of a PostgreSQL database: postgres://…")
    name = f"bench_exports_{secrets.token_hex(4)}"
    given = Postgres(url)
    try:
        with given.connect() as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    except psycopg.Error as error:
        raise BenchmarkError(f"A database for the benchmark cannot be made there: {error}") from error
    address, question_mark, query = url.partition("?")
    made = Postgres(f"{address.rpartition('/')[0]}/{quote(name)}{question_mark}{query}")
    try:
        _set_session(made, SESSION)
        yield made
    finally:
        with given.connect() as connection:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _set_session(database: Postgres, settings: Mapping[str, str]) -> None:
    name = database.environment()["PGDATABASE"]
    with database.connect() as connection:
        for key, value in settings.items():
            statement = sql.SQL("ALTER DATABASE {} SET {} = {}")
            connection.execute(
                statement.format(sql.Identifier(name), sql.Identifier(key), sql.Literal(value))
            )


def sqlite_url(directory: Path) -> str:
    """The DATABASE_URL of a SQLite file in that directory."""
    return f"sqlite:///{quote(str(directory / 'bench.sqlite3'))}"
