"""The page of a dataset at a million rows: its first rows, and how many there are, come from an index.

On PostgreSQL, by the plan of each statement that the page has sent, run once more with its figures.
"""

import datetime as dt
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.db.models import Model

from exports.contrib.telephony.models import CallLog, LiveKitEvent
from tests.api import rows
from tests.web.forms import table

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgresql]

SECONDS = 120
FIRST = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)
DAY = {"start_date": "2024-01-05", "end_date": "2024-01-05"}
CASES: dict[str, list[dict[str, str]]] = {
    "calls": [
        {},
        DAY,
        {"start_date": "2024-01-05"},
        {"end_date": "2024-01-05"},
        {"status": "ended"},
        {"outcome": "busy"},
        {"agent_id": "{agent}"},
        {"agent_id": "{agent}", **DAY},
        {"outcome": "busy", **DAY},
    ],
    "events": [
        {},
        DAY,
        {"event": "room_finished"},
        {"room_name": "room-7"},
        {"event": "room_finished", **DAY},
    ],
}


LOOKERS = """
SELECT datname, state, xact_start, left(query, 200),
    datname = current_database() AND state LIKE 'idle in transaction%' AND pg_terminate_backend(pid)
FROM pg_stat_activity
WHERE (backend_xmin IS NOT NULL OR backend_xid IS NOT NULL) AND pid <> pg_backend_pid()
"""
"""Who looks at older rows still, or has written and may take it back. What another test has left open in this
process's database is ended.
"""


def multiply(row: Model, count: int, stranger: Any, **values: str) -> None:
    """`count` copies of a row, a second apart; of every three one is the other tenant's. `values` are SQL."""
    changed = {
        "id": "gen_random_uuid()",
        "user_id": f"CASE n % 3 WHEN 0 THEN '{stranger.pk}' ELSE user_id END",
    }
    changed |= values
    names = [field.column for field in row._meta.concrete_fields]
    chosen = ", ".join(changed.get(name, f'"{name}"') for name in names)
    into, table_name = ", ".join(f'"{name}"' for name in names), row._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table_name} ({into}) SELECT {chosen}"
            f" FROM {table_name}, generate_series(1, {count}) AS n WHERE id = '{row.pk}'"
        )


@pytest.fixture(params=[100_000, pytest.param(1_000_000, marks=pytest.mark.long)], ids=["hundred", "million"])
def agent(request, user, stranger) -> str:
    """The id of one of the user's agents, among that many calls and as many events, whose time runs on."""
    agents = [rows.agent(user) for _ in range(20)]
    among = "(ARRAY[" + ", ".join(f"'{agent.pk}'" for agent in agents) + "]::uuid[])[1 + n % 20]"
    # As wide as such rows are: of narrow ones PostgreSQL had rather read all.
    sid, wide = "RM_4d7413539d6b", {"campaign": "spring", "notes": "x" * 200}
    call = rows.call(user, started_at=FIRST, livekit_room_sid=sid, phone_number="+4930123456", metadata=wide)
    moment = "INTERVAL '20 seconds' * n"
    multiply(
        call,
        request.param,
        stranger,
        agent_id=f"CASE n % 3 WHEN 0 THEN NULL ELSE {among} END",
        started_at=f"started_at + {moment}",
        status="CASE n % 10 WHEN 0 THEN 'active' ELSE 'ended' END",
        outcome="(ARRAY['completed', 'busy', 'failed', 'no_answer'])[1 + n % 4]",
    )
    multiply(
        rows.event(user, timestamp=FIRST, room_sid=sid, participant_sid=sid, error_message="x" * 200),
        request.param,
        stranger,
        event_id="md5(n::text)",
        timestamp=f"timestamp + {moment}",
        event="(ARRAY['room_finished', 'participant_joined', 'participant_left'])[1 + n / 3 % 3]",
        room_name="'room-' || n % 50",
    )
    for model in (CallLog, LiveKitEvent):
        vacuum(model._meta.db_table)
    return str(agents[7].pk)


def vacuum(table_name: str) -> None:
    """As autovacuum leaves a table: an index alone says what there is, once nobody looks at older rows."""
    deadline = time.monotonic() + SECONDS
    with connection.cursor() as cursor:
        # Pages that the table was given, some hundred at once, and nobody has written to are never marked.
        cursor.execute(f"SELECT count(DISTINCT (ctid::text::point)[0]) FROM {table_name}")
        [pages] = cursor.fetchone()
        while True:
            # What tests before have rolled back lies in some pages: where those are under two in a hundred,
            # VACUUM leaves the places of dead rows to a later run, and does not mark those pages.
            cursor.execute(f"VACUUM (ANALYZE, INDEX_CLEANUP ON) {table_name}")
            cursor.execute("SELECT relallvisible FROM pg_class WHERE relname = %s", [table_name])
            [visible] = cursor.fetchone()
            if visible >= pages:
                return
            cursor.execute(LOOKERS)
            lookers = cursor.fetchall()
            assert time.monotonic() < deadline, f"{visible} of {pages} pages: {lookers}"
            time.sleep(0.1)


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for below in plan.get("Plans", []):
        yield from nodes(below)


def explained(sql: str, params: Any) -> list[dict[str, Any]]:
    """The nodes of the plan, from the top, with how many rows each has given."""
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", params)
        [[[found]]] = cursor.fetchall()
    return list(nodes(found["Plan"]))


def test_it_works(read, user, agent):
    wrong = {}
    for dataset, cases in CASES.items():
        for case in cases:
            params = {name: value.format(agent=agent) for name, value in case.items()}
            statements = []

            def note(execute, sql, values, many, context, statements=statements):
                if ' FROM "telephony_calllog"' in sql or ' FROM "telephony_livekitevent"' in sql:
                    statements.append((sql, values))
                return execute(sql, values, many, context)

            with connection.execute_wrapper(note):
                page = read(f"/exports/{dataset}/", params)
            assert len(table(page)) == 1 + 20, params  # there is something to be found
            assert len(statements) == 2, statements  # the rows, and their number
            for name, (sql, values) in zip(("rows", "number"), statements, strict=True):
                plan = explained(sql, values)
                if faults := list(faults_of(plan, name)):
                    wrong[f"{dataset} {params} {name}"] = faults, sql, plan
    assert wrong == {}


def faults_of(plan: list[dict[str, Any]], name: str) -> Iterator[str]:
    """What of a plan reads more than it has to."""
    kinds = [node["Node Type"] for node in plan]
    yield from (kind for kind in kinds if "Sort" in kind)
    yield from (kind for kind, node in zip(kinds, plan, strict=True) if _reads_all(kind, node))
    if not any("Index" in kind for kind in kinds):
        yield "no index"
    if name == "rows":
        removed = sum(node.get("Rows Removed by Filter", 0) for node in plan)
        if plan[0]["Actual Rows"] > 20 or removed > 20:
            yield f"{removed} rows are read and thrown away"


def _reads_all(kind: str, node: dict[str, Any]) -> bool:
    """Agents and users are few: reading all of them costs nothing."""
    return kind == "Seq Scan" and node["Relation Name"] in ("telephony_calllog", "telephony_livekitevent")
