"""One shape for every error under /api/; pages elsewhere."""

import pytest
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.test import Client, RequestFactory
from django.urls import path

from exports_project import errors, urls


def boom(request):
    raise RuntimeError("a secret")


def forbidden(request):
    raise PermissionDenied


def missing(request):
    raise Http404


urlpatterns = [
    *(
        path(f"{prefix}{view.__name__}", view)
        for prefix in ("", "api/")
        for view in (boom, forbidden, missing)
    ),
    *urls.urlpatterns,
]
handler400, handler403 = urls.handler400, urls.handler403
handler404, handler500 = urls.handler404, urls.handler500

# The page of an error shows who is signed in, so it asks for the session.
pytestmark = pytest.mark.django_db


@pytest.fixture
def client(settings) -> Client:
    settings.ROOT_URLCONF = __name__
    return Client(raise_request_exception=False)


def shape(answer) -> tuple[str, str, object]:
    body = answer.json()
    assert sorted(body) == ["errors", "type"]
    (error,) = body["errors"]
    assert sorted(error) == ["attr", "code", "detail"]
    return body["type"], error["code"], error["attr"]


@pytest.mark.parametrize("debug", [True, False])
@pytest.mark.parametrize(
    "path", ["/api/nothing", "/api/exports/nothing", "/api/", "/api", "/api/auth/login/x"]
)
def test_a_wrong_path_of_the_api_is_json(client, settings, path, debug):
    settings.DEBUG = debug
    for answer in (client.get(path), client.post(path), client.delete(path)):
        assert answer.status_code == 404
        assert shape(answer) == ("client_error", "not_found", None)


@pytest.mark.parametrize(
    ("view", "status", "expected"),
    [
        ("missing", 404, ("client_error", "not_found", None)),
        ("forbidden", 403, ("client_error", "permission_denied", None)),
        ("boom", 500, ("server_error", "error", None)),
    ],
)
def test_an_error_of_a_plain_view_under_api_is_json(client, view, status, expected):
    answer = client.get(f"/api/{view}")
    assert (answer.status_code, shape(answer)) == (status, expected)
    assert "a secret" not in answer.text


@pytest.mark.parametrize(
    ("view", "status", "text"),
    [
        ("missing", 404, "Page not found"),
        ("forbidden", 403, "Not allowed"),
        ("boom", 500, "Something went wrong"),
    ],
)
def test_an_error_of_a_page_is_a_page(client, view, status, text):
    answer = client.get(f"/{view}")
    assert answer.status_code == status
    assert answer.headers["Content-Type"].startswith("text/html")
    assert f"<h1>{text}</h1>" in answer.text
    assert "a secret" not in answer.text
    if status < 500:  # it names who is signed in, and a 404 may be cached unless it says otherwise
        assert answer.headers["Cache-Control"] == "private, no-store"


def test_a_host_that_is_not_allowed(client):
    answer = client.get("/api/schema/", headers={"Host": "evil.example"})
    assert (answer.status_code, shape(answer)) == (400, ("client_error", "bad_request", None))
    page = client.get("/login/", headers={"Host": "evil.example"})
    assert page.status_code == 400
    assert "<h1>Bad request</h1>" in page.text
    assert "evil" not in answer.text + page.text


def test_a_csrf_failure_outside_of_rest_framework():
    answer = errors.csrf_failure(RequestFactory().post("/api/x"), "why")
    assert answer.status_code == 403
    assert b"permission_denied" in answer.content
