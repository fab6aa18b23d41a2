"""Runs the suite once for each database, each in a pytest of its own; and makes databases for single tests.

`pytest` alone runs both, `pytest --database=sqlite` one. The outer process starts PostgreSQL and tells the
inner one by the environment, because Django's settings are read before pytest knows its options.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from exports_project.embedded_postgres import EmbeddedPostgres

# Set for the inner pytest: the database that it runs on.
INNER = "TEST_DATABASE"
NAMES = ("sqlite", "postgresql")
TITLES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
# pyproject.toml's own choice. Long tests measure and print: they run alone, unless the command line says so.
NO_LONG_ONES = "not long"
POSTGRES_SCHEMES = ("postgres:", "postgresql:", "psql:", "pgsql:")


def current() -> str:
    """The database of this run: "sqlite" or "postgresql"."""
    return os.environ[INNER]


def run_each(config: pytest.Config) -> int | None:
    """The exit code of the inner runs; None where this process is an inner one, or has nothing to run."""
    if INNER in os.environ or config.option.help or config.option.version:
        return None
    chosen = config.getoption("--database")
    codes = []
    for name in NAMES if chosen == "all" else (chosen,):
        codes.append(_run_inner(name, config))
        if codes[-1] == pytest.ExitCode.INTERRUPTED or (_failed(codes[-1]) and config.option.maxfail):
            break
    return worst(codes)


def worst(codes: list[int]) -> int:
    """One exit code for several runs: a failure wins; "no tests" stands only where no run had any."""
    failures = [code for code in codes if _failed(code)]
    if failures:
        return failures[0]
    return 5 if set(codes) == {5} else 0


def _failed(code: int) -> bool:
    return code not in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED)


def _run_inner(name: str, config: pytest.Config) -> int:
    sys.stdout.write(f"\n{f' Tests on {TITLES[name]} ':#^80}\n\n")
    sys.stdout.flush()
    command = [sys.executable, "-m", "pytest"]
    if config.option.markexpr != NO_LONG_ONES:
        command += ["--numprocesses=0", "-o", "faulthandler_timeout=0"]
    command += [*config.invocation_params.args]
    command += [f"--database={name}", "-o", f"cache_dir=.pytest_cache/{name}"]
    with _database_url(name) as url, tempfile.TemporaryDirectory(prefix="exports-files-") as files:
        environment = os.environ | {INNER: name, "DATABASE_URL": url, "TEST_FILES": files}
        inner = subprocess.Popen(command, env=environment, cwd=config.invocation_params.dir)
        try:
            return inner.wait()
        except KeyboardInterrupt:  # the inner pytest got it too, and prints its summary
            inner.wait()
            return pytest.ExitCode.INTERRUPTED


@contextmanager
def _database_url(name: str) -> Iterator[str]:
    given = os.environ.get("DATABASE_URL", "")
    if name == "sqlite":
        with tempfile.TemporaryDirectory(prefix="exports-tests-") as directory:
            yield f"sqlite:///{directory}/main.sqlite3"
    elif given.startswith(POSTGRES_SCHEMES):
        yield given
    else:
        # A statement that waits for ever for a test's own transaction would not say so.
        with EmbeddedPostgres(settings={"lock_timeout": "2min"}) as server:
            yield server.url("exports")


@contextmanager
def fresh_database(directory: Path, like: str = "", encoding: str = "") -> Iterator[str]:
    """The DATABASE_URL of a database of this run's kind; SQLite's is a file in `directory`.

    It is empty, or a copy of that at the DATABASE_URL `like`, to which nobody may be connected. PostgreSQL's
    is in `encoding`, if there is one.
    """
    name = f"fresh_{uuid.uuid4().hex[:12]}"
    if current() == "sqlite":
        file = directory / f"{name}.sqlite3"
        if like:
            shutil.copy(like.removeprefix("sqlite:///"), file)
        yield f"sqlite:///{file}"
        return
    template = f' TEMPLATE "{like.partition("?")[0].rpartition("/")[2]}"' if like else ""
    if encoding:
        template = f" ENCODING '{encoding}' LOCALE 'C' TEMPLATE template0"
    _administer(f'CREATE DATABASE "{name}"{template}')
    try:
        yield with_name(os.environ["DATABASE_URL"], name)
    finally:
        _administer(f'DROP DATABASE "{name}" WITH (FORCE)')


def with_name(url: str, name: str) -> str:
    """A DATABASE_URL of another database on the same server."""
    address, question_mark, query = url.partition("?")
    return f"{address.rpartition('/')[0]}/{name}{question_mark}{query}"


def _administer(statement: str) -> None:
    """Runs a statement that no transaction may hold, on a connection of its own to `postgres`."""
    import psycopg
    from django.db import connection

    params = connection.get_connection_params()
    wanted = {"host", "port", "user", "password", "sslmode"} & params.keys()
    with psycopg.connect(
        **{key: params[key] for key in wanted}, dbname="postgres", autocommit=True
    ) as administrator:
        administrator.execute(statement)  # type: ignore[call-overload]
