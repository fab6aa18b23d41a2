"""A body at sign-in is small; one that is not is refused before it is read."""

import json

import pytest

# No database has a part in it.
pytestmark = pytest.mark.sqlite


@pytest.mark.django_db
def test_a_large_body_is_refused(client, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10_000
    body = json.dumps({"username": "x" * 20_000, "password": "y"})
    response = client.post("/api/auth/login", body, content_type="application/json")
    assert response.status_code == 413
    assert response.json()["errors"][0]["code"] == "request_too_large"
    small = client.post(
        "/api/auth/login", {"username": "x", "password": "y"}, content_type="application/json"
    )
    assert small.status_code == 401
