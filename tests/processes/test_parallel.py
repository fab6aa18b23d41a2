"""Exports over several connections, from real servers: the same file, and nothing left of one broken off."""

from collections.abc import Iterator

import pytest
from django.db import connection

from tests import calls
from tests.operations.shutting_down import until
from tests.processes.conftest import MANY
from tests.processes.services import PIECE, Service
from tests.servers import run_server

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]

PATH = calls.PATH
# The server's processes call themselves so.
NAME = "exports-parallel"


@pytest.fixture(scope="module", params=["gunicorn", "uvicorn"])
def parallel(request, service, tmp_path_factory) -> Iterator[Service]:
    """A server over the same rows, four ranges of them, whose exports have three connections."""
    environment = {"EXPORTS_PARALLEL": "3", "PGAPPNAME": NAME}
    directory = tmp_path_factory.mktemp("parallel")
    server = run_server(service.database_url, directory, kind=request.param, env=environment)
    yield Service(server, service.database_url)
    server.stop()


def busy() -> int:
    """How many of the server's connections have a transaction open."""
    statement = "SELECT count(*) FROM pg_stat_activity WHERE application_name = %s AND state <> 'idle'"
    with connection.cursor() as cursor:
        cursor.execute(statement, [NAME])
        return cursor.fetchone()[0]


def test_it_works(parallel, service):
    alone, together = service.receive(PATH, MANY), parallel.receive(PATH, MANY)
    assert together.sha256 == alone.sha256
    record = parallel.record(together.headers["X-Export-Id"], MANY)
    assert record["source"] == "copy: PostgreSQL writes the CSV, over 3 connections at most"
    assert (record["outcome"], record["sha256"]) == ("succeeded", alone.sha256)


def test_a_client_that_leaves_ends_all_of_them(parallel):
    with parallel.answer(PATH, MANY, window=PIECE) as response:
        response.read(1024)
        until(lambda: busy() == 3)
    record = parallel.record(response.headers["X-Export-Id"], MANY)
    assert record["outcome"] == "cancelled"
    until(lambda: busy() == 0)
