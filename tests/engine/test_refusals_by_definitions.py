"""What a definition's clean() raises, an author's own subclasses too, and what the HTTP door answers."""

import pytest

import exports
from exports.models import ExportLog

# No database has a part in it.
pytestmark = pytest.mark.sqlite


class Embargoed(exports.NotPermitted):
    """Orders may not leave before the books are closed."""


class NoSuchCustomer(exports.ObjectNotFound):
    """There is no such customer."""


class TooWide(exports.InvalidParameters):
    """The range is too wide."""


class DeeplyEmbargoed(Embargoed):
    """A subclass of a subclass."""


WIDE = [exports.ParameterProblem("number_min", "too_wide", "Ask for less.")]


@pytest.mark.parametrize(
    ("raised", "status", "error", "outcomes"),
    [
        (exports.NotPermitted("Closed."), 403, ("permission_denied", None), ["denied"]),
        (Embargoed(attr="status"), 403, ("permission_denied", "status"), ["denied"]),
        (DeeplyEmbargoed("Closed."), 403, ("permission_denied", None), ["denied"]),
        (exports.ObjectNotFound("status"), 404, ("not_found", "status"), []),
        (NoSuchCustomer("status"), 404, ("not_found", "status"), []),
        (exports.InvalidParameters(WIDE), 400, ("too_wide", "number_min"), []),
        (TooWide(WIDE), 400, ("too_wide", "number_min"), []),
    ],
)
@pytest.mark.parametrize("method", ["get", "head"])
def test_it_works(client, auth_headers, monkeypatch, method, raised, status, error, outcomes):
    def clean(self, filters, scope):
        raise raised

    monkeypatch.setattr("tests.engine.exports.OrderExport.clean", clean)
    response = getattr(client, method)("/api/exports/orders", headers=auth_headers)
    assert response.status_code == status
    if method == "get":
        [told] = response.json()["errors"]
        assert (told["code"], told["attr"]) == error
    found = list(ExportLog.objects.values_list("outcome", flat=True))
    assert found == (outcomes if method == "get" else [])  # HEAD leaves no record


def test_a_code_of_its_own_reaches_the_client(client, auth_headers, monkeypatch):
    class OnHoliday(exports.NotPermitted):
        code = "closed_on_sundays"
        message = "Nobody exports on Sundays."

    def clean(self, filters, scope):
        raise OnHoliday

    monkeypatch.setattr("tests.engine.exports.OrderExport.clean", clean)
    response = client.get("/api/exports/orders", headers=auth_headers)
    assert response.status_code == 403
    assert response.json()["errors"] == [
        {"code": "closed_on_sundays", "detail": "Nobody exports on Sundays.", "attr": None}
    ]
