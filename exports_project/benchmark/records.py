"""What the audit record of a download says: whether what was received is whole."""

import time
from typing import Final

from .databases import Postgres
from .measuring import BenchmarkError

WAIT_SECONDS: Final = 10
RECORD: Final = (
    "SELECT outcome, row_count, byte_count, sha256, source, error FROM exports_exportlog WHERE id = %s"
)


def sha256_and_source(database: Postgres, export_id: str, *, rows: int, size: int) -> tuple[str, str]:
    """Hash and source of the export of that id, which was received in `size` bytes.

    Raises BenchmarkError where the record is not of so many rows and bytes. It is closed a moment after the
    last byte was sent.
    """
    deadline = time.monotonic() + WAIT_SECONDS
    with database.connect() as connection:
        while True:
            found = connection.execute(RECORD, [export_id]).fetchone()
            if found and found[0] != "running":
                break
            if time.monotonic() > deadline:
                raise BenchmarkError(f"The record of the export {export_id} is still {found and found[0]}.")
            time.sleep(0.01)
    outcome, row_count, byte_count, sha256, source, error = found
    if (outcome, row_count, byte_count) != ("succeeded", rows, size):
        raise BenchmarkError(
            f"{size:,} bytes were received of {rows:,} rows, and the export {outcome} with {byte_count} bytes"
            f" of {row_count} rows. {error}"
        )
    return str(sha256), str(source)
