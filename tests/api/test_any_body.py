"""Whatever a body says, the answer is 2xx or 4xx with its errors named, and nobody else's rows change."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exports.models import ExportSchedule, ExportTemplate, Webhook
from exports.options import OPTION_NAMES

# On both: there are texts that one of them can't hold.
pytestmark = pytest.mark.django_db

LIKELY = [
    *("n", "calls", "agents", "nothing", "templates", "", " ", "x" * 300, "\0", "\ud800", "\u202e", "=1+1"),
    *("last month", "last run", "last 7 days", "start", "2026-01-01", "id", "id,id", "csv", "excel", "*"),
    *("user-123", "user-456", "00000000-0000-4000-8000-000000000000", "-" * 36, "Europe/Berlin", "UTC"),
    *("0 6 * * *", "* * * * *", "0 0 30 2 *", "@daily", "0 6 L * *", "0 6 * * 1#5", "99999999999 * * * *"),
    *("me@example.com", "you@example.org", "https://example.com/x", "http://127.0.0.1/", "export.failed"),
]
NAMES = {
    "templates": ["name", "dataset", "filters", *OPTION_NAMES, "shared_with", "id", "user", "x"],
    "schedules": ["template", "rule", "timezone", "recipients", "incremental", "status", "cursor"],
    "webhooks": ["url", "events", "is_active", "secret", "user"],
}
LEAF = (
    st.sampled_from(LIKELY)
    | st.text(max_size=10)
    | st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
)
VALUE = (
    LEAF
    | st.lists(LEAF, max_size=3)
    | st.dictionaries(st.sampled_from([*LIKELY, "status"]), LEAF, max_size=2)
)


def bodies(what: str) -> st.SearchStrategy:
    return st.dictionaries(st.sampled_from(NAMES[what]), VALUE, max_size=4)


DOORS = [(what, method) for what in NAMES for method in ("post", "put", "patch")]


@pytest.mark.parametrize(("what", "method"), [door for door in DOORS if door != ("webhooks", "put")])
def test_it_works(jobs, keep, user, stranger, what, method):
    user.email = "me@example.com"
    user.save()
    made = {"templates": keep.template, "schedules": keep.schedule, "webhooks": keep.webhook}[what]
    own, _theirs = made(), made(by=stranger)
    least = {
        "templates": {"name": "n", "dataset": "calls"},
        "schedules": {"template": own.get("template"), "rule": "0 6 * * *"},
        "webhooks": {"url": "https://example.com/"},
    }[what]
    models = (ExportTemplate, ExportSchedule, Webhook)
    theirs = [[*model.objects.filter(user=stranger.pk).values()] for model in models]
    path = f"/api/exports/{what}" if method == "post" else own["links"]["self"]

    @settings(max_examples=60, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(bodies(what))
    def ask(said):
        body = json.dumps(said if method == "patch" else least | said)
        answer = jobs.ask(path, body, method=method)
        assert answer.status in (200, 201, 400, 403), body
        if answer.status >= 400:
            assert answer.errors, body
        else:
            assert jobs.get(answer.json["links"]["self"]).status == 200, body

    ask()
    assert [[*model.objects.filter(user=stranger.pk).values()] for model in models] == theirs
