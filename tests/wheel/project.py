"""A project made by docs/install.md, word for word, with the wheel that this checkout builds."""

import os
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from tests.ports import free_port
from tests.servers import ROOT
from tests.tools import need
from tests.walkthrough import blocks

PAGE = "docs/install.md"
SETUP = ["A project", "Settings", "Addresses", "A model and its export", "The database"]
ADDRESS = "127.0.0.1:8000"
READY_SECONDS = 90


def build_wheel(directory: Path) -> Path:
    """The wheel of this checkout."""
    uv = os.environ.get("UV") or need("uv")  # `uv run` tells where it is
    built = subprocess.run(
        [uv, "build", "--wheel", "--out-dir", directory, ROOT], capture_output=True, text=True, timeout=300
    )
    assert built.returncode == 0, built.stderr
    [wheel] = directory.glob("*.whl")
    return wheel


def _constraints(wheel: Path, django: str) -> str:
    """For pip: this wheel, a Django, and of all else the versions that the project is locked to."""
    locked = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    pins = re.findall(r"^(?!django==)[\w.-]+==[^\s;]+", locked, re.MULTILINE)
    name = wheel.name.partition("-")[0].replace("_", "-")
    return "\n".join([*pins, f"django=={django}", f"{name} @ {wheel.as_uri()}"])


@dataclass(frozen=True)
class Project:
    """`directory` holds manage.py; `url` is its server's, once it serves."""

    directory: Path
    environment: dict[str, str]
    url: str = ""

    def run(self, script: str) -> str:
        """The output of shell commands of the document. An AssertionError where one fails."""
        here = script.replace(f"http://{ADDRESS}", self.url or f"http://{ADDRESS}")
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", here],
            cwd=self.directory,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, f"{script}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def manage(self, *arguments: str) -> str:
        return self.run(f"python manage.py {' '.join(arguments)}")


def make_project(directory: Path, wheel: Path, django: str) -> Project:
    """The document up to where it starts the server, in that directory and nowhere else."""
    need("bash")
    need("curl")
    constraints = directory / "constraints.txt"
    constraints.write_text(_constraints(wheel, django))
    script = "\n".join(block.script for heading in SETUP for block in blocks(PAGE, heading))
    # Who follows it types the password.
    script = script.replace("createsuperuser", "createsuperuser --no-input")
    Project(directory, _environment({"PIP_CONSTRAINT": str(constraints)})).run(script)
    activated = f"{directory / '.venv' / 'bin'}:{os.environ['PATH']}"
    return Project(directory / "mysite", _environment({"PATH": activated}))


def _environment(extra: dict[str, str]) -> dict[str, str]:
    """This one's, without what points to this checkout; its Python is the first on the path."""
    ours = ("DJANGO_", "DATABASE_URL", "ENV_FILE", "PYTHON", "PYTEST", "VIRTUAL_ENV", "EXPORTS_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    return kept | {"PATH": path, "DJANGO_SUPERUSER_PASSWORD": "admin's password"} | extra


@contextmanager
def serving(project: Project) -> Iterator[Project]:
    """The project with its own server, as the document starts it but on a free port."""
    port = free_port()
    log = project.directory / "server.log"
    # --noreload: one process, which stops when it is told to.
    command = ["python", "manage.py", "runserver", "--noreload", f"127.0.0.1:{port}"]
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=project.directory, env=project.environment, stdout=output, stderr=output
        )
    try:
        served = replace(project, url=f"http://127.0.0.1:{port}")
        _wait(served, process, log)
        yield served
    finally:
        process.terminate()
        process.wait(15)


def _wait(project: Project, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while True:
        assert process.poll() is None, f"the server stopped:\n{log.read_text()}"
        try:
            urllib.request.urlopen(f"{project.url}/api/exports/health", timeout=5).close()
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{error}\n{log.read_text()}") from None
        except OSError:
            assert time.monotonic() < deadline, f"the server does not answer:\n{log.read_text()}"
            time.sleep(0.1)
        else:
            return
