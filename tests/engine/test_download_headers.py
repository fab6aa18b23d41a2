"""The headers that travel with the engine, in a project that has no middleware for them."""

import pytest


@pytest.mark.sqlite
@pytest.mark.parametrize("method", ["get", "head"])
def test_a_download_is_for_its_own_origin(client, auth_headers, settings, method):
    settings.MIDDLEWARE = []
    answer = getattr(client, method)("/api/exports/orders", headers=auth_headers)
    assert answer.status_code == 200
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
