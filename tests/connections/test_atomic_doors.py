"""Every door of a real server whose requests are transactions."""

from collections.abc import Iterator

import pytest

from tests.calls import BREAKING, BROKEN, ENVIRONMENT, FEW, FEW_CALLS, MANY, PATH
from tests.connections.fronts import WINDOW
from tests.processes.services import Service
from tests.processes.sessions import Session
from tests.servers import manage, run_server

ADMIN = "/admin/telephony/calllog/export/calls/?q="


@pytest.fixture(scope="session", params=["gunicorn", "uvicorn"])
def service(request, filled, tmp_path_factory) -> Iterator[Service]:
    env = {**ENVIRONMENT, "DJANGO_SETTINGS_MODULE": "tests.connections.atomic_settings"}
    server = run_server(filled, tmp_path_factory.mktemp("atomic"), kind=request.param, env=env)
    yield Service(server, filled)
    server.stop()


def newest(service: Service, user: str) -> dict:
    return service.json("/api/exports/logs?page_size=1", user)["results"][0]


def test_it_works(service):
    """The same file by API, page, admin and command, and a closed record of each."""
    signed_in = Session(service.server.url, FEW)
    files = [
        service.receive(PATH, FEW, keep=True),
        signed_in.receive("/exports/calls/download", keep=True),
        signed_in.receive(ADMIN, {"select_across": "1", "tenant": FEW}, keep=True),
    ]
    assert len({received.body for received in files}) == 1
    assert files[0].body.count(b"\r\n") == FEW_CALLS + 1
    for received, door in zip(files, ("api", "web", "admin"), strict=True):
        record = service.record(received.headers["X-Export-Id"], FEW)
        assert (record["door"], record["outcome"], record["sha256"]) == (door, "succeeded", received.sha256)
    done = manage(
        service.database_url,
        *("export", "calls", f"--user={FEW}", "--output=-"),
        env={"DJANGO_SETTINGS_MODULE": "tests.connections.atomic_settings"},
    )
    assert done.stdout.splitlines() == files[0].body.decode().splitlines()


def test_the_previews_of_the_pages_and_of_the_admin(service):
    signed_in = Session(service.server.url, FEW)
    with signed_in.answer("/exports/calls/") as response:
        assert response.status == 200
    fields = {"select_across": "1", "tenant": FEW, "_preview": "1"}
    with signed_in.answer(ADMIN, fields) as response:
        assert response.status == 200


def test_a_record_is_there_for_others_while_the_file_streams(service):
    with service.answer(PATH, MANY, window=WINDOW) as response:
        assert response.read(1)
        running = newest(service, MANY)
        assert (running["id"], running["outcome"]) == (response.headers["X-Export-Id"], "running")
    assert service.record(running["id"], MANY)["outcome"] == "cancelled"


def test_the_record_of_a_refusal_stays(service):
    with service.answer(f"{PATH}?tenant={FEW}", MANY) as response:
        assert response.status == 403
    assert newest(service, MANY)["outcome"] == "denied"


def test_one_that_breaks(service):
    with service.answer(BREAKING, BROKEN) as response, pytest.raises(Exception, match="IncompleteRead"):
        response.read()
    assert service.record(newest(service, BROKEN)["id"], BROKEN)["outcome"] == "failed"
