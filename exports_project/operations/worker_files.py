"""The files in which the processes of one server keep their metrics, so that any of them can tell the sum.

prometheus-client decides at its first import, by PROMETHEUS_MULTIPROC_DIR, whether to keep metrics in memory
or in files: this module imports it late, because gunicorn's configuration imports this module.
"""

import atexit
import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

VARIABLE = "PROMETHEUS_MULTIPROC_DIR"


def directory() -> Path | None:
    """Where the files are; None where this is the only process, which keeps its metrics in memory."""
    name = os.environ.get("PROMETHEUS_MULTIPROC_DIR", "")
    return Path(name) if name else None


def make_directory(parent: str | None) -> None:
    """A private directory for this process and its children, removed when this process ends.

    Nothing is done where the environment names one.
    """
    if directory() is not None:
        return
    path = tempfile.mkdtemp(prefix="metrics-", dir=parent)
    os.environ[VARIABLE] = path
    atexit.register(_remove, Path(path), os.getpid())


def _remove(path: Path, owner: int) -> None:
    # Children that were forked run this as well.
    if os.getpid() == owner:
        shutil.rmtree(path, ignore_errors=True)


def give_directory(user: int, group: int) -> None:
    """To the account that the workers run as, where root starts them for another."""
    path = directory()
    if path is not None and os.geteuid() == 0:
        os.chown(path, user, group)


def process_ids() -> set[int]:
    """The processes of this server that live and have counted something; this one is among them."""
    path = directory()
    found = set() if path is None else {int(file.stem.rpartition("_")[2]) for file in path.glob("*_*.db")}
    return {pid for pid in found if _is_alive(pid)} | {os.getpid()}


def forget_the_dead() -> None:
    """Takes out what dead processes had running. Their counters stay: a sum must not go down.

    gunicorn tells of each worker that ended; uvicorn does not, so each scrape looks.
    """
    path = directory()
    if path is None:
        return
    for file in path.glob("gauge_live*_*.db"):
        pid = int(file.stem.rpartition("_")[2])
        if not _is_alive(pid):
            forget(pid)


def forget(pid: int) -> None:
    """Takes out what this process, which has ended, had running."""
    from prometheus_client.multiprocess import mark_process_dead

    with suppress(FileNotFoundError):  # another worker was quicker
        mark_process_dead(pid)  # type: ignore[no-untyped-call]


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
