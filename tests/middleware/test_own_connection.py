"""Middleware that uses the database once the view has answered: the export has a connection of its own."""

import itertools
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

from tests.calls import ENVIRONMENT, FEW, MANY, MANY_CALLS, PATH
from tests.middleware.asking import Asked
from tests.servers import run_server

NUMBERS = itertools.count()
LIMIT = 1


def test_it_works(asked, expected):
    """What it writes is there to stay, and in no transaction of the export's."""
    for _ in range(2):
        name = f"written {next(NUMBERS)}"
        answer = asked.get(PATH, FEW, "writes", X_Last_Name=name)
        assert (answer.status, answer.headers["X-Last-Name"]) == (200, name)
        assert answer.body == expected
        asked.ends.settle()
        assert asked.ends.outcomes()[-1] == "succeeded"
        assert asked.ends.last_name(FEW) == name


def test_it_is_there_while_the_file_streams(asked):
    name = f"written {next(NUMBERS)}"
    with asked.open(PATH, MANY, "writes", X_Last_Name=name) as response:
        assert response.read(1)
        assert asked.ends.last_name(MANY) == name
        assert response.read().count(b"\r\n") == MANY_CALLS + 1
    asked.ends.settle()
    assert asked.ends.outcomes()[-1] == "succeeded"


@pytest.mark.postgresql
def test_a_download_holds_one_connection_though_a_middleware_had_another(asked):
    before = asked.ends.connections()
    with asked.open(PATH, MANY, "writes", X_Last_Name="somebody") as response:
        assert response.read(1)
        asked.ends.wait_until_connections(1, but=before)
        response.read()


def test_one_whose_answer_is_dropped(asked):
    name = f"written {next(NUMBERS)}"
    answer = asked.get(PATH, MANY, "replaces", "writes", X_Last_Name=name)
    assert answer.status == 200
    asked.ends.settle()
    assert asked.ends.outcomes()[-1] == "cancelled"
    assert asked.ends.last_name(MANY) == name


@pytest.fixture(scope="session", params=["gunicorn", "uvicorn"])
def limited(request, filled, ends, tmp_path_factory):
    env = {
        **ENVIRONMENT,
        "DJANGO_SETTINGS_MODULE": "tests.middleware.settings",
        "EXPORTS_MAX_SECONDS": str(LIMIT),
    }
    server = run_server(filled, tmp_path_factory.mktemp("limited"), kind=request.param, env=env)
    yield Asked(server, ends)
    server.stop()


def test_an_export_ends_that_nobody_has_begun_to_send(limited):
    """The time is over while a middleware still thinks: neither its record nor its snapshot waits for it."""
    before, wait = limited.ends.outcomes(), 8
    with ThreadPoolExecutor(1) as threads:
        begun = time.monotonic()
        asking = threads.submit(limited.get, PATH, MANY, "waits", X_Wait=str(wait))
        while len(limited.ends.outcomes()) == len(before):
            assert time.monotonic() - begun < wait
            time.sleep(0.05)
        limited.ends.settle()
        assert limited.ends.outcomes()[len(before) :] == ["failed"]
        assert time.monotonic() - begun < wait
        with suppress(ConnectionError):
            assert asking.result().broken
