"""Calls of three users in a database that real servers work on, and the paths that export them."""

from collections.abc import Iterator

import pytest

from tests.databases import fresh_database
from tests.servers import manage

FEW, MANY, BROKEN = "user-few", "user-many", "user-broken"
FEW_CALLS, MANY_CALLS, BROKEN_CALLS = 250, 6_000, 600
# What a server does with a file of several blocks, without a large database.
ENVIRONMENT = {"EXPORTS_CHUNK_SIZE": "100", "LOG_LEVEL": "WARNING"}

PATH = "/api/exports/calls"
# Of BROKEN: five blocks are right, and the last row of the sixth ends the export.
BREAKING = f"{PATH}?columns=id,livekitRoomName&formulas=reject"

FILL = """
import datetime as dt
from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import make_password
from exports.contrib.telephony.models import CallLog
NOON = dt.datetime(2024, 1, 15, 12, tzinfo=dt.UTC)
for name, count, url in USERS:
    few = name == "user-few"  # who alone signs in: a password takes half a second
    user = get_user_model().objects.create(
        id=name, username=name, password=make_password(name if few else None), is_staff=few, is_superuser=few
    )
    CallLog.objects.bulk_create(
        CallLog(
            user=user,
            livekit_room_name="=1+1" if (name, number) == ("user-broken", count - 1) else f"room {number}",
            recording_url=url,
            started_at=NOON + dt.timedelta(seconds=number),
            created_at=NOON,
        )
        for number in range(count)
    )
"""


def _fill(database_url: str) -> None:
    """Makes the users with their calls. FEW may do everything.

    MANY's file is over 12 MB: no socket holds it.
    """
    users = [(FEW, FEW_CALLS, ""), (BROKEN, BROKEN_CALLS, ""), (MANY, MANY_CALLS, "x" * 2_000)]
    code = FILL.replace("USERS", repr(users))
    done = manage(database_url, "shell", "--no-imports", "--command", code)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="session")
def with_calls(tmp_path_factory: pytest.TempPathFactory, with_tables: str) -> Iterator[str]:
    """The DATABASE_URL of a database with these users and calls, which is there to be copied."""
    with fresh_database(tmp_path_factory.mktemp("with_calls"), like=with_tables) as url:
        _fill(url)
        yield url


# Of the session: in random order a narrower one would be made anew for nearly every test.
@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory, with_calls: str) -> Iterator[str]:
    """The DATABASE_URL of a database with these users and calls, which tests leave as they found it."""
    with fresh_database(tmp_path_factory.mktemp("filled"), like=with_calls) as url:
        yield url


@pytest.fixture(scope="session")
def expected(filled: str) -> bytes:
    """FEW's calls as the command writes them: with no server in between."""
    done = manage(filled, "export", "calls", f"--user={FEW}", "--output=-")
    assert done.returncode == 0, done.stderr
    return done.stdout.replace("\n", "\r\n").encode()
