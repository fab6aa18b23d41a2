"""What an export asks of a cache that does not answer: each question may take as long as a time-out."""

import pytest
from django.core.cache import caches

from accounts.models import APIKey
from exports.models import ExportLog
from tests.api import rows

# No database has a part in it.
pytestmark = [pytest.mark.sqlite, pytest.mark.django_db]

CALLS = "/api/exports/calls"


class Silence(Exception):
    """Whatever a backend raises."""


@pytest.fixture
def questions(monkeypatch) -> list[str]:
    """The names of the cache's methods that were called; nothing else came of it."""
    asked: list[str] = []

    def silent(name: str):
        def method(*args, **kwargs):
            asked.append(name)
            raise Silence

        return method

    for name in ("add", "get", "incr", "set", "touch", "has_key", "get_many", "delete"):
        monkeypatch.setattr(type(caches["default"]), name, silent(name))
    return asked


@pytest.fixture
def export(client, user):
    """Asks with an API key that has a rate beside its user's; gives the answer, read to its end."""
    client.raise_request_exception = False
    rows.calls(user, 3)
    _, text = APIKey.objects.issue(user=user, name="silent", rate="1000/d")

    def export():
        answer = client.get(CALLS, headers={"Authorization": f"Api-Key {text}"})
        if answer.streaming:
            b"".join(answer)
        return answer

    return export


def test_one_question_and_it_is_refused(export, questions):
    answer = export()
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert len(questions) == 1
    assert not ExportLog.objects.exists()


def test_three_questions_and_it_goes_on(export, questions, settings, caplog):
    """Before the request is looked at, before its record is opened, and to count it."""
    settings.EXPORTS = settings.EXPORTS | {"RATE_FAIL_OPEN": True}
    assert export().status_code == 200
    assert len(questions) == 3
    assert [record.message for record in caplog.records if record.levelname == "WARNING"] == [
        "The cache that counts exports does not answer: one of calls by user user-123 is not counted"
    ]
    assert [record.outcome for record in ExportLog.objects.all()] == ["succeeded"]


def test_silence_after_the_record_was_opened(export, monkeypatch):
    def silent(*args, **kwargs):
        assert ExportLog.objects.get().outcome == "running"
        raise Silence

    monkeypatch.setattr(type(caches["default"]), "incr", silent)
    assert export().status_code == 503
    assert not ExportLog.objects.exists()


@pytest.mark.parametrize("method", ["get", "incr"])
def test_a_counter_that_vanishes_is_a_cache_that_does_not_answer(export, monkeypatch, method):
    """As where a cache throws out what is over its memory, between two questions."""
    assert export().status_code == 200

    def vanished(*args, **kwargs):
        if method == "incr":
            raise ValueError

    monkeypatch.setattr(type(caches["default"]), method, vanished)
    assert export().status_code == 503
