r"""psql's `\copy` of a statement: what every other way is compared with."""

import shutil
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from exports_project.embedded_postgres import BINARIES, EmbeddedPostgresError, wheel_package

from .measuring import BenchmarkError, Export, peak, reset_peak
from .names import tenant

COLUMNS: Final = (
    "id, livekit_room_name, livekit_room_sid, direction, phone_number, sip_call_id, duration, started_at,"
    " ended_at, status, outcome, recording_url, cost, metadata, created_at"
)
READY: Final = "ready"
DONE: Final = "done"


def raw(size: int) -> str:
    """The columns of the export as they are stored, in no order."""
    return f"SELECT {COLUMNS} FROM telephony_calllog WHERE user_id = '{tenant(size)}'"  # noqa: S608 - a name of ours


def find_psql() -> str | None:
    """psql beside the embedded server's binaries, else on the PATH; None where there is none."""
    try:
        binary = wheel_package() / BINARIES / "psql"
    except EmbeddedPostgresError:
        binary = Path()
    return str(binary) if binary.is_file() else shutil.which("psql")


def copy(psql: str, environment: Mapping[str, str], select: str, size: int) -> Export:
    r"""One `\copy` to /dev/null by a psql that is connected when the clock starts.

    Raises BenchmarkError where it fails, or copies another number of rows than `size`.
    """
    command = [psql, "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--set=QUIET=off"]
    with subprocess.Popen(
        command,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        _say(process, f"\\echo {READY}\n")
        _heard(process, READY)
        reset_peak(process.pid)
        begun = time.perf_counter()
        _say(process, f"{_statement(select)}\n\\echo {DONE}\n")
        answer = _heard(process, DONE)
        seconds = time.perf_counter() - begun
        memory = peak(process.pid)
        process.communicate()
    if f"COPY {size}" not in answer:
        raise BenchmarkError(f"psql copied other rows than the {size:,} asked for: {' '.join(answer)}")
    return Export(rows=size, seconds=seconds, peak_bytes=memory)


def _statement(select: str) -> str:
    # `\copy` ends with the line. The other form does the same for a statement of several lines.
    if "\n" in select:
        return f"COPY ({select}) TO STDOUT (FORMAT csv, HEADER) \\g /dev/null"
    return f"\\copy ({select}) to '/dev/null' csv header"


def _say(process: subprocess.Popen[str], text: str) -> None:
    if process.stdin:
        process.stdin.write(text)
        process.stdin.flush()


def _heard(process: subprocess.Popen[str], last: str) -> list[str]:
    """What it prints before that line. Raises BenchmarkError where it ends before."""
    lines: list[str] = []
    for line in process.stdout or ():
        if line.strip() == last:
            return lines
        lines.append(line.strip())
    raise BenchmarkError(f"psql stopped: {' '.join(lines)}")
