"""`--explain`: how rows would be fetched, and nothing beside that."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from exports.models import ExportLog
from tests.api import rows
from tests.commands.conftest import entries

pytestmark = pytest.mark.django_db

CALLS = ("calls", "--user=user-123", "--explain")


def test_it_works(export, five_calls, tmp_path):
    done = export(*CALLS, "--filter=outcome=busy", "--columns=id,status")
    source, sql, plan = [part.partition("\n")[::2] for part in done.out.rstrip("\n").split("\n\n")]
    assert (done.code, done.err, entries(tmp_path)) == (0, "", [])
    why = {"sqlite": "SQLite has no COPY", "postgresql": "a transaction is open around it"}
    assert source == ("Source", f"orm: values by .iterator(), because {why[connection.vendor]}")
    assert sql[0] == "SQL"
    assert "\"user_id\" = 'user-123'" in sql[1]
    assert "\"outcome\" = 'busy'" in sql[1]
    assert plan[0] == "Plan"
    assert {"sqlite": "USING INDEX", "postgresql": "cost="}[connection.vendor] in plan[1]


def test_the_sql_can_be_run(export, five_calls, user):
    done = export(*CALLS)
    sql = done.out.split("\nSQL\n")[1].split("\n\nPlan\n")[0]
    with connection.cursor() as cursor:
        cursor.execute(sql)
        found = cursor.fetchall()
    assert len(found) == 5, (sql, found)


def test_it_names_the_computed_columns(export, user):
    done = export("computed-orders", "--user=user-123", "--explain")
    assert "because columns are computed in Python: shout" in done.out


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_copy_explains_what_it_writes(export, five_calls):
    """The statement between its parentheses, which gives the cells of the file."""
    done = export(*CALLS, "--columns=id,phoneNumber")
    sql = done.out.split("\nSQL\n")[1].split("\n\nPlan\n")[0]
    assert done.out.startswith("Source\ncopy: PostgreSQL writes the CSV\n")
    assert "cost=" in done.out.split("\nPlan\n")[1]
    with connection.cursor() as cursor:
        cursor.execute(sql)
        assert len(cursor.fetchall()) == 5


def test_it_reads_no_rows_and_leaves_nothing(export, five_calls, settings, client, auth_headers):
    settings.EXPORTS = settings.EXPORTS | {"RATE": "1/d"}
    with CaptureQueriesContext(connection) as queries:
        assert [export(*CALLS).code for _ in range(3)] == [0, 0, 0]
    assert not any(query["sql"].startswith("INSERT") for query in queries)
    assert not ExportLog.objects.exists()
    response = client.get("/api/exports/calls", headers=auth_headers)
    assert (response.status_code, response.getvalue().count(b"\n")) == (200, 6)


def test_what_would_be_refused_is_refused(export, user, stranger):
    assert export(*CALLS, "--tenant=user-456").code == 3
    assert export(*CALLS, "--filter=outcome=nonsense").code == 2
    theirs = rows.scan(stranger)
    assert export("scans", "--user=user-123", f"--filter=scan_id={theirs.pk}", "--explain").code == 2
    assert not ExportLog.objects.exists()


def test_it_does_not_touch_the_output(export, five_calls, tmp_path):
    (tmp_path / "calls.csv").write_text("before")
    assert export(*CALLS, "--output=calls.csv").code == 0
    assert (tmp_path / "calls.csv").read_text() == "before"


def test_where_no_row_can_match_nothing_is_asked(export, user):
    done = export("hosts", "--user=user-123", f"--filter=network_id={'9' * 30}", "--explain")
    assert done.code == 0
    assert "No row can match" in done.out
