"""Whatever is asked, the answer is 200 or 4xx, and never more rows than without it."""

from urllib.parse import quote, urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exports.models import ExportLog
from tests.api.rows import DATASETS, FILTERS

NAMES = sorted(
    {name for names in FILTERS.values() for name in names}
    | {"columns", "compression", "format", "formulas", "tenant"}
)
LIKELY = [
    *(
        "true",
        "false",
        "null",
        "up",
        "ended",
        "busy",
        "standard",
        "new_port",
        "room_finished",
        "room",
        "id",
        "IP",
        "csv",
        "gzip",
        "zstd",
    ),
    *(
        "escape",
        "reject",
        "raw",
        "*",
        "user-456",
        "user-123",
        "2024-01-15",
        "2024-01-15T12:00:00+02:00",
        "0001-01-01",
    ),
    *(
        "9999-12-31T23:59:59-14:00",
        "1",
        "-1",
        "1e9",
        "99999999999999999999",
        "\x00",
        "\ud800",
        "%",
        "=1",
        " ",
        "",
    ),
    *("00000000-0000-0000-0000-000000000000", "id,id", "IP,Port", "２０２４-01-01", "NaN", "Infinity", "٣"),
]
NAME = st.sampled_from(NAMES) | st.text(max_size=8)
VALUE = (
    st.sampled_from(LIKELY)
    | st.text(max_size=20)
    | st.integers().map(str)
    | st.datetimes().map(str)
    | st.uuids().map(str)
)
QUERY = st.lists(st.tuples(NAME, VALUE), max_size=4)


def encoded(pairs: list[tuple[str, str]]) -> str:
    return urlencode(pairs, quote_via=quote, errors="surrogatepass")


@pytest.mark.parametrize("dataset", DATASETS)
def test_it_works(get, mine_and_theirs, dataset):
    mine = mine_and_theirs[0]
    number = len(mine.rows[dataset])
    required = [("scan_id", str(mine.scan.pk))] if dataset == "scans" else []

    @settings(max_examples=80, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(QUERY)
    def ask(pairs):
        query = encoded([*required, *pairs])
        answer = get(f"/api/exports/{dataset}?{query}")
        assert answer.status == 200 or 400 <= answer.status < 500, query
        if answer.status == 200:
            assert len(answer.lines) <= number, query
            assert b"theirs" not in answer.body, query
            assert {name for name, _value in pairs} <= {*NAMES}, query
        else:
            assert answer.errors, query

    ask()
    assert not ExportLog.objects.filter(outcome__in=["running", "cancelled"]).exists()


@pytest.mark.parametrize(
    "tail", [b"%", b"%zz", b"&&&=", b"=&=", b";status=ended", b"?status=ended", b"\xff=\xff", b"status=\xe9"]
)
def test_a_malformed_query_string(client, mine_and_theirs, auth_headers, tail):
    response = client.get("/api/exports/calls", headers=auth_headers, QUERY_STRING=tail.decode("latin-1"))
    body = response.getvalue()
    assert response.status_code == 200 or 400 <= response.status_code < 500
    assert b"theirs" not in body


def test_more_parameters_than_django_takes(client, get, user):
    client.raise_request_exception = False
    answer = get("/api/exports/calls?" + "&".join(f"a{number}=1" for number in range(1500)))
    assert answer.status == 400
    assert answer.errors
