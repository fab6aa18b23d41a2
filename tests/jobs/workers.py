"""Workers and schedulers as real processes: started as the documentation says, killed, and started again."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from tests.servers import ROOT, service_environment

COMMANDS = {
    "database": (
        str(ROOT / "manage.py"),
        *("db_worker", "--no-reload", "--no-startup-delay", "--interval=0.2"),
    ),
    "celery": (
        *("-m", "celery", "--app=exports_project.celery", "worker", "--concurrency=1"),
        *("--without-gossip", "--without-mingle", "--loglevel=INFO"),
    ),
    "scheduler": (str(ROOT / "manage.py"), "export_scheduler"),
}


class Worker:
    """One worker with all its processes, its log in a file."""

    def __init__(self, queue: str, database_url: str, log: Path, env: Mapping[str, str]) -> None:
        self._command = [sys.executable, *COMMANDS[queue]]
        self._environment = service_environment(database_url, env)
        self._log = log
        self.process = self._started()

    def _started(self) -> subprocess.Popen[bytes]:
        with self._log.open("ab") as log:
            return subprocess.Popen(
                self._command,
                env=self._environment,
                cwd=ROOT,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    @property
    def log(self) -> str:
        return self._log.read_text(errors="replace")

    @property
    def lives(self) -> bool:
        return self.process.poll() is None

    def send(self, number: signal.Signals) -> None:
        """To all its processes at once."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, number)

    def kill(self) -> None:
        """As the kernel does where memory has run out, or a machine that is switched off."""
        self.send(signal.SIGKILL)
        self.process.wait()

    def kill_child(self) -> None:
        """That process alone which does the work, where there is one; else the whole worker."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        found = children.read_text().split() if self.lives else []
        if not found:
            self.kill()
            return
        with suppress(ProcessLookupError):
            os.kill(int(found[0]), signal.SIGKILL)

    def restart(self) -> None:
        """As a supervisor does; nothing where it still lives."""
        if not self.lives:
            self.process = self._started()
