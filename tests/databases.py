"""Runs the suite once for each database, each in a pytest of its own; and makes databases for single tests.

`pytest` alone runs both, `pytest --database=sqlite` one. The outer process starts PostgreSQL and tells the
inner one by the environment, because Django's settings are read before pytest knows its options.
"""

import os
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import pytest

from exports_project.embedded_postgres import EmbeddedPostgres

# Set for the inner pytest: the database that it runs on.
INNER = "TEST_DATABASE"
NAMES = ("sqlite", "postgresql")
TITLES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
POSTGRES_SCHEMES = ("postgres:", "postgresql:", "psql:", "pgsql:")


def current() -> str:
    """The database of this run: "sqlite" or "postgresql"."""
    return os.environ[INNER]


def run_each(config: pytest.Config) -> int | None:
    """The exit code of the inner runs; None where this process is an inner one, or has nothing to run.

    They run side by side, because their tests mostly wait for servers: 14 minutes on two cores in place of
    23. One after the other where one is to stop for the other, or somebody is asked.
    """
    if INNER in os.environ or config.option.help or config.option.version:
        return None
    chosen = config.getoption("--database")
    names = NAMES if chosen == "all" else (chosen,)
    if config.option.maxfail or config.option.usepdb or config.option.trace:
        codes = []
        for name in names:
            with _inner_run(name, config) as inner:
                codes.append(inner.result())
            if codes[-1] != 0 and (codes[-1] == pytest.ExitCode.INTERRUPTED or config.option.maxfail):
                break
        return worst(codes)
    with ExitStack() as stack:
        first, *others = names
        runs = [stack.enter_context(_inner_run(first, config))]
        runs += [stack.enter_context(_inner_run(name, config, aside=True)) for name in others]
        return worst([run.result() for run in runs])


@dataclass(frozen=True)
class _InnerRun:
    """A pytest that runs. `output` is what it has written so far, where it was not to write it itself."""

    title: str
    process: subprocess.Popen[bytes]
    output: TextIO | None

    def result(self) -> int:
        """Its exit code, once it has ended; its output is shown meanwhile."""
        if self.output:
            _head(self.title)
        try:
            while self.output and self.process.poll() is None:
                self._show()
                time.sleep(0.1)
            code = self.process.wait()
        except KeyboardInterrupt:  # the inner pytest got it too, and prints its summary
            self.process.wait()
            code = pytest.ExitCode.INTERRUPTED
        self._show()
        return code

    def _show(self) -> None:
        if self.output:
            sys.stdout.write(self.output.read())
            sys.stdout.flush()


def _head(title: str) -> None:
    sys.stdout.write(f"\n{f' Tests on {title} ':#^80}\n\n")
    sys.stdout.flush()


@contextmanager
def _inner_run(name: str, config: pytest.Config, *, aside: bool = False) -> Iterator[_InnerRun]:
    command = [sys.executable, "-m", "pytest", *config.invocation_params.args]
    command += [f"--database={name}", "-o", f"cache_dir=.pytest_cache/{name}"]
    if not aside:
        _head(TITLES[name])
    with ExitStack() as stack:
        url = stack.enter_context(_database_url(name))
        written = stack.enter_context(tempfile.NamedTemporaryFile("w+b")) if aside else None
        inner = subprocess.Popen(
            command,
            env=os.environ | {INNER: name, "DATABASE_URL": url},
            cwd=config.invocation_params.dir,
            stdout=written,
            stderr=subprocess.STDOUT if written else None,
        )
        stack.callback(inner.wait)
        read = (
            stack.enter_context(open(written.name, encoding="utf-8", errors="replace")) if written else None
        )
        yield _InnerRun(TITLES[name], inner, read)


def worst(codes: list[int]) -> int:
    """One exit code for several runs: a failure wins; "no tests" stands only where no run had any."""
    failures = [code for code in codes if _failed(code)]
    if failures:
        return failures[0]
    return 5 if set(codes) == {5} else 0


def _failed(code: int) -> bool:
    return code not in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED)


@contextmanager
def _database_url(name: str) -> Iterator[str]:
    given = os.environ.get("DATABASE_URL", "")
    if name == "sqlite":
        with tempfile.TemporaryDirectory(prefix="exports-tests-") as directory:
            yield f"sqlite:///{directory}/main.sqlite3"
    elif given.startswith(POSTGRES_SCHEMES):
        yield given
    else:
        with EmbeddedPostgres() as server:
            yield server.url("exports")


@contextmanager
def fresh_database(directory: Path) -> Iterator[str]:
    """The DATABASE_URL of an empty database of this run's kind; SQLite's is a file in `directory`."""
    name = f"fresh_{uuid.uuid4().hex[:12]}"
    if current() == "sqlite":
        yield f"sqlite:///{directory / name}.sqlite3"
        return
    _administer(f'CREATE DATABASE "{name}"')
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
