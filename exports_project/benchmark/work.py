"""`python -m exports_project.benchmark.work NAME ROWS`: one export in this process, printed as JSON.

Django is set up, and the same export of few rows done, before the clock starts: what is loaded on first use
is no part of the time, and what it holds is part of the memory. `explain` prints the statement of our source.
"""

import json
import sys
from dataclasses import asdict, replace

import django

from .measuring import Export, peak, reset_peak
from .names import SMALL


def measured(name: str, size: int) -> Export:
    """The export of that name and number of rows, after one that warms this process up."""
    from .jobs import JOBS  # models are there once Django is set up

    JOBS[name](SMALL)
    reset_peak()
    export = JOBS[name](size)
    return replace(export, peak_bytes=peak())


def main(name: str, rows: str) -> None:
    django.setup()
    if name == "explain":
        from .jobs import explain

        sys.stdout.write(explain(int(rows)))
    else:
        json.dump(asdict(measured(name, int(rows))), sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
