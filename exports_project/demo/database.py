"""The demo's database: whether it may be used, made anew, filled."""

from typing import Final

from django.core.management import call_command
from django.db import connection, transaction
from django.http import QueryDict

from accounts.models import User
from exports.caller import Caller
from exports.models import ExportLog
from exports.saved.control import Choice, create

from . import accounts
from .seeding import Counts, seed

# A table of the demo's own, made before all others: an interrupted first run is recognised, too.
MARKER: Final = "demo_database"
COUNTS: Final = {
    "user-123": Counts(agents=40, phone_numbers=60, calls=2_500, events=1_200, hosts=120),
    "user-456": Counts(agents=12, phone_numbers=20, calls=700, events=400, hosts=55),
}


def tables() -> list[str]:
    """The names of all tables in the database."""
    return connection.introspection.table_names()


def is_usable() -> bool:
    """Whether the database is empty or made by the demo. Raises DatabaseError where it cannot be reached."""
    names = tables()
    return not names or MARKER in names


def drop_tables() -> None:
    """Remove every table. All of them are the demo's, which begins with an empty database only."""
    with connection.schema_editor() as editor:
        # The marker last: where this is interrupted, the database is still known as the demo's.
        for name in sorted(tables(), key=MARKER.__eq__):
            editor.execute(editor.sql_delete_table % {"table": connection.ops.quote_name(name)})


def build() -> None:
    """Bring the tables up to date and, once, fill them: all accounts and rows in one transaction, or none."""
    if MARKER not in tables():
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE TABLE {MARKER} (filled integer NOT NULL)")
    call_command("migrate", verbosity=0, interactive=False)
    if not is_filled():
        with transaction.atomic():
            _fill()


def is_filled() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {MARKER}")  # noqa: S608 - a constant
        (rows,) = cursor.fetchone()
    return bool(rows)


def _fill() -> None:
    accounts.ensure_user(accounts.STAFF, staff=True, email=_address(accounts.STAFF))
    for user_id, counts in COUNTS.items():
        accounts.ensure_user(user_id, email=_address(user_id))
        seed(user_id, counts)
        _keep_template(user_id)
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {MARKER} (filled) VALUES (1)")  # noqa: S608 - a constant


def _address(user_id: str) -> str:
    """A mail address that leads nowhere: the demo's mails are shown on the terminal."""
    return f"{user_id}@example.com"


def _keep_template(user_id: str) -> None:
    parameters = QueryDict("start_date=last month&end_date=last month&outcome=completed&format=xlsx")
    choice = Choice(name="Completed calls of last month", dataset="calls", parameters=parameters)
    create(choice, Caller(user=User.objects.get(pk=user_id), door=ExportLog.Door.COMMAND))
