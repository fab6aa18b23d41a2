"""What no filter and no record could take is refused before anything else."""

import pytest
from django.http import QueryDict

from exports import InvalidParameters
from exports.models import ExportLog
from exports.parameters import ExportParameters
from exports.registry import registry


@pytest.mark.parametrize("text", ["\0", "a\0b", "\ud800", "x\udfff"])
@pytest.mark.parametrize("name", ["article", "tenant", "columns", "nothing"])
def test_half_characters_and_nul(name, text):
    """Half a surrogate pair comes with JSON, or with a charset of the request's own choice."""
    params = QueryDict(mutable=True)
    params[name] = text
    with pytest.raises(InvalidParameters) as caught:
        ExportParameters.parse(registry.get("orders"), params, None)
    assert [(problem.attr, problem.code) for problem in caught.value.errors] == [(name, "invalid_characters")]
    assert caught.value.errors[0].attr.encode()  # the answer can be sent


def test_one_part_of_a_range_may_not_be_blank(client, auth_headers):
    """The other part makes a value of the whole: the blank one would be dropped, and the export wider."""
    response = client.get("/api/exports/orders?number_min=+&number_max=5", headers=auth_headers)
    assert response.status_code == 400
    assert [error["attr"] for error in response.json()["errors"]] == ["number_min"]


def test_a_denied_record_holds_valid_parameters_only(client, auth_headers):
    """What is not valid is 400, also for who may not: nobody fills records with what is no filter."""
    path = "/api/exports/orders?tenant=user-456&status=new&status=paid"
    assert client.get(f"{path}&number_min=x", headers=auth_headers).status_code == 400
    assert not ExportLog.objects.exists()
    assert client.get(path, headers=auth_headers | {"User-Agent": "x" * 8000}).status_code == 403
    record = ExportLog.objects.get()
    assert record.filters == {"status": ["new", "paid"]}
    assert (record.user, record.tenant, len(record.user_agent)) == ("user-123", "user-456", 1000)


def test_the_counter_of_the_rate_is_down(client, auth_headers, monkeypatch):
    """No answer means no export: 503, and nothing recorded."""

    def down(*args, **kwargs):
        raise ConnectionError

    client.raise_request_exception = False
    monkeypatch.setattr("exports.policy.rates.get_usage", down)
    response = client.get("/api/exports/orders", headers=auth_headers)
    assert (response.status_code, response.headers["Retry-After"]) == (503, "5")
    monkeypatch.setattr(
        "exports.policy.rates.get_usage",
        lambda *args, **kwargs: {"count": 0, "limit": 0, "should_limit": True, "time_left": -1},
    )
    assert client.get("/api/exports/orders", headers=auth_headers).status_code == 503
    assert not ExportLog.objects.exists()
