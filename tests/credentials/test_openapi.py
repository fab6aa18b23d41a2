"""The OpenAPI document names every scheme, and every address which it takes."""

import pytest

from tests.credentials.asking import ask
from tests.credentials.test_table import PLACES, headers, right

pytestmark = pytest.mark.sqlite  # the document is the same on every database


def test_every_scheme_is_named(server, world):
    document = ask(server.url, "/api/schema/", headers("jwt", right(world, "jwt"))).json
    schemes = document["components"]["securitySchemes"]
    assert set(schemes) == set(PLACES)
    assert schemes["jwt"]["type"] == "http"
    flows = schemes["oauth2"]["flows"]
    assert flows["clientCredentials"]["tokenUrl"] == "/api/auth/oauth2/token"
    assert list(flows["clientCredentials"]["scopes"]) == ["exports:read"]
    wanted = {name: ["exports:read"] if name == "oauth2" else [] for name in PLACES}
    for path in ("/api/exports/calls", "/api/exports/info", "/api/auth/api-keys"):
        security = document["paths"][path]["get"]["security"]
        assert {name: scopes for entry in security for name, scopes in entry.items()} == wanted
    assert document["paths"]["/api/auth/token"]["post"]["security"] == [{}]
