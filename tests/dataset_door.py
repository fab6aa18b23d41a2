"""What the tests of the datasets share: a download through the REST door, and its query's plan."""

import csv
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import connection
from django.test import Client

# A Sort node (Incremental Sort too) in PostgreSQL's plan; SQLite's word for the same.
SORTS = re.compile(r"\bSort\b|USE TEMP B-TREE")


@dataclass(frozen=True)
class Download:
    header: list[str]
    rows: list[dict[str, str]]
    filename: str

    def column(self, header: str) -> list[str]:
        return [row[header] for row in self.rows]


def download(client: Client, path: str, user: Any, /, **params: str) -> Download:
    """The file that the user gets, read back by Python's csv."""
    response = client.get(path, params, headers={"X-User-Id": user.pk})
    body = b"".join(response)
    assert response.status_code == 200, body
    reader = csv.DictReader(io.StringIO(body.decode(), newline=""))
    rows = list(reader)
    return Download(
        header=list(reader.fieldnames or []),
        rows=rows,
        filename=re.search(r'filename="([^"]+)"', response["Content-Disposition"])[1],
    )


def refusal(client: Client, path: str, user: Any, /, **params: str) -> tuple[int, list[str]]:
    """The status of a refused download, and the parameters that it names."""
    response = client.get(path, params, headers={"X-User-Id": user.pk})
    if response.streaming:
        response.close()  # or its open transaction would fail the tests that follow
        pytest.fail("nothing was refused")
    return response.status_code, [error["attr"] for error in response.json()["errors"]]


def is_stamped(filename: str, stem: str) -> bool:
    return bool(re.fullmatch(rf"{stem}_20\d{{6}}_\d{{6}}\.csv", filename))


def wrong_plans(client: Client, user: Any, cases: dict[str, list[tuple[dict[str, str], str]]]) -> str:
    """The plans of those downloads whose statement sorts, or does not use the index that is there for it.

    `cases` are parameters and the index's name, by dataset. Which index is looked at on SQLite alone:
    PostgreSQL weighs them, and in a small table that lies in order it takes the primary key's.
    """
    plans = {}
    for dataset, downloads in cases.items():
        for params, index in downloads:
            plan = _plan_of_download(client, f"/api/exports/{dataset}", user, params)
            if SORTS.search(plan) or (connection.vendor == "sqlite" and f"USING INDEX {index} " not in plan):
                plans[f"{dataset} {params} {index}"] = plan
    return "\n\n".join(f"{name}\n{plan}" for name, plan in plans.items())


def _plan_of_download(client: Client, path: str, user: Any, params: dict[str, str]) -> str:
    with _statements() as statements:
        assert download(client, path, user, **params).rows, f"no rows for {params}: nothing is shown"
    # The export is the one statement that ends in its order; lookups of one object end in LIMIT.
    [statement] = [found for found in statements if found[0].endswith('."id" ASC')]
    return _plan(*statement)


@contextmanager
def _statements() -> Iterator[list[tuple[str, Any]]]:
    statements: list[tuple[str, Any]] = []

    def note(execute, sql, params, many, context):
        statements.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        yield statements


def _plan(sql: str, params: Any) -> str:
    # DECLARE: an export reads from a cursor, and PostgreSQL plans those for an early first row.
    explain = "EXPLAIN DECLARE c CURSOR FOR " if connection.vendor == "postgresql" else "EXPLAIN QUERY PLAN "
    with connection.cursor() as cursor:
        cursor.execute(explain + sql, params)
        return "\n".join(str(row[-1]) for row in cursor.fetchall())


def analyze() -> None:
    """Gives the planner its figures about what the test has loaded."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
