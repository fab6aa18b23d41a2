"""Plans that PostgreSQL obeys while it looks for the rows, because COPY has no code that a test could stop.

A function stands in the WHERE of the export and is called for each row. The locks that it takes tell the test
that it has come to the plan's row; by another one, the test's, it waits there.
"""

import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import psycopg

from tests.faults import plans
from tests.faults.plans import Plan

# The first numbers of the advisory locks; the second is the plan's name.
HERE, GO = 20260131, 20260132

FUNCTION = f"""
CREATE FUNCTION faults_obey(number integer, plan text, stop integer, action text) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
    IF number = stop THEN
        PERFORM pg_advisory_xact_lock_shared({HERE}, hashtext(plan));
        IF action = '{plans.SILENT}' THEN
            PERFORM pg_sleep(600);
        ELSIF action <> '{plans.FLOW}' OR stop = {plans.AFTER} THEN
            PERFORM pg_advisory_xact_lock_shared({GO}, hashtext(plan));
        END IF;
        IF action = '{plans.RAISE}' THEN
            RAISE EXCEPTION 'a row that cannot be read' USING ERRCODE = 'data_exception';
        END IF;
    END IF;
    IF action = '{plans.FLOW}' AND stop <> {plans.AFTER} AND number >= stop THEN
        PERFORM pg_sleep(0.02);
    END IF;
    RETURN number <> {plans.AFTER};
END
$$
"""
"""Whether a row is one of the file's; once the plan has been obeyed."""


class Gate:
    """The test's end: a connection that holds the locks by which downloads wait."""

    def __init__(self, conninfo: str) -> None:
        self._connection = psycopg.connect(conninfo, autocommit=True)

    def close(self) -> None:
        self._connection.close()

    def shut(self, name: str) -> None:
        self._connection.execute("SELECT pg_advisory_lock(%s, hashtext(%s))", [GO, name])

    def open(self, name: str) -> None:
        with suppress(psycopg.OperationalError):  # with a server that has ended, its locks have
            self._connection.execute("SELECT pg_advisory_unlock(%s, hashtext(%s))", [GO, name])

    def backend(self, name: str) -> int | None:
        """The process of the database that has come to that plan's row and not yet ended its transaction."""
        query = (
            "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 2"
            " AND classid = %s AND objid::bigint = hashtext(%s)::bigint & 4294967295"
        )
        with suppress(psycopg.OperationalError):
            found = self._connection.execute(query, [HERE, name]).fetchone()
            return found[0] if found else None
        return None


@dataclass
class GatedPlan(Plan):
    """The test's part of such a plan. What was seen of it is kept: the locks end with the transaction."""

    in_database: bool = True
    gate: Gate = field(kw_only=True)
    _reached: dict[str, Any] | None = None
    _ended: dict[str, Any] | None = None

    def save(self) -> None:
        super().save()
        self.gate.shut(self.name)

    def reached(self) -> dict[str, Any] | None:
        if self._reached is None and (backend := self.gate.backend(self.name)):
            self._reached = {"backend": backend}
        return self._reached

    def ended(self) -> dict[str, Any] | None:
        if self._ended is None and self.reached() and not self.gate.backend(self.name):
            self._ended = {"at": time.time()}
        return self._ended

    def go(self) -> None:
        self.gate.open(self.name)
