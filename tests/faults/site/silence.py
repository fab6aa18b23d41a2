"""A database that takes a statement and says nothing any more, until it is told to stop."""

import time

from django.db import connections

SECONDS = 600


def be_silent(using: str) -> None:
    """Runs a statement of ten minutes in the transaction that is open; raises what ends it before."""
    connection = connections[using]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT pg_sleep(%s)", [SECONDS])
            return
        # SQLite works in this thread. A function that naps leaves the processor to the tests; between two
        # naps SQLite looks whether it was interrupted, as in any statement.
        connection.connection.create_function("nap", 1, _nap)
        cursor.execute(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %s)"
            " SELECT count(*) FROM n WHERE nap(i)",
            [SECONDS * 20],
        )
        cursor.fetchall()


def _nap(number: int) -> bool:
    time.sleep(0.05)
    return True
