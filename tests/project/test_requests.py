"""The charset of a Content-Type decides nothing: asked of the two applications that servers call."""

import asyncio
import io
import json
from urllib.parse import quote

import pytest

from exports import upkeep

# Both begin to look for lost records, in a thread: that would disturb the databases of other tests.
with pytest.MonkeyPatch.context() as patch:
    patch.setattr(upkeep, "start_sweeping", lambda: None)
    from exports_project.asgi import application as asgi
    from exports_project.wsgi import application as wsgi

CONTENT_TYPES = [
    *(f"x/y; charset={codec}" for codec in ("hex", "zlib", "rot13", "undefined", "idna", "unicode_escape")),
    "x/y; charset*=undefined''hex",
    "x/y; a*=klingon''b",
    "x/y; a*=1; a*0=2",
    "x/y; é",
]
PATH = "/api/nothing"

# Not for rows: the handlers close connections after the request, as in a server, and with them a transaction.
# No database has a part in it.
pytestmark = [pytest.mark.sqlite, pytest.mark.django_db(transaction=True)]


def ask_wsgi(content_type: str, query: str, method: str = "GET", body: bytes = b"", path: str = PATH):
    """Status and body."""
    statuses: list[str] = []
    environ = {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "CONTENT_TYPE": content_type,
        "CONTENT_LENGTH": str(len(body)),
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.input": io.BytesIO(body),
        "wsgi.url_scheme": "http",
    }
    response = wsgi(environ, lambda status, headers: statuses.append(status))
    answer = b"".join(response)
    response.close()
    return int(statuses[0][:3]), answer


async def ask_asgi(content_type: str, query: str) -> tuple[int, bytes]:
    scope = {
        "type": "http",
        "method": "GET",
        "path": PATH,
        "query_string": query.encode(),
        "headers": [(b"host", b"localhost"), (b"content-type", content_type.encode("latin-1"))],
        "client": ("127.0.0.1", 1),
    }
    asked = asyncio.Queue[dict[str, object]]()
    asked.put_nowait({"type": "http.request", "body": b""})
    sent: list[dict] = []

    async def send(message):
        sent.append(message)

    await asgi(scope, asked.get, send)
    return sent[0]["status"], b"".join(message.get("body", b"") for message in sent[1:])


@pytest.mark.parametrize("content_type", CONTENT_TYPES)
def test_under_wsgi_the_path_is_what_is_wrong(content_type):
    status, body = ask_wsgi(content_type, "a=b%20c")
    assert (status, json.loads(body)["errors"][0]["code"]) == (404, "not_found")


@pytest.mark.parametrize("content_type", CONTENT_TYPES)
def test_under_asgi_too(content_type):
    status, body = asyncio.run(ask_asgi(content_type, "a=b%20c"))
    assert (status, json.loads(body)["errors"][0]["code"]) == (404, "not_found")


@pytest.mark.parametrize("application", [wsgi, asgi])
@pytest.mark.parametrize("charset", ["unicode_escape", "utf-16", "latin-1"])
def test_query_strings_are_utf8(application, charset):
    meta = {"CONTENT_TYPE": f"x/y; charset={charset}"}
    request = application.request_class.__new__(application.request_class)
    request._set_content_type_params(meta)
    assert request.encoding is None
    assert request.content_type == "x/y"


def test_no_lone_surrogate_comes_from_an_escape():
    credentials = quote(r"\ud800")
    status, body = ask_wsgi(
        "application/x-www-form-urlencoded; charset=unicode_escape",
        credentials,
        "POST",
        f"username={credentials}&password=x".encode(),
        "/login/",
    )
    assert status == 403  # the form's CSRF token is missing, and nothing worse
    assert b"\\ud800" not in body


def test_json_is_utf8():
    body = json.dumps({"username": "é", "password": "x"}).encode("utf-16")
    assert ask_wsgi("application/json; charset=utf-16", "", "POST", body, "/api/auth/login")[0] == 400


def test_a_body_of_an_unreadable_type_is_415():
    assert ask_wsgi("application/json; a*=1; a*0=2", "", "POST", b"{}", "/api/auth/login")[0] == 415
