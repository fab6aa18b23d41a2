"""`python -m exports_project.benchmark.filling ROWS SIZE…`: the rows of a run, in DATABASE_URL.

On PostgreSQL they are invented there, by one statement that gives the same rows for the same sizes. A SQLite
file gets a copy of them from the PostgreSQL that the environment of libpq (PGHOST, …) names.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import batched
from typing import Final

import django
import psycopg
from django.core.management import call_command
from django.db import connection, transaction

from .names import PHONE_NUMBER_CHECK, tenant

OTHERS: Final = "bench-others"
# Beside the rows that are exported in the end, a fifth as many that belong to somebody else.
OTHERS_SHARE: Final = 5
BLOCK: Final = 5_000
TABLE: Final = "telephony_calllog"

# The columns of the table, and what a call invents for each. `number` counts the tenant's calls; r1 to r6 are
# numbers between 0 and 1; `hex` has 32 digits that are the row's own.
INVENTED: Final = {
    "id": "hex::uuid",
    "user_id": "tenant",
    "agent_id": "NULL::uuid",
    # Now and then a cell that has to be quoted, one that is not ASCII, and one that a spreadsheet would run.
    "livekit_room_name": """
        CASE WHEN number % 1000 = 7 THEN '=1+1 in room ' || left(hex, 4)
             WHEN number % 200 = 3 THEN 'Müller & Söhne, "Empfang" ' || left(hex, 4)
             ELSE topic || '-' || left(hex, 8) END""",
    "livekit_room_sid": "'RM_' || substr(hex, 9, 12)",
    "direction": "CASE WHEN r1 < 0.7 THEN 'inbound' ELSE 'outbound' END",
    "phone_number": """
        CASE WHEN r2 < 0.02 THEN NULL WHEN r2 < 0.04 THEN ''
             ELSE (ARRAY['+49', '+1', '+44', '+81', '+971'])[1 + number % 5]
                  || (100000000 + floor(r2 * 9900000000))::bigint END""",
    "sip_call_id": """
        CASE WHEN r3 < 0.05 THEN NULL WHEN r3 < 0.1 THEN '' ELSE 'SCL_' || substr(hex, 21, 12) END""",
    "duration": "seconds",
    "started_at": "started",
    "ended_at": "started + coalesce(nullif(seconds, 0), 20) * interval '1 second'",
    "status": "CASE WHEN seconds IS NULL THEN 'active' ELSE 'ended' END",
    "outcome": """
        CASE WHEN seconds > 0 THEN (ARRAY['completed', 'completed', 'completed', 'voicemail'])[1 + number % 4]
             WHEN seconds = 0 THEN (ARRAY['no_answer', 'busy', 'failed'])[1 + number % 3] END""",
    "recording_url": """
        CASE WHEN seconds > 0 AND r4 < 0.8
             THEN 'https://recordings.example.com/' || substr(hex, 9, 12) || '.ogg' END""",
    "cost": "CASE WHEN seconds > 0 THEN ceil(seconds / 60.0) * 0.0135 END",
    "metadata": """
        jsonb_build_object('campaign', 1 + number % 39, 'score', 0.5, 'tags',
                           CASE WHEN r5 < 0.1 THEN '["vip"]'::jsonb ELSE '[]'::jsonb END)""",
    "created_at": "started + coalesce(seconds, 0) * interval '1 second' + r6 * interval '2 seconds'",
}

# Two years of calls of each tenant, stored in the order of time as calls are: so the tenants' rows lie mixed.
# Every other time has whole seconds. One in a hundred calls is still active, one in four was not taken.
STATEMENT: Final = """
    WITH tenants(tenant, size) AS (SELECT * FROM unnest(%(tenants)s::text[], %(sizes)s::int[])),
    drawn AS MATERIALIZED (
        SELECT tenant, size, number, md5(tenant || '/' || number) AS hex,
               random() r1, random() r2, random() r3, random() r4, random() r5, random() r6
        FROM tenants CROSS JOIN LATERAL generate_series(1, size) AS number
    ),
    placed AS (
        SELECT *, (ARRAY['support', 'sales', 'survey', 'reminder'])[1 + number %% 4] AS topic,
               CASE WHEN number %% 100 = 99 THEN NULL WHEN r1 < 0.25 THEN 0
                    ELSE 1 + floor(600 * r2 * r3)::int END AS seconds,
               timestamptz '2024-01-01 00:00:00+00'
               + interval '730 days' * (number::float8 / size)
               + interval '1 hour' * r4 AS exactly
        FROM drawn
    ),
    calls AS (
        SELECT *, CASE WHEN r5 < 0.5 THEN date_trunc('second', exactly) ELSE exactly END AS started
        FROM placed
    )
    INSERT INTO {table} ({columns}) SELECT {values} FROM calls ORDER BY number::float8 / size, tenant
"""


# Definition and name of the indexes that carry no constraint.
INDEXES: Final = {
    "postgresql": f"SELECT indexdef, indexname FROM pg_indexes WHERE tablename = '{TABLE}'"  # noqa: S608 - a constant
    " AND indexdef NOT LIKE '%UNIQUE%'",
    "sqlite": f"SELECT sql, name FROM sqlite_master WHERE type = 'index' AND tbl_name = '{TABLE}'"  # noqa: S608 - a constant
    " AND sql IS NOT NULL",
}
# What the calls' numbers look like, guaranteed: see CheckedCallExport.
CHECK: Final = (
    rf"ALTER TABLE {TABLE} ADD CONSTRAINT {PHONE_NUMBER_CHECK}"
    r" CHECK (phone_number = '' OR phone_number ~ '^\+[0-9]{1,15}$')"
)
# The visibility map, statistics, and no hint bits left for the first reader to write.
FINISHING: Final = {
    "postgresql": (CHECK, f"VACUUM (FREEZE, ANALYZE) {TABLE}", "CHECKPOINT"),
    "sqlite": ("ANALYZE", "PRAGMA wal_checkpoint(TRUNCATE)"),
}


def fill(rows: int, sizes: list[int]) -> None:
    """Make the tables, a tenant of each of these sizes with its calls, and calls of somebody else."""
    call_command("migrate", verbosity=0, interactive=False)
    tenants = {tenant(size): size for size in sizes} | {OTHERS: max(rows // OTHERS_SHARE, 1)}
    _make_users(tenants)
    with _indexes_later():
        if connection.vendor == "postgresql":
            _invent(tenants)
        else:
            _copy()
    with connection.cursor() as cursor:
        for statement in FINISHING[connection.vendor]:
            cursor.execute(statement)


def _make_users(tenants: dict[str, int]) -> None:
    from accounts.models import User  # models are there once Django is set up

    User.objects.bulk_create(User(id=name, username=name) for name in tenants)


@contextmanager
def _indexes_later() -> Iterator[None]:
    """Inside there are none: made of all rows at once they cost half of what they cost row by row."""
    with connection.cursor() as cursor:
        cursor.execute(INDEXES[connection.vendor])
        indexes = cursor.fetchall()
        for _, name in indexes:
            cursor.execute(f"DROP INDEX {connection.ops.quote_name(name)}")
        yield
        for definition, _ in indexes:
            cursor.execute(definition)


def _invent(tenants: dict[str, int]) -> None:
    values = ", ".join(INVENTED.values()).replace("%", "%%")
    statement = STATEMENT.format(table=TABLE, columns=", ".join(INVENTED), values=values)
    with connection.cursor() as cursor:
        # Drawn by one process, one row after the other, random numbers depend on nothing but the seed.
        cursor.execute("SET max_parallel_workers_per_gather = 0")
        cursor.execute("SELECT setseed(0.25)")
        cursor.execute(statement, {"tenants": list(tenants), "sizes": list(tenants.values())})


def _copy() -> None:
    """The rows of PostgreSQL as Django stores them in SQLite, in the order in which they lie there."""
    values = ", ".join(_as_in_sqlite(name) for name in INVENTED)
    query = f"SELECT {values} FROM {TABLE} ORDER BY ctid"  # noqa: S608 - constants
    marks = ", ".join(["%s"] * len(INVENTED))
    target = f"INSERT INTO {TABLE} ({', '.join(INVENTED)}) VALUES ({marks})"  # noqa: S608 - constants
    with psycopg.connect() as source, source.cursor("rows") as rows, transaction.atomic():
        rows.itersize = BLOCK
        with connection.cursor() as cursor:
            for block in batched(rows.execute(query.encode()), BLOCK):
                cursor.executemany(target, block)


def _as_in_sqlite(column: str) -> str:
    match column:
        case "id":
            return "replace(id::text, '-', '')"
        case "started_at" | "ended_at" | "created_at":
            # As Python prints them: six digits of microseconds, or none.
            whole = f"date_trunc('second', {column}) = {column}"
            fraction = f"CASE WHEN {whole} THEN '' ELSE to_char({column}, '.US') END"
            return f"to_char({column}, 'YYYY-MM-DD HH24:MI:SS') || {fraction}"
        case "cost" | "metadata":
            return f"{column}::text"
        case _:
            return column


if __name__ == "__main__":
    django.setup()
    fill(int(sys.argv[1]), [int(size) for size in sys.argv[2:]])
