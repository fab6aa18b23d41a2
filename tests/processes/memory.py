"""How much memory a process has held at most, from Linux's /proc."""

import re
from collections.abc import Callable
from pathlib import Path


def peak_while(pid: int, work: Callable[[], object]) -> int:
    """The greatest resident size (bytes) of the process while `work` runs, as the kernel counts it."""
    # 5 sets the high-water mark back to what is resident now.
    Path(f"/proc/{pid}/clear_refs").write_text("5")
    work()
    status = Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"^VmHWM:\s+(\d+) kB$", status, re.MULTILINE)[1]) * 1024
